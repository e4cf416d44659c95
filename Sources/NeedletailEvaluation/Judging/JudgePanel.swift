internal import Foundation

/// Several judges who grade the same pairs of question and document, and what follows from their grades: a pair is relevant only if every
/// judge says so (the panel by which CMedTEB was built: CARE, ACL 2026, section 3; there the judges are language models).
///
/// Unanimity prefers easy positives; `disagreement` says how much was lost to it.
public struct JudgePanel: Sendable {
  /// A pair that was graded.
  public struct Pair: Hashable, Sendable {
    public var query: String
    public var document: String

    public init(query: String, document: String) {
      (self.query, self.document) = (query, document)
    }
  }

  /// For each pair the grade of each judge, in the order of `judges`.
  public let grades: [Pair: [Int]]
  public let judges: [String]
  /// The least grade that means relevant.
  public let threshold: Int

  /// A panel.
  ///
  /// - Parameters:
  ///   - grades: for each pair the grade of each judge by name.
  ///   - threshold: the least grade that means relevant.
  /// - Throws: `incomparable` if there are fewer than two judges, or a judge has not graded a pair that another has.
  public init(grades: [Pair: [String: Int]], threshold: Int = 4) throws(EvaluationError) {
    let judges = Set(grades.values.flatMap(\.keys)).sorted()
    guard judges.count > 1 else { throw .incomparable(reason: "a panel needs two judges, and there are \(judges.count)") }
    var complete: [Pair: [Int]] = [:]
    for (pair, given) in grades {
      var row: [Int] = []
      for judge in judges {
        guard let grade = given[judge] else {
          throw .incomparable(reason: "\(judge) has not graded document \(pair.document) for query \(pair.query)")
        }
        row.append(grade)
      }
      complete[pair] = row
    }
    self.grades = complete
    self.judges = judges
    self.threshold = threshold
  }

  /// Reads a table with a header (`.tsv` or `.csv`): `query`, `document`, `judge`, `grade`.
  public init(file path: String, threshold: Int = 4) throws(EvaluationError) {
    var grades: [Pair: [String: Int]] = [:]
    try Table(path: path).forEach { row throws(EvaluationError) in
      let text = try row.cell("grade")
      guard let grade = Int(text) else { throw row.malformed("the grade \(text) is not an integer") }
      let (pair, judge) = (Pair(query: try row.cell("query"), document: try row.cell("document")), try row.cell("judge"))
      guard grades[pair, default: [:]].updateValue(grade, forKey: judge) == nil else {
        throw row.malformed("\(judge) has graded document \(pair.document) for query \(pair.query) before")
      }
    }
    try self.init(grades: grades, threshold: threshold)
  }

  /// A panel of retrievers, for want of better judges: each grades a pair from 5 to 1 by the place where it has the document.
  ///
  /// - Parameters:
  ///   - runs: the answers of each judge, who is called as the run is.
  ///   - pairs: what is graded.
  ///   - places: the last place of each grade but the lowest, from the best grade on.
  ///   - threshold: the least grade that means relevant.
  /// - Throws: `incomparable` if there are fewer than two judges.
  public init(retrievers runs: [Run], pairs: [Pair], places: [Int] = [1, 3, 10, 30], threshold: Int = 4) throws(EvaluationError) {
    var grades: [Pair: [String: Int]] = [:]
    for run in runs {
      var rankings: [String: [String: Int]] = [:]
      for query in Set(pairs.map(\.query)) {
        rankings[query] = Dictionary(run.ranking(of: query).enumerated().map { ($1.document, $0 + 1) }) { first, _ in first }
      }
      for pair in pairs {
        let place = rankings[pair.query]?[pair.document] ?? .max
        grades[pair, default: [:]][run.name] = 1 + places.count { place <= $0 }
      }
    }
    try self.init(grades: grades, threshold: threshold)
  }

  /// Whether grades are unanimous for relevance.
  public static func isRelevant(_ grades: [Int], threshold: Int) -> Bool { !grades.isEmpty && grades.allSatisfy { $0 >= threshold } }

  /// The pairs as judgements: 1 where all judges say relevant, 0 elsewhere.
  public var judgements: Judgements {
    grades.reduce(into: [:]) { $0[$1.key.query, default: [:]][$1.key.document] = Self.isRelevant($1.value, threshold: threshold) ? 1 : 0 }
  }

  /// The share of pairs on whose relevance the judges do not agree.
  public var disagreement: Double {
    let split = grades.values.count { row in row.contains { $0 >= threshold } && row.contains { $0 < threshold } }
    return grades.isEmpty ? 0 : Double(split) / Double(grades.count)
  }

  /// How far the judges agree beyond chance on the grades themselves; nil where that is undefined.
  public var kappa: Double? {
    let categories = Set(grades.values.joined()).sorted()
    return Self.fleissKappa(grades.sorted { ($0.key.query, $0.key.document) < ($1.key.query, $1.key.document) }.map { row in
      categories.map { category in row.value.count { $0 == category } }
    })
  }

  /// The mean number of relevant documents per query that earlier judgements do not have: what they hold against good retrievers.
  public func missingPositives(in earlier: Judgements) -> Double {
    let queries = Set(grades.keys.map(\.query))
    let found = grades.count { Self.isRelevant($0.value, threshold: threshold) && (earlier[$0.key.query]?[$0.key.document] ?? 0) < 1 }
    return queries.isEmpty ? 0 : Double(found) / Double(queries.count)
  }

  /// Fleiss' kappa (Psychological Bulletin 1971): 1 for full agreement, 0 for that of chance. nil if there are no items, fewer than two raters,
  /// or only one category was ever used.
  ///
  /// - Parameter counts: for each item how many raters chose each category; the same number of raters for every item.
  public static func fleissKappa(_ counts: [[Int]]) -> Double? {
    guard let raters = counts.first?.reduce(0, +), raters > 1, counts.allSatisfy({ $0.reduce(0, +) == raters }) else { return nil }
    let (items, count) = (Double(counts.count), Double(raters))
    let agreement = counts.reduce(0.0) { $0 + ($1.reduce(0.0) { $0 + Double($1 * $1) } - count) / (count * (count - 1)) } / items
    let shares = counts[0].indices.map { category in counts.reduce(0.0) { $0 + Double($1[category]) } / (items * count) }
    let chance = shares.reduce(0) { $0 + $1 * $1 }
    return chance < 1 ? (agreement - chance) / (1 - chance) : nil
  }

  /// The pairs that judges should look at: what runs return among their first, and no judgement covers. In the order of queries, then of how
  /// many runs return the document.
  public static func pool(_ runs: [Run], judgements: Judgements, depth: Int) -> [Pair] {
    judgements.keys.sorted().flatMap { query in
      var votes: [String: Int] = [:]
      for run in runs {
        for entry in run.ranking(of: query).prefix(depth) where judgements[query]?[entry.document] == nil { votes[entry.document, default: 0] += 1 }
      }
      return votes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { Pair(query: query, document: $0.key) }
    }
  }
}
