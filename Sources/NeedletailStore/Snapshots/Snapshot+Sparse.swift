internal import GRDB
public import NeedletailCore
internal import NeedletailIndex

extension Snapshot {
  /// The passages with the largest inner products with a sparse vector, largest first, equal ones in the order they were added.
  /// Passages that share no term with it are not among them.
  ///
  /// Filters are met as by ``nearest(to:limit:filter:options:)``: `limit` passages come whenever as many match and share a term.
  ///
  /// - Parameters:
  ///   - vector: weights from 0 on of the terms of the collection's sparse embedder.
  ///   - limit: most passages returned.
  ///   - filter: what documents have to satisfy.
  ///   - isExact: scores every passage that shares a term, also in segments whose index finds nearly all of the best.
  /// - Throws: `StoreError.invalidQuery` if the vector does not fit the collection, `invalidFilter`.
  public func nearest(
    to vector: SparseVector, limit: Int, filter: Filter? = nil, isExact: Bool = false
  ) throws(StoreError) -> [ScoredPassage] {
    try check(vector, limit: limit)
    guard limit > 0, vector.count > 0 else { return [] }
    let selection = try filter.map { filter throws(StoreError) in try self.selection(for: filter) }
    do {
      var found: [ScoredPassage] = []
      for (number, part) in parts.enumerated() {
        guard selection?.rows[number].isEmpty != true, let index = try part.contents.sparse?.index() else { continue }
        let options = SearchOptions(limit: limit, within: selection?.rows[number], excluding: part.deletedOrNil, isExact: isExact)
        for neighbour in try index.search(vector, options) {
          found.append(ScoredPassage(id: part.passages[Int(neighbour.row)], score: neighbour.score))
        }
      }
      return Self.best(found, limit: limit)
    } catch {
      throw StoreError(error, at: context.database.path)
    }
  }

  private func check(_ vector: SparseVector, limit: Int) throws(StoreError) {
    guard limit >= 0 else { throw .invalidQuery(reason: "the number of results asked for is negative") }
    guard let embedder = context.settings.sparseEmbedder else {
      throw .invalidQuery(reason: "the collection \"\(context.name)\" has no sparse vectors; search it in another mode")
    }
    if let last = vector.terms.last, Int(last) >= embedder.dimension {
      throw .invalidQuery(reason: "the query has term \(last), the collection's vocabulary has \(embedder.dimension) terms")
    }
    guard vector.weights.allSatisfy({ $0 >= 0 && $0 <= SparseCoding.largestWeight }) else {
      throw .invalidQuery(reason: "a weight of the query is negative or above \(SparseCoding.largestWeight)")
    }
  }

  /// The passages of a document and their sparse vectors, row by row. A document that is not there has none.
  public func sparseVectors(ofDocument id: String) throws(StoreError) -> (ids: [PassageID], vectors: SparseVectors) {
    guard let embedder = context.settings.sparseEmbedder else { return ([], SparseVectors(dimension: 0)) }
    return try context.database.read { db in
      let sql = "SELECT firstPassage, passageCount FROM document WHERE id = ? AND number <= ?"
      guard let row = try Row.fetchOne(db, sql: sql, arguments: [id, generation.ledger.lastDocument]) else {
        return ([], SparseVectors(dimension: embedder.dimension))
      }
      let first: PassageID = row[0]
      let (passages, vectors) = try PassageRows.sparseVectors(db, in: [first..<first + (row[1] as PassageID)], embedder: embedder)
      return (passages.runs.flatMap { Array($0) }, vectors)
    }
  }
}
