/// How much BM25 makes of frequency and of length.
///
/// S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", Foundations and Trends in
/// Information Retrieval 3(4), 2009, equation 3.15, without the constant factor k1 + 1, and with Lucene's inverse document
/// frequency ln(1 + (N - df + 0.5) / (df + 0.5)), which is never negative.
public struct BM25Parameters: Codable, Hashable, Sendable {
  /// How soon further occurrences of a term stop to count (`k1`); 0 counts each term once.
  public var saturation: Float
  /// How much long documents are held back (`b`), from 0, not at all, to 1.
  public var lengthNormalization: Float

  public init(saturation: Float = 0.9, lengthNormalization: Float = 0.4) {
    self.saturation = saturation
    self.lengthNormalization = lengthNormalization
  }

  func validate() throws(IndexError) {
    guard saturation.isFinite, saturation >= 0, (0...1).contains(lengthNormalization) else {
      throw .invalidParameter("BM25 takes a k1 of 0 or more and a b from 0 to 1, not \(saturation) and \(lengthNormalization)")
    }
  }
}

/// What a field of documents, such as the title, counts in ``FieldedBM25Parameters``.
public struct BM25Field: Codable, Hashable, Sendable {
  /// How many occurrences in a field without this factor one occurrence is worth; 0 leaves the field out.
  public var weight: Float
  /// How much long fields are held back (`b`), from 0, not at all, to 1.
  public var lengthNormalization: Float

  public init(weight: Float = 1, lengthNormalization: Float = 0.4) {
    self.weight = weight
    self.lengthNormalization = lengthNormalization
  }
}

/// BM25 over documents of several fields (BM25F): occurrences are weighted and normalised by the length of their field first, then added
/// up, and only the sum is saturated.
///
/// S. Robertson, H. Zaragoza and M. Taylor, "Simple BM25 Extension to Multiple Weighted Fields", CIKM 2004; with a length normalisation
/// for each field as in Robertson and Zaragoza 2009 (see ``BM25Parameters``), equations 3.18 to 3.20: a term's share is
/// idf f / (k1 + f), where f is the sum over fields of weight · occurrences / (1 - b + b · length / average length of the field). The document
/// frequency counts documents that have the term in any field.
public struct FieldedBM25Parameters: Codable, Hashable, Sendable {
  /// How soon further weighted occurrences stop to count (`k1`).
  public var saturation: Float
  /// In the order of the index's fields.
  public var fields: [BM25Field]

  public init(saturation: Float = 0.9, fields: [BM25Field]) {
    self.saturation = saturation
    self.fields = fields
  }

  /// - Parameter fieldCount: of the index.
  func validate(fieldCount: Int) throws(IndexError) {
    guard fields.count == fieldCount else {
      throw .invalidParameter("the documents of the index have \(fieldCount) fields, and there are weights for \(fields.count)")
    }
    for field in fields {
      try BM25Parameters(saturation: saturation, lengthNormalization: field.lengthNormalization).validate()
      guard field.weight >= 0, field.weight <= 1e6 else {
        throw .invalidParameter("a field takes a weight from 0 to a million, not \(field.weight)")
      }
    }
    guard fields.contains(where: { $0.weight > 0 }) else { throw .invalidParameter("at least one field needs a weight above 0") }
  }
}
