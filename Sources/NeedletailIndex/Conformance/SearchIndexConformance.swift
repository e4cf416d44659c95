public import NeedletailCore
internal import NeedletailNumerics

/// Checks that an index keeps the promises of `SearchIndex`, for authors of indexes and for our own tests.
///
/// ```swift
/// let conformance = SearchIndexConformance(vectors: vectors, similarity: .cosine, queries: queries)
/// let violations = conformance.violations(of: myIndex, minimumRecall: 0.95)
/// #expect(violations.isEmpty)
/// ```
///
/// The oracle compares everything in double precision. Made for some thousand vectors; the time grows with vectors
/// times queries.
public struct SearchIndexConformance: Sendable {
  /// What the index was built from.
  public let vectors: DenseVectors
  public let similarity: Similarity
  /// Rows that were excluded when the index was built.
  public let excluded: RowSet
  public let queries: DenseVectors
  /// The largest error of a score, as a fraction of the lengths that went into it; binary16 vectors need 1e-3.
  public let tolerance: Double

  public init(
    vectors: DenseVectors, similarity: Similarity, excluded: RowSet = RowSet(), queries: DenseVectors,
    tolerance: Double = 1e-3
  ) {
    self.vectors = vectors
    self.similarity = similarity
    self.excluded = excluded
    self.queries = queries
    self.tolerance = tolerance
  }

  /// The broken promises, each as a sentence; empty for a sound index.
  ///
  /// - Parameters:
  ///   - index: the index to examine, built over the vectors of this object.
  ///   - minimumRecall: what fraction of the true neighbours an approximate search has to find, averaged over
  ///     queries, without a filter and with each of several.
  public func violations(of index: any SearchIndex, minimumRecall: Double) -> [String] {
    var report = Report()
    if index.count != vectors.count { report.add("count is \(index.count) instead of \(vectors.count)") }
    if vectors.count > 0, index.dimension != vectors.dimension { report.add("dimension is \(index.dimension)") }
    if index.similarity != similarity { report.add("similarity is \(index.similarity)") }
    checkRefusals(index, &report)
    for scenario in scenarios() {
      check(index, scenario, minimumRecall: scenario.options.isExact ? 1 : minimumRecall, &report)
    }
    checkBatch(index, &report)
    return report.violations
  }

  private struct Report {
    private(set) var violations: [String] = []

    mutating func add(_ violation: String) {
      if violations.count < 100 { violations.append(violation) }
    }
  }

  private struct Scenario {
    var name: String
    var options: SearchOptions
    var allowed: RowSet
  }
}

// MARK: - What is asked

extension SearchIndexConformance {
  private func scenarios() -> [Scenario] {
    let count = Row(vectors.count)
    let live = excluded.complement(count: vectors.count)
    var generator = SeededGenerator(seed: 7)
    func sample(oneIn divisor: UInt32) -> RowSet {
      RowSet((0..<count).filter { _ in UInt32.random(in: 0..<divisor, using: &generator) == 0 })
    }
    var scenarios = [0, 1, 10, vectors.count + 5].map {
      Scenario(name: "limit \($0)", options: SearchOptions(limit: $0), allowed: live)
    }
    scenarios.append(Scenario(name: "negative limit", options: SearchOptions(limit: -1), allowed: live))
    scenarios.append(Scenario(name: "exact", options: SearchOptions(limit: 10, isExact: true), allowed: live))
    let filters = [
      ("nothing", RowSet()), ("one row in 300", sample(oneIn: 300)), ("one row in 20", sample(oneIn: 20)),
      ("one row in 4", sample(oneIn: 4)), ("the first half", RowSet(0..<count / 2)),
      ("all and rows beyond the end", RowSet(0..<count + 100)),
    ]
    for (name, filter) in filters {
      scenarios.append(
        Scenario(
          name: "within \(name)", options: SearchOptions(limit: 10, within: filter),
          allowed: filter.intersection(live)))
    }
    let deleted = sample(oneIn: 3)
    scenarios.append(
      Scenario(
        name: "excluding a third", options: SearchOptions(limit: 10, excluding: deleted),
        allowed: live.subtracting(deleted)))
    let both = filters[3].1
    scenarios.append(
      Scenario(
        name: "within a quarter, excluding a third",
        options: SearchOptions(limit: 10, within: both, excluding: deleted),
        allowed: both.intersection(live).subtracting(deleted)))
    return scenarios
  }

  private func checkRefusals(_ index: any SearchIndex, _ report: inout Report) {
    guard vectors.count > 0 else { return }
    let dimension = vectors.dimension
    expectError(index, [Float](repeating: 0.5, count: dimension + 1), "a query that is too long", &report)
    expectError(index, [Float](repeating: 0.5, count: dimension - 1), "a query that is too short", &report)
    var broken = [Float](repeating: 0.5, count: dimension)
    broken[dimension - 1] = .nan
    expectError(index, broken, "a query with a component that is not a number", &report)
    broken[dimension - 1] = .infinity
    expectError(index, broken, "a query with an infinite component", &report)
  }

  private func expectError(_ index: any SearchIndex, _ query: [Float], _ what: String, _ report: inout Report) {
    if (try? index.search(query, SearchOptions())) != nil { report.add("\(what) is not refused") }
  }

  private func checkBatch(_ index: any SearchIndex, _ report: inout Report) {
    do throws(IndexError) {
      let together = try index.search(queries, SearchOptions(limit: 5))
      guard together.count == queries.count else { return report.add("a batch has \(together.count) answers") }
      for number in 0..<queries.count {
        let alone = try index.search(Array(queries[number]), SearchOptions(limit: 5))
        if alone != together[number] { report.add("query \(number) has another answer in a batch than alone") }
      }
    } catch {
      report.add("a batch throws: \(error)")
    }
  }
}

// MARK: - What is answered

extension SearchIndexConformance {
  private func check(
    _ index: any SearchIndex, _ scenario: Scenario, minimumRecall: Double, _ report: inout Report
  ) {
    var found = 0
    var wanted = 0
    for number in 0..<queries.count {
      let query = Array(queries[number])
      do throws(IndexError) {
        let answer = try index.search(query, scenario.options)
        let again = try index.search(query, scenario.options)
        if answer != again { report.add("\(scenario.name), query \(number): a repetition has another answer") }
        let expected = min(max(0, scenario.options.limit), scenario.allowed.count)
        if answer.count != expected {
          report.add("\(scenario.name), query \(number): \(answer.count) neighbours instead of \(expected)")
        }
        checkForm(answer, scenario, number, &report)
        let scores = oracleScores(query, scenario.allowed)
        found += countFound(answer, query, scores.prefix(expected).last ?? 0, scenario, number, &report)
        wanted += expected
      } catch {
        report.add("\(scenario.name), query \(number) throws: \(error)")
      }
    }
    if wanted > 0, Double(found) < minimumRecall * Double(wanted) {
      report.add("\(scenario.name): recall is \(Double(found) / Double(wanted)), not \(minimumRecall)")
    }
  }

  /// Order, uniqueness and membership.
  private func checkForm(_ answer: [Neighbour], _ scenario: Scenario, _ number: Int, _ report: inout Report) {
    for (first, second) in zip(answer, answer.dropFirst()) {
      if first.score < second.score || (first.score == second.score && first.row >= second.row) {
        report.add("\(scenario.name), query \(number): \(first) comes before \(second)")
      }
    }
    if Set(answer.map(\.row)).count != answer.count {
      report.add("\(scenario.name), query \(number): a row comes twice")
    }
    for neighbour in answer where !scenario.allowed.contains(neighbour.row) {
      report.add("\(scenario.name), query \(number): row \(neighbour.row) is not allowed")
    }
  }

  /// How many of the answer score no worse than the worst true neighbour; equally near rows replace each other.
  private func countFound(
    _ answer: [Neighbour], _ query: [Float], _ worst: Double, _ scenario: Scenario, _ number: Int,
    _ report: inout Report
  ) -> Int {
    answer.count { neighbour in
      guard Int(neighbour.row) < vectors.count else { return false }
      let (score, scale) = oracleScore(query, Int(neighbour.row))
      if abs(score - Double(neighbour.score)) > tolerance * scale {
        report.add("\(scenario.name), query \(number): row \(neighbour.row) scores \(neighbour.score), not \(score)")
      }
      return score >= worst - tolerance * scale
    }
  }

  private func oracleScores(_ query: [Float], _ allowed: RowSet) -> [Double] {
    allowed.map { oracleScore(query, Int($0)).score }.sorted(by: >)
  }

  private func oracleScore(_ query: [Float], _ row: Int) -> (score: Double, scale: Double) {
    ExactScore.of(query[...], vectors[row], similarity)
  }
}

/// Scores in double precision, for oracles.
enum ExactScore {
  /// The score, and the size of what it was computed from.
  static func of(
    _ query: ArraySlice<Float>, _ vector: ArraySlice<Float>, _ similarity: Similarity
  ) -> (score: Double, scale: Double) {
    var (product, queryLength, rowLength, distance) = (0.0, 0.0, 0.0, 0.0)
    for (left, right) in zip(query, vector) {
      let (left, right) = (Double(left), Double(right))
      product += left * right
      queryLength += left * left
      rowLength += right * right
      distance += (left - right) * (left - right)
    }
    let lengths = (queryLength * rowLength).squareRoot()
    switch similarity {
    case .dot: return (product, lengths)
    case .cosine: return (lengths > 0 ? product / lengths : 0, 1)
    case .euclidean: return (-distance, queryLength + rowLength)
    }
  }
}
