internal import GRDB
public import NeedletailCore
internal import NeedletailIndex
internal import NeedletailText

/// What feedback, filtering by relevance and rescoring read of passages that a search found.
extension Snapshot {
  /// The vectors of record of these passages, in this order; passages that are gone are left out.
  ///
  /// - Returns: the passages that have a vector, and their vectors row by row; none in a collection without vectors.
  public func vectors(of ids: [PassageID]) throws(StoreError) -> (ids: [PassageID], vectors: DenseVectors) {
    guard let embedder = context.settings.embedder else { return ([], DenseVectors(dimension: 0, values: [])) }
    let sorted = Set(ids).sorted()
    let (passages, stored) = try context.database.read { db in
      try PassageRows.vectors(
        db, in: sorted.map { $0..<$0 + 1 }, embedder: embedder, precision: context.settings.precision, capacity: sorted.count)
    }
    let rows = Dictionary(uniqueKeysWithValues: passages.runs.joined().enumerated().map { ($1, $0) })
    let found = ids.filter { rows[$0] != nil }
    var values: [Float] = []
    values.reserveCapacity(found.count * embedder.dimension)
    for id in found { if let row = rows[id] { values += stored[row] } }
    return (found, DenseVectors(dimension: embedder.dimension, values: values))
  }

  /// All passages that count, ascending.
  public var passageIDs: [PassageID] { parts.flatMap { $0.livePassages.runs.joined() }.sorted() }

  /// The passages of documents that satisfy a filter, ascending.
  ///
  /// - Throws: `StoreError.invalidFilter`.
  public func passageIDs(matching filter: Filter) throws(StoreError) -> [PassageID] {
    var found: [PassageID] = []
    for (part, rows) in zip(parts, try selection(for: filter).rows) { found += rows.map { part.passages[Int($0)] } }
    return found.sorted()
  }

  /// How often each term occurs in each of these passages, as word search sees them; in this order, empty for those that are
  /// gone.
  public func termFrequencies(of ids: [PassageID]) throws(StoreError) -> [[String: Int]] {
    try context.database.read { db in
      try ids.map { id in
        var frequencies: [String: Int] = [:]
        try PassageRows.forEachText(db, in: id..<id + 1) { _, text in
          for piece in text.pieces(hasFields: context.settings.lexicalFields != nil) {
            for term in context.analyzer.terms(in: piece) { frequencies[term.term, default: 0] += 1 }
          }
        }
        return frequencies
      }
    }
  }

  /// In how many passages each of these terms occurs.
  public func documentFrequencies(of terms: some Sequence<String>) throws(StoreError) -> [String: Int] {
    do {
      return LexicalStatistics(of: try parts.map { (try $0.contents.lexical.index(), $0.deleted) }, terms: terms).documentFrequencies
    } catch {
      throw StoreError(error, at: context.database.path)
    }
  }
}
