internal import GRDB
public import NeedletailCore
internal import NeedletailIndex
internal import NeedletailText

extension Snapshot {
  /// The passages that share terms with a text, best first by BM25, equal ones in the order they were added.
  ///
  /// Document frequencies and lengths are those of all parts together, so it does not matter to a score in which part a
  /// passage stands. Removed passages count until their part is built again.
  ///
  /// Words in "quotation marks" have to follow each other in a passage, apart from stop words; `retriev*` stands for the words that
  /// begin so.
  ///
  /// - Throws: `StoreError.invalidQuery` for a negative limit, `invalidFilter`.
  public func lexical(_ text: String, limit: Int, filter: Filter? = nil) throws(StoreError) -> [ScoredPassage] {
    let question = LexicalQuestion(text)
    var boosts = boosts(of: text)
    for term in try expansions(of: question.prefixes) { boosts[term] = max(1, boosts[term, default: 0]) }
    let phrases = question.phrases.map { context.analyzer.terms(in: $0).map(\.term) }.filter { !$0.isEmpty }
    guard !phrases.isEmpty else { return try lexical(boosts: boosts, limit: limit, filter: filter) }
    return try lexical(boosts: boosts, containing: phrases, limit: limit, filter: filter)
  }

  /// Words that one beginning stands for at most, those of most passages.
  private static let largestExpansion = 128

  /// The terms that begin so.
  private func expansions(of prefixes: [String]) throws(StoreError) -> Set<String> {
    guard !prefixes.isEmpty else { return [] }
    do {
      let indexes = try parts.map { try $0.contents.lexical.index() }
      var terms: Set<String> = []
      for prefix in prefixes {
        var frequencies: [String: Int] = [:]
        for index in indexes { for (term, frequency) in index.terms(beginningWith: prefix) { frequencies[term, default: 0] += frequency } }
        terms.formUnion(frequencies.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.largestExpansion).map(\.key))
      }
      return terms
    } catch {
      throw StoreError(error, at: context.database.path)
    }
  }

  /// The best passages that have all terms of the phrases and, by their texts, each phrase as a whole.
  private func lexical(
    boosts: [String: Double], containing phrases: [[String]], limit: Int, filter: Filter?
  ) throws(StoreError) -> [ScoredPassage] {
    let required = Set(phrases.joined())
    var chosen: [ScoredPassage] = []
    var seen = 0
    var depth = max(64, 4 * min(limit, passageCount))
    while chosen.count < limit {
      let found = try lexical(boosts: boosts, limit: depth, filter: filter, required: required)
      for passage in found.dropFirst(seen) where chosen.count < limit {
        if try contains(phrases, passage.id) { chosen.append(passage) }
      }
      if found.count < depth { break }
      seen = found.count
      depth *= 4
    }
    return chosen
  }

  private func contains(_ phrases: [[String]], _ passage: PassageID) throws(StoreError) -> Bool {
    try context.database.read { db in
      var contains = false
      try PassageRows.forEachText(db, in: passage..<passage + 1) { _, text in
        let terms = context.analyzer.terms(in: String(text)).map(\.term)
        contains = phrases.allSatisfy { phrase in terms.indices.contains { terms[$0...].starts(with: phrase) } }
      }
      return contains
    }
  }

  /// How often each term occurs in a text: the question that ``lexical(_:limit:filter:)`` makes of it.
  public func boosts(of text: String) -> [String: Double] {
    context.analyzer.terms(in: text).reduce(into: [:]) { $0[$1.term, default: 0] += 1 }
  }

  /// The same for weighted terms, as feedback makes them; see ``boosts(of:)``.
  ///
  /// - Parameters:
  ///   - boosts: terms of the collection's analyser with the factors of their shares in a score; those that are not positive
  ///     finite numbers do not count.
  ///   - limit: most passages returned.
  ///   - filter: what documents have to satisfy.
  public func lexical(
    boosts: [String: Double], limit: Int, filter: Filter? = nil
  ) throws(StoreError) -> [ScoredPassage] {
    try lexical(boosts: boosts, limit: limit, filter: filter, required: [])
  }

  /// - Parameter required: terms without which a passage does not count.
  private func lexical(
    boosts: [String: Double], limit: Int, filter: Filter?, required: Set<String>
  ) throws(StoreError) -> [ScoredPassage] {
    guard limit >= 0 else { throw .invalidQuery(reason: "the number of results asked for is negative") }
    guard !boosts.isEmpty, limit > 0 else { return [] }
    let selection = try filter.map { filter throws(StoreError) in try self.selection(for: filter) }
    do {
      let indexes = try parts.map { try $0.contents.lexical.index() }
      let statistics = LexicalStatistics(of: indexes, terms: boosts.keys)
      var found: [ScoredPassage] = []
      for (index, part) in parts.enumerated() {
        var within = selection?.rows[index]
        if !required.isEmpty {
          var rows = indexes[index].rows(withAll: required)
          if let allowed = within { rows.formIntersection(allowed) }
          within = rows
        }
        let options = SearchOptions(limit: limit, within: within, excluding: part.deletedOrNil)
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
