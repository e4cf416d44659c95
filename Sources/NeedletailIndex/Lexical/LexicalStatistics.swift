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
  public var totalLength: Int
  /// In how many documents each term of the query is.
  public var documentFrequencies: [String: Int]

  public init(documentCount: Int, totalLength: Int, documentFrequencies: [String: Int]) {
    self.documentCount = documentCount
    self.totalLength = totalLength
    self.documentFrequencies = documentFrequencies
  }

  /// The sums over several indexes, for the terms of a query.
  public init(of indexes: some Sequence<LexicalIndex>, terms: some Sequence<String>) {
    self.init(documentCount: 0, totalLength: 0, documentFrequencies: [:])
    let distinct = Set(terms)
    for index in indexes {
      documentCount += index.count
      totalLength += index.totalLength
      for term in distinct { documentFrequencies[term, default: 0] += index.documentFrequency(of: term) }
    }
  }

  /// Inverse document frequency as Lucene defines it.
  func inverseDocumentFrequency(of term: String) -> Double {
    let count = Double(max(documentCount, 0))
    let frequency = min(Double(max(documentFrequencies[term] ?? 0, 0)), count)
    return log1p((count - frequency + 0.5) / (frequency + 0.5))
  }

  /// Terms of a document on average.
  var averageLength: Double {
    documentCount > 0 && totalLength > 0 ? Double(totalLength) / Double(documentCount) : 1
  }
}
