#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// What BM25 has to know of a whole collection, so that its segments score alike.
public struct LexicalStatistics: Hashable, Sendable {
  public var documentCount: Int
  /// The terms of all documents.
  public var totalLength: Int {
    get { fieldLengths.reduce(0, +) }
    set { fieldLengths = [newValue] }
  }
  /// The terms of each field of all documents.
  public var fieldLengths: [Int]
  /// In how many documents each term of the query is.
  public var documentFrequencies: [String: Int]

  public init(documentCount: Int, totalLength: Int, documentFrequencies: [String: Int]) {
    self.init(documentCount: documentCount, fieldLengths: [totalLength], documentFrequencies: documentFrequencies)
  }

  public init(documentCount: Int, fieldLengths: [Int], documentFrequencies: [String: Int]) {
    self.documentCount = documentCount
    self.fieldLengths = fieldLengths
    self.documentFrequencies = documentFrequencies
  }

  /// An index without the frequencies, which it knows itself.
  init(of index: LexicalIndex) {
    self.init(documentCount: index.count, fieldLengths: index.fieldLengths, documentFrequencies: [:])
  }

  /// The sums over several indexes, for the terms of a query.
  ///
  /// - Precondition: the indexes have equally many fields.
  public init(of indexes: some Sequence<LexicalIndex>, terms: some Sequence<String>) {
    self.init(of: indexes.map { ($0, RowSet()) }, terms: terms)
  }

  /// The sums over what is left of several indexes without some of their rows: those that were removed after an index was built. They
  /// are what an index built anew over the other rows would have.
  ///
  /// Reads the postings of the terms in indexes with removed rows, which takes about as long as a search for them.
  ///
  /// - Precondition: the indexes have equally many fields.
  public init(of parts: some Sequence<(index: LexicalIndex, removed: RowSet)>, terms: some Sequence<String>) {
    self.init(documentCount: 0, fieldLengths: [], documentFrequencies: [:])
    let distinct = Set(terms)
    for (index, removed) in parts {
      if fieldLengths.isEmpty { fieldLengths = Array(repeating: 0, count: index.fieldCount) }
      precondition(fieldLengths.count == index.fieldCount, "parts of a collection have equally many fields")
      let gone = index.lengths(of: removed)
      documentCount += index.count - gone.rows
      for field in fieldLengths.indices { fieldLengths[field] += index.fieldLengths[field] - gone.terms[field] }
      for term in distinct { documentFrequencies[term, default: 0] += index.documentFrequency(of: term, excluding: removed) }
    }
  }

  /// Inverse document frequency as Lucene defines it.
  func inverseDocumentFrequency(ofFrequency frequency: Int) -> Double {
    let count = Double(max(documentCount, 0))
    let frequency = min(Double(max(frequency, 0)), count)
    return log1p((count - frequency + 0.5) / (frequency + 0.5))
  }

  /// Terms of a document on average.
  var averageLength: Double { average(totalLength) }

  /// Terms of a field on average.
  func averageLength(ofField field: Int) -> Double { average(fieldLengths[field]) }

  private func average(_ length: Int) -> Double { documentCount > 0 && length > 0 ? Double(length) / Double(documentCount) : 1 }
}
