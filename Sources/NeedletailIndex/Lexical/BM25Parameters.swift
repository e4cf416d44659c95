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
