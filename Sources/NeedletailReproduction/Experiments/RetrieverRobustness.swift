internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailModels
internal import NeedletailText

/// Whether averages mislead and what varied questions cost: Li et al., "On the Robustness of LLM-Based Dense Retrievers: A Systematic Analysis
/// of Generalizability and Stability", 2026, sections 4 and 5.
///
/// Deviations: BM25, all-MiniLM-L6-v2 and both joined in place of nine retrievers; small collections of four kinds; families of variations that
/// need no model (no paraphrases; synonyms only where a table is handed over). Poisoning is not measured here.
public struct RetrieverRobustness: Experiment {
  public static let name = "retriever-robustness"

  public struct Parameters: Decodable, Sendable {
    /// The kind of each collection, by its name.
    public var collections: [String: String]
    /// Most questions of each.
    public var questions: Int
    public var seeds: Int
    /// The collection whose questions are made to count many times, and how often.
    public var repeated: String
    public var times: Int
    /// Vectors of each collection whose geometry is measured.
    public var geometryRows: Int
  }

  public init() {}

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    let embedder = try laboratory.embedder(precision: .bfloat16)
    var findings = Findings()
    var study = RobustnessStudy(of: CollectionRuns.systems)
    for (name, kind) in parameters.collections.sorted(by: { $0.key < $1.key }) {
      var task = try laboratory.task(name)
      task.keep(questions: parameters.questions)
      let runs = try await CollectionRuns(task, embedder: embedder, in: laboratory)
      laboratory.progress("Varying the questions of \(name)")
      try await study.add(
        task, cell: kind, seeds: (0..<UInt64(parameters.seeds)).map { laboratory.seed &+ $0 }, stopWords: StopWords.english
      ) { try await runs.answers($0) }
      let sample = DenseVectors(
        dimension: runs.documents.dimension, values: Array(runs.documents.values.prefix(parameters.geometryRows * runs.documents.dimension)))
      findings.record("\(name): average cosine", EmbeddingGeometry.averageCosine(sample, seed: laboratory.seed))
      findings.record("\(name): IsoScore", EmbeddingGeometry.isoScore(sample))
      await runs.close()
    }
    record(study, &findings)
    try recordMeans(study, parameters, &findings)
    findings.notes.append("Drop rates are shares of the clean nDCG@10, from means over a collection, averaged over collections; one edit for each question.")
    findings.notes.append("Not measured: paraphrases, and passages made to poison a corpus; `needletail eval robustness` counts planted ones.")
    return findings
  }

  private func record(_ study: RobustnessStudy, _ findings: inout Findings) {
    for drop in study.drops {
      findings.record("\(drop.task): \(drop.system): drop under \(drop.family.rawValue)", 100 * drop.rate, unit: "%")
    }
    for family in QueryVariation.Family.allCases {
      for system in study.systems {
        let drops = study.drops.filter { $0.system == system && $0.family == family }
        guard !drops.isEmpty else { continue }
        let rates = drops.map { 100 * $0.rate }
        findings.record(
          effect: "\(system): drop under \(family.rawValue), %", rates.reduce(0, +) / Double(rates.count), interval: ConfidenceInterval(ofMean: rates))
      }
    }
    func rates(_ system: String, _ family: QueryVariation.Family) -> [Double] {
      study.drops.filter { $0.system == system && $0.family == family }.map { 100 * $0.rate }
    }
    func difference(_ left: [Double], _ right: [Double]) -> (mean: Double, interval: ConfidenceInterval?) {
      let differences = zip(left, right).map { $0 - $1 }
      return (differences.reduce(0, +) / Double(max(1, differences.count)), ConfidenceInterval(ofMean: differences))
    }
    let families = difference(rates("dense", .misspelling), rates("dense", .ordering))
    findings.record(effect: "dense: drop under misspelling minus ordering, points", families.mean, interval: families.interval)
    let systems = difference(rates("bm25", .misspelling), rates("dense", .misspelling))
    findings.record(effect: "drop under misspelling: bm25 minus dense, points", systems.mean, interval: systems.interval)
    findings.record(effect: "bm25: greatest change under ordering, %", rates("bm25", .ordering).map(abs).max() ?? 0)
    let unchanged = study.drops.filter { $0.system == "bm25" && $0.family == .misspelling }
    findings.record(
      "share of questions that misspelling left unchanged", Double(unchanged.reduce(0) { $0 + $1.unchanged }) / Double(unchanged.reduce(0) { $0 + $1.questions }))
  }

  private func recordMeans(_ study: RobustnessStudy, _ parameters: Parameters, _ findings: inout Findings) throws {
    let plain = try study.marginalMeans()
    let repeated = try study.marginalMeans(repeating: [parameters.repeated: parameters.times])
    for (number, system) in study.systems.enumerated() {
      findings.record("\(system): marginal mean", plain.means[number])
      findings.record("\(system): mean over queries", plain.microMeans[number])
      findings.record("\(system): mean over queries, \(parameters.repeated) \(parameters.times) times", repeated.microMeans[number])
    }
    func movement(_ before: [Double], _ after: [Double]) -> Double { zip(before, after).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(before.count) }
    let (micro, marginal) = (movement(plain.microMeans, repeated.microMeans), movement(plain.means, repeated.means))
    findings.record("mean over queries moved by", micro)
    findings.record("marginal mean moved by", marginal)
    findings.record(effect: "how many times further the mean over queries moves when one collection grows", micro / max(marginal, 1e-6))
    func order(_ means: [Double]) -> [Int] { means.indices.sorted { (means[$1], $0) < (means[$0], $1) } }
    findings.record("the order of systems differs between the means (1 yes, 0 no)", order(repeated.means) == order(repeated.microMeans) ? 0 : 1)
  }
}
