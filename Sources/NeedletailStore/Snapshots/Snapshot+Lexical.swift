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
    guard limit >= 0 else { throw .invalidQuery(reason: "the number of results asked for is negative") }
    let terms = context.analyzer.terms(in: text).map(\.term)
    guard !terms.isEmpty, limit > 0 else { return [] }
    let selection = try filter.map { filter throws(StoreError) in try self.selection(for: filter) }
    do {
      let indexes = try parts.map { try $0.contents.lexical.index() }
      let statistics = LexicalStatistics(of: indexes, terms: terms)
      var found: [ScoredPassage] = []
      for (index, part) in parts.enumerated() {
        let options = SearchOptions(limit: limit, within: selection?.rows[index], excluding: part.deletedOrNil)
        for neighbour in try indexes[index].search(terms, statistics: statistics, options: options) {
          found.append(ScoredPassage(id: part.passages[Int(neighbour.row)], score: neighbour.score))
        }
      }
      return Self.best(found, limit: limit)
    } catch {
      throw StoreError(error, at: context.database.path)
    }
  }
}
