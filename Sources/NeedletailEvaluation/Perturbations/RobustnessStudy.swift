internal import Foundation

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
      for seed in seeds {
        let varied = VariedQueries(task.queries, family: family, seed: seed, stopWords: stopWords, synonyms: synonyms)
        unchanged += varied.unchangedCount
        var other = task
        for index in other.queries.indices { other.queries[index].text = varied.texts[other.queries[index].id] ?? other.queries[index].text }
        for (system, values) in try values(of: await answers(other), on: task).enumerated() { means[system].append(Self.mean(Array(values.values))) }
      }
      for (number, system) in systems.enumerated() {
        drops.append(Drop(
          system: system, task: task.name, family: family, clean: Self.mean(Array(clean[number].values)), varied: means[number],
          unchanged: unchanged, questions: queries.count * seeds.count))
      }
    }
  }

  /// Counts how often planted passages come up in runs on a collection that holds them.
  public mutating func addAttack(on task: RetrievalTask, planted: Set<String>, runs: [String: Run]) {
    for system in systems {
      guard let run = runs[system] else { continue }
      var shares: [Int: Double] = [:]
      for depth in Self.attackDepths {
        let hit = task.queries.count { run.ranking(of: $0.id).prefix(depth).contains { planted.contains($0.document) } }
        shares[depth] = Double(hit) / Double(max(1, task.queries.count))
      }
      attacks.append(AttackSuccess(system: system, task: task.name, shares: shares))
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

extension RobustnessStudy {
  /// The study as a page.
  public func page() throws(EvaluationError) -> String {
    let families = QueryVariation.Family.allCases.filter { family in drops.contains { $0.family == family } }
    let dropRows = drops.map { drop in
      [
        drop.task, drop.system, drop.family.rawValue, ReportPage.number(drop.clean),
        ReportPage.number(drop.varied.reduce(0, +) / Double(drop.varied.count)), ReportPage.signed(-100 * drop.rate, 1) + " %",
        "± \(ReportPage.number(100 * drop.deviation, 1))", "\(drop.unchanged) of \(drop.questions)",
      ]
    }
    let overview = systems.map { system in [system] + families.map { ReportPage.signed(-100 * (dropRate(of: system, under: $0) ?? 0), 1) + " %" } }
    var body = "<h2>What varied questions cost</h2>"
    body += ReportPage.table(["system"] + families.map(\.rawValue), overview) + dropChart(families)
    body += "<h2>Fair means</h2>" + (try means())
    if !geometry.isEmpty {
      body += "<h2>Geometry of the vectors</h2>"
      body += ReportPage.table(
        ["system", "average cosine", "IsoScore"], geometry.map { [$0.system, ReportPage.number($0.averageCosine), ReportPage.number($0.isoScore)] })
    }
    if !attacks.isEmpty {
      body += "<h2>Planted passages among the first</h2>"
      body += ReportPage.table(
        ["collection", "system"] + Self.attackDepths.map(String.init),
        attacks.map { attack in [attack.task, attack.system] + Self.attackDepths.map { ReportPage.number(attack.shares[$0] ?? 0, 3) } })
    }
    body += "<h2>Each collection</h2>"
    body += ReportPage.table(["collection", "system", "family", "clean nDCG@10", "varied", "change", "", "unchanged questions"], dropRows)
    return ReportPage(title: "Robustness", body: body).html
  }

  private func means() throws(EvaluationError) -> String {
    guard systems.count > 1 else { return "<p>They need two systems.</p>" }
    let means = try marginalMeans()
    let rows = systems.indices.map { system in
      [systems[system], ReportPage.number(means.means[system]), ReportPage.number(means.microMeans[system])]
        + means.cellMeans.map { ReportPage.number($0[system]) }
    }
    return ReportPage.table(["system", "marginal mean", "mean over queries"] + means.cells, rows)
      + "<p class=\"note\">nDCG@10. Marginal means weigh kinds of collections alike; the mean over queries follows the largest collection. "
      + "Standard deviations: between collections \(ReportPage.number(means.variances.collection.squareRoot())), between queries "
      + "\(ReportPage.number(means.variances.query.squareRoot())), residual \(ReportPage.number(means.variances.residual.squareRoot())).</p>"
  }

  /// Bars of the mean rates, a group for each family.
  private func dropChart(_ families: [QueryVariation.Family]) -> String {
    let (width, height, left, bottom, top) = (620.0, 260.0, 50.0, 40.0, 20.0)
    var drawing = Drawing(width: width, height: height, label: "Loss of nDCG@10 under varied questions")
    let rates = families.map { family in systems.map { dropRate(of: $0, under: family) ?? 0 } }
    let highest = max(0.05, rates.joined().max() ?? 0)
    let scale = (height - bottom - top) / highest
    for tick in 0...4 {
      let y = height - bottom - Double(tick) / 4 * highest * scale
      drawing.line(left, y, width - 130, y)
      drawing.text(ReportPage.number(100 * Double(tick) / 4 * highest, 0) + " %", left - 6, y + 4, anchor: "end")
    }
    let group = (width - 130 - left) / Double(max(1, families.count))
    let bar = group * 0.8 / Double(systems.count)
    for (place, family) in families.enumerated() {
      for (number, rate) in rates[place].enumerated() {
        let size = max(0, rate) * scale
        drawing.box(
          left + Double(place) * group + group * 0.1 + Double(number) * bar, height - bottom - size, bar * 0.92, size,
          colour: ReportPage.colours[number % ReportPage.colours.count], title: "\(systems[number]), \(family.rawValue): \(ReportPage.signed(-100 * rate, 1)) %")
      }
      drawing.text(family.rawValue, left + (Double(place) + 0.5) * group, height - 16, anchor: "middle")
    }
    for (number, system) in systems.enumerated() {
      drawing.box(width - 120, 20 + 18 * Double(number) - 9, 10, 10, colour: ReportPage.colours[number % ReportPage.colours.count])
      drawing.text(system, width - 104, 20 + 18 * Double(number))
    }
    return drawing.svg
  }

  /// Writes the page.
  public func writePage(to path: String) throws(EvaluationError) { try TextFile.write(page(), to: path) }
}
