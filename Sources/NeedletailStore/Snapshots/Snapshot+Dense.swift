public import NeedletailCore
internal import NeedletailIndex

extension Snapshot {
  /// The passages nearest to a vector, nearest first, equal ones in the order they were added.
  ///
  /// Without a filter nothing is read from SQLite. With one the result has `limit` passages whenever that many match,
  /// however few or far away they are.
  ///
  /// - Throws: `StoreError.invalidQuery` if the vector does not fit the collection, `invalidFilter`.
  public func nearest(
    to vector: [Float], limit: Int, filter: Filter? = nil, options: DenseSearchOptions = DenseSearchOptions()
  ) throws(StoreError) -> [ScoredPassage] {
    try check(vector, limit: limit)
    let selection = try filter.map { filter throws(StoreError) in try self.selection(for: filter) }
    var found: [ScoredPassage] = []
    for (index, part) in parts.enumerated() {
      guard let dense = part.contents.dense else { continue }
      for neighbour in try search(dense, of: part, for: vector, limit: limit, within: selection?.rows[index], options: options) {
        found.append(ScoredPassage(id: part.passages[Int(neighbour.row)], score: neighbour.score))
      }
    }
    return Self.best(found, limit: limit)
  }

  private func check(_ vector: [Float], limit: Int) throws(StoreError) {
    guard limit >= 0 else { throw .invalidQuery(reason: "the number of results asked for is negative") }
    guard let embedder = context.settings.embedder else {
      throw .invalidQuery(reason: "the collection \"\(context.name)\" has no vectors; search it by words")
    }
    guard vector.count == embedder.dimension else {
      throw .invalidQuery(reason: "the query has \(vector.count) components, the collection's vectors have \(embedder.dimension)")
    }
    guard vector.allSatisfy(\.isFinite) else { throw .invalidQuery(reason: "the query has a component that is not a finite number") }
  }

  private func search(
    _ index: any SearchIndex, of part: Segment, for vector: [Float], limit: Int, within allowed: RowSet?, options: DenseSearchOptions
  ) throws(StoreError) -> [Neighbour] {
    // How the filter is met, by the number of rows that it allows, is up to the index.
    guard limit > 0, allowed?.isEmpty != true else { return [] }
    do {
      return try index.search(
        vector.span,
        SearchOptions(
          limit: limit, efSearch: options.efSearch, within: allowed, excluding: part.deletedOrNil, isExact: options.isExact))
    } catch {
      throw StoreError(error, at: context.database.path)
    }
  }

  /// The best of what several parts found.
  static func best(_ found: [ScoredPassage], limit: Int) -> [ScoredPassage] {
    let ranked = found.sorted { $0.score != $1.score ? $0.score > $1.score : $0.id < $1.id }
    return Array(ranked.prefix(limit))
  }
}
