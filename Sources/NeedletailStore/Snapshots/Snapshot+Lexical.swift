public import NeedletailCore
internal import NeedletailIndex
internal import NeedletailText

extension Snapshot {
  /// The passages that share terms with a text, best first by BM25, equal ones in the order they were added.
  ///
  /// Document frequencies and lengths are those of all parts together, so it does not matter to a score in which part a
  /// passage stands. Removed passages count until their part is built again.
  ///
  /// - Throws: `StoreError.invalidQuery` for a negative limit, `invalidFilter`.
  public func lexical(_ text: String, limit: Int, filter: Filter? = nil) throws(StoreError) -> [ScoredPassage] {
    try lexical(boosts: boosts(of: text), limit: limit, filter: filter)
  }

  /// How often each term occurs in a text: the question that ``lexical(_:limit:filter:)`` makes of it.
  public func boosts(of text: String) -> [String: Double] {
    context.analyzer.terms(in: text).reduce(into: [:]) { $0[$1.term, default: 0] += 1 }
  }

  /// The same for weighted terms, as feedback makes them; see ``boosts(of:)``.
  ///
  /// - Parameter boosts: terms of the collection's analyser with the factors of their shares in a score; those that are not
  ///   positive finite numbers do not count.
  public func lexical(
    boosts: [String: Double], limit: Int, filter: Filter? = nil
  ) throws(StoreError) -> [ScoredPassage] {
    guard limit >= 0 else { throw .invalidQuery(reason: "the number of results asked for is negative") }
    guard !boosts.isEmpty, limit > 0 else { return [] }
    let selection = try filter.map { filter throws(StoreError) in try self.selection(for: filter) }
    do {
      let indexes = try parts.map { try $0.contents.lexical.index() }
      let statistics = LexicalStatistics(of: indexes, terms: boosts.keys)
      var found: [ScoredPassage] = []
      for (index, part) in parts.enumerated() {
        let options = SearchOptions(limit: limit, within: selection?.rows[index], excluding: part.deletedOrNil)
        for neighbour in try indexes[index].search(boosts: boosts, statistics: statistics, options: options) {
          found.append(ScoredPassage(id: part.passages[Int(neighbour.row)], score: neighbour.score))
        }
      }
      return Self.best(found, limit: limit)
    } catch {
      throw StoreError(error, at: context.database.path)
    }
  }
}
