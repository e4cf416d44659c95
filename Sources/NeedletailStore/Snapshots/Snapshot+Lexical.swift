internal import GRDB
public import NeedletailCore
public import NeedletailIndex
internal import NeedletailText

extension Snapshot {
  /// The passages that share terms with a text, best first by BM25, equal ones in the order they were added.
  ///
  /// Document frequencies and lengths are those of the passages in all parts together, so it does not matter to a score in which part
  /// a passage stands, nor what was removed.
  ///
  /// Words in "quotation marks" have to follow each other in a passage, apart from stop words; `retriev*` stands for the words that
  /// begin so.
  ///
  /// - Parameters:
  ///   - text: the question.
  ///   - limit: most passages returned.
  ///   - filter: what documents have to satisfy.
  ///   - weights: of fields, in place of those of the collection.
  ///   - algorithm: how postings are left out; the answer does not depend on it.
  /// - Throws: `StoreError.invalidQuery` for a negative limit and for weights that the collection has no use for, `invalidFilter`.
  public func lexical(
    _ text: String, limit: Int, filter: Filter? = nil, weights: [LexicalFields.Field: Float] = [:], algorithm: LexicalAlgorithm = .maxScore
  ) throws(StoreError) -> [ScoredPassage] {
    try check(limit)
    let question = LexicalQuestion(text)
    var boosts = boosts(of: text)
    for term in try expansions(of: question.prefixes) { boosts[term] = max(1, boosts[term, default: 0]) }
    let phrases = question.phrases.map { context.analyzer.terms(in: $0).map(\.term) }.filter { !$0.isEmpty }
    guard !phrases.isEmpty else { return try lexical(boosts: boosts, limit: limit, filter: filter, weights: weights, algorithm: algorithm) }
    return try lexical(boosts: boosts, containing: phrases, limit: limit, filter: filter, weights: weights, algorithm)
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
    boosts: [String: Double], containing phrases: [[String]], limit: Int, filter: Filter?, weights: [LexicalFields.Field: Float],
    _ algorithm: LexicalAlgorithm
  ) throws(StoreError) -> [ScoredPassage] {
    let required = Set(phrases.joined())
    var chosen: [ScoredPassage] = []
    var seen = 0
    var depth = max(64, 4 * min(limit, passageCount))
    while chosen.count < limit {
      let found = try lexical(boosts: boosts, limit: depth, filter: filter, weights: weights, required: required, algorithm)
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
        let pieces = text.pieces(hasFields: context.settings.lexicalFields != nil).map { context.analyzer.terms(in: $0).map(\.term) }
        contains = phrases.allSatisfy { phrase in
          pieces.contains { terms in terms.indices.contains { terms[$0...].starts(with: phrase) } }
        }
      }
      return contains
    }
  }

  /// How often each term occurs in a text: the question that ``lexical(_:limit:filter:weights:)`` makes of it.
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
  ///   - weights: of fields, in place of those of the collection.
  ///   - algorithm: how postings are left out; the answer does not depend on it.
  public func lexical(
    boosts: [String: Double], limit: Int, filter: Filter? = nil, weights: [LexicalFields.Field: Float] = [:],
    algorithm: LexicalAlgorithm = .maxScore
  ) throws(StoreError) -> [ScoredPassage] {
    try lexical(boosts: boosts, limit: limit, filter: filter, weights: weights, required: [], algorithm)
  }

  private func check(_ limit: Int) throws(StoreError) {
    guard limit >= 0 else { throw .invalidQuery(reason: "the number of results asked for is negative") }
  }

  /// What occurrences in the fields count; nil in a collection without fields.
  private func parameters(_ weights: [LexicalFields.Field: Float]) throws(StoreError) -> FieldedBM25Parameters? {
    guard let fields = context.settings.lexicalFields else {
      guard weights.isEmpty else {
        throw .invalidQuery(reason: "the collection \"\(context.name)\" was indexed without fields, so they cannot have weights")
      }
      return nil
    }
    let parameters = fields.weighing(weights).parameters
    guard parameters.fields.allSatisfy({ (0...1e6).contains($0.weight) }), parameters.fields.contains(where: { $0.weight > 0 }) else {
      throw .invalidQuery(reason: "a field takes a weight from 0 to a million, and at least one has to be above 0")
    }
    return parameters
  }

  /// - Parameter required: terms without which a passage does not count.
  private func lexical(
    boosts: [String: Double], limit: Int, filter: Filter?, weights: [LexicalFields.Field: Float], required: Set<String>,
    _ algorithm: LexicalAlgorithm
  ) throws(StoreError) -> [ScoredPassage] {
    try check(limit)
    let parameters = try parameters(weights)
    guard !boosts.isEmpty, limit > 0 else { return [] }
    let selection = try filter.map { filter throws(StoreError) in try self.selection(for: filter) }
    do {
      let indexes = try parts.map { try $0.contents.lexical.index() }
      let statistics = LexicalStatistics(of: zip(indexes, parts).map { ($0, $1.deleted) }, terms: boosts.keys)
      var found: [ScoredPassage] = []
      for (index, part) in parts.enumerated() {
        var within = selection?.rows[index]
        if !required.isEmpty {
          var rows = indexes[index].rows(withAll: required)
          if let allowed = within { rows.formIntersection(allowed) }
          within = rows
        }
        let options = SearchOptions(limit: limit, within: within, excluding: part.deletedOrNil)
        let neighbours =
          if let parameters {
            try indexes[index].search(boosts: boosts, parameters: parameters, statistics: statistics, options: options, algorithm: algorithm)
          } else {
            try indexes[index].search(boosts: boosts, statistics: statistics, options: options, algorithm: algorithm)
          }
        for neighbour in neighbours {
          found.append(ScoredPassage(id: part.passages[Int(neighbour.row)], score: neighbour.score))
        }
      }
      return Self.best(found, limit: limit)
    } catch {
      throw StoreError(error, at: context.database.path)
    }
  }
}
