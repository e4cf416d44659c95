/// How systems fare beyond the questions and collections they were measured on: fair means over collections, what varied questions cost, and
/// whether planted passages come up (the apparatus of Li et al., "On the Robustness of LLM-Based Dense Retrievers", 2026).
public struct RobustnessStudy: Codable, Sendable {
  /// What a family of variations costs a system on a collection.
  public struct Drop: Codable, Hashable, Sendable {
    public var system: String
    public var task: String
    public var family: QueryVariation.Family
    /// nDCG@10 of the questions as they are.
    public var clean: Double
    /// nDCG@10 of the varied ones, for each seed.
    public var varied: [Double]
    /// Questions that the variation left as they were, of all seeds.
    public var unchanged: Int
    public var questions: Int
    /// nDCG@10 of each question as it is, in the order of the task, and the mean over the seeds of its varied forms.
    public var cleanByQuery: [Double] = []
    public var variedByQuery: [Double] = []

    /// Files keep the means only.
    private enum CodingKeys: String, CodingKey { case system, task, family, clean, varied, unchanged, questions }

    /// The mean loss as a share of the clean value, from means over the collection; 0 where the clean value is 0.
    public var rate: Double { clean > 0 ? 1 - varied.reduce(0, +) / Double(varied.count) / clean : 0 }
    /// How far the rates of the seeds lie from their mean, as a standard deviation.
    public var deviation: Double {
      guard clean > 0, varied.count > 1 else { return 0 }
      let rates = varied.map { 1 - $0 / clean }
      return (rates.reduce(0) { $0 + ($1 - rate) * ($1 - rate) } / Double(rates.count - 1)).squareRoot()
    }
  }

  /// How often planted passages come up.
  public struct AttackSuccess: Codable, Hashable, Sendable {
    public var system: String
    public var task: String
    /// What was planted.
    public var attack: String
    /// How many passages.
    public var passages: Int
    /// The share of questions with a planted passage among the first 5, 10, 20, 50.
    public var shares: [Int: Double]
  }

  /// The shape of a system's vectors.
  public struct Geometry: Codable, Hashable, Sendable {
    public var system: String
    public var averageCosine: Double
    public var isoScore: Double

    public init(system: String, averageCosine: Double, isoScore: Double) {
      self.system = system
      self.averageCosine = averageCosine
      self.isoScore = isoScore
    }
  }

  public static let measure = Measure.nDCG(cutoff: 10)
  /// The depths at which planted passages are counted.
  public static let attackDepths = [5, 10, 20, 50]

  public let systems: [String]
  public private(set) var drops: [Drop] = []
  public private(set) var attacks: [AttackSuccess] = []
  public var geometry: [Geometry] = []
  private var groups: [(name: String, cell: String, values: [[Double]])] = []

  private enum CodingKeys: String, CodingKey { case systems, drops, attacks, geometry }

  /// An empty study of some systems.
  public init(of systems: [String]) { self.systems = systems }

  /// Measures a collection.
  ///
  /// - Parameters:
  ///   - task: the collection.
  ///   - cell: its kind, for the marginal means.
  ///   - families: of variations.
  ///   - seeds: each varies the questions anew.
  ///   - stopWords: see `QueryVariation`.
  ///   - synonyms: see `QueryVariation`; without any the family `synonym` is left out.
  ///   - answers: the run of each system on a task with the same documents and, at times, other questions.
  public mutating func add(
    _ task: RetrievalTask, cell: String, families: [QueryVariation.Family] = QueryVariation.Family.allCases, seeds: [UInt64], stopWords: Set<String>,
    synonyms: [String: [String]] = [:], answers: (RetrievalTask) async throws -> [String: Run]
  ) async throws {
    let clean = try values(of: await answers(task), on: task)
    let queries = task.queries.map(\.id)
    groups.append((task.name, cell, clean.map { values in queries.map { values[$0] ?? 0 } }))
    for family in families where family != .synonym || !synonyms.isEmpty {
      var means = systems.map { _ in [Double]() }
      var unchanged = 0
      var sums = systems.map { _ in [Double](repeating: 0, count: queries.count) }
      for seed in seeds {
        let varied = VariedQueries(task.queries, family: family, seed: seed, stopWords: stopWords, synonyms: synonyms)
        unchanged += varied.unchangedCount
        var other = task
        for index in other.queries.indices { other.queries[index].text = varied.texts[other.queries[index].id] ?? other.queries[index].text }
        for (system, values) in try values(of: await answers(other), on: task).enumerated() {
          means[system].append(Self.mean(Array(values.values)))
          for (place, query) in queries.enumerated() { sums[system][place] += values[query] ?? 0 }
        }
      }
      for (number, system) in systems.enumerated() {
        drops.append(Drop(
          system: system, task: task.name, family: family, clean: Self.mean(Array(clean[number].values)), varied: means[number],
          unchanged: unchanged, questions: queries.count * seeds.count, cleanByQuery: queries.map { clean[number][$0] ?? 0 },
          variedByQuery: sums[number].map { $0 / Double(max(1, seeds.count)) }))
      }
    }
  }

  /// Counts how often planted passages come up in runs on a collection that holds them.
  ///
  /// - Parameters:
  ///   - task: whose questions are attacked.
  ///   - attack: what was planted, in a word.
  ///   - planted: the identifiers of the passages.
  ///   - runs: of each system, on the collection with the passages.
  public mutating func addAttack(on task: RetrievalTask, attack: String = "planted", planted: Set<String>, runs: [String: Run]) {
    for system in systems {
      guard let run = runs[system] else { continue }
      var shares: [Int: Double] = [:]
      for depth in Self.attackDepths {
        let hit = task.queries.count { run.ranking(of: $0.id).prefix(depth).contains { planted.contains($0.document) } }
        shares[depth] = Double(hit) / Double(max(1, task.queries.count))
      }
      attacks.append(AttackSuccess(system: system, task: task.name, attack: attack, passages: planted.count, shares: shares))
    }
  }

  /// Fair means over the collections so far.
  ///
  /// - Parameter repeats: how often the questions of a collection count, by its name; once without an entry. Shows what one large
  ///   collection does to a mean.
  public func marginalMeans(repeating repeats: [String: Int] = [:]) throws(EvaluationError) -> MarginalMeans {
    let groups = self.groups.map { group in
      MarginalMeans.Group(
        name: group.name, cell: group.cell,
        values: group.values.map { values in (0..<(repeats[group.name] ?? 1)).flatMap { _ in values } })
    }
    return try MarginalMeans(of: groups, systems: systems)
  }

  /// The mean rate of a system over its collections for a family; nil if there is none.
  public func dropRate(of system: String, under family: QueryVariation.Family) -> Double? {
    let rates = drops.filter { $0.system == system && $0.family == family }.map(\.rate)
    return rates.isEmpty ? nil : Self.mean(rates)
  }

  private func values(of runs: [String: Run], on task: RetrievalTask) throws(EvaluationError) -> [[String: Double]] {
    var values: [[String: Double]] = []
    for system in systems {
      guard let run = runs[system] else { throw .incomparable(reason: "\(system) did not answer \(task.name)") }
      values.append(Evaluation(of: run, judgements: task.judgements, measures: [Self.measure]).values(of: Self.measure) ?? [:])
    }
    return values
  }

  /// In the order of size, so that the last digit does not depend on hashing.
  private static func mean(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.sorted().reduce(0, +) / Double(values.count) }
}
