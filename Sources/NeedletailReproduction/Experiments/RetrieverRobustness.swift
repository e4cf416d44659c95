internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailModels
internal import NeedletailText

/// Whether averages mislead and what varied questions cost: Li et al., "On the Robustness of LLM-Based Dense Retrievers: A Systematic Analysis
/// of Generalizability and Stability", 2026, sections 4 and 5.
///
/// Deviations: BM25, all-MiniLM-L6-v2 and both joined in place of nine retrievers; small collections; paraphrases by rules, synonyms of a small
/// table; planted passages imitate questions instead of following gradients, beside random words in place of the random tokens that gradients
/// start from. Differences of rates are tested by a bootstrap over questions.
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
    /// Collections in which passages are planted, and how many at a time.
    public var attacked: [String]
    public var planted: [Int]
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
        task, cell: kind, seeds: (0..<UInt64(parameters.seeds)).map { laboratory.seed &+ $0 }, stopWords: StopWords.english,
        synonyms: SynonymTable.everyday
      ) { try await runs.answers($0) }
      let sample = DenseVectors(
        dimension: runs.documents.dimension, values: Array(runs.documents.values.prefix(parameters.geometryRows * runs.documents.dimension)))
      findings.record("\(name): average cosine", EmbeddingGeometry.averageCosine(sample, seed: laboratory.seed))
      findings.record("\(name): IsoScore", EmbeddingGeometry.isoScore(sample))
      await runs.close()
      if parameters.attacked.contains(name) {
        try await PoisoningTrial.add(parameters.planted, on: task, to: &study, embedder: embedder, in: laboratory)
      }
    }
    record(study, seed: laboratory.seed, &findings)
    recordAttacks(study, &findings)
    try recordMeans(study, parameters, &findings)
    findings.notes.append("Drop rates are shares of the clean nDCG@10, from means over a collection, averaged over collections; one edit for each question.")
    findings.notes.append("Intervals of single rates are over collections, those of differences between rates over the questions of the collections named.")
    findings.notes.append("Planted passages string together questions that are known; what is attacked are the other questions.")
    findings.notes.append("Random words of the questions share their subjects, and are half of what an imitation is made of; random words of the collection know nothing of the questions, as the random tokens do that the paper's attack begins with.")
    findings.notes.append("Word search gets questions as bags of words: quotation marks in them are no request for a phrase.")
    return findings
  }

  private func record(_ study: RobustnessStudy, seed: UInt64, _ findings: inout Findings) {
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
    func record(_ effect: String, _ left: RobustnessStudy.RateName, _ right: RobustnessStudy.RateName) {
      guard let difference = study.difference(of: left, minus: right, seed: seed) else { return }
      let interval = ConfidenceInterval(low: 100 * difference.interval.low, high: 100 * difference.interval.high)
      findings.record(effect: effect, 100 * difference.mean, interval: interval)
    }
    record("dense: drop under misspelling minus ordering, points", .init("dense", .misspelling), .init("dense", .ordering))
    record("drop under misspelling: bm25 minus dense, points", .init("bm25", .misspelling), .init("dense", .misspelling))
    record("drop under synonyms: bm25 minus dense, points", .init("bm25", .synonym), .init("dense", .synonym))
    record("dense: drop under synonyms minus ordering, points", .init("dense", .synonym), .init("dense", .ordering))
    func rates(_ system: String, _ family: QueryVariation.Family) -> [Double] {
      study.drops.filter { $0.system == system && $0.family == family }.map { 100 * $0.rate }
    }
    findings.record(effect: "bm25: greatest change under ordering, %", rates("bm25", .ordering).map(abs).max() ?? 0)
    for family in QueryVariation.Family.allCases {
      let unchanged = study.drops.filter { $0.system == "bm25" && $0.family == family }
      guard !unchanged.isEmpty else { continue }
      findings.record(
        "share of questions that \(family.rawValue) left unchanged",
        Double(unchanged.reduce(0) { $0 + $1.unchanged }) / Double(unchanged.reduce(0) { $0 + $1.questions }))
    }
  }

  /// How often planted passages come up among the first twenty.
  private func recordAttacks(_ study: RobustnessStudy, _ findings: inout Findings) {
    for attack in study.attacks {
      for depth in RobustnessStudy.attackDepths {
        findings.record(
          "\(attack.task): \(attack.system): \(attack.passages) \(attack.attack) planted, questions that see one among the first \(depth)",
          100 * (attack.shares[depth] ?? 0), unit: "%")
      }
    }
    let counts = Set(study.attacks.map(\.passages)).sorted()
    for system in ["bm25", "dense"] {
      func share(_ attack: String, _ count: Int) -> Double? {
        let shares = study.attacks.filter { $0.system == system && $0.attack == attack && $0.passages == count }.map { 100 * ($0.shares[20] ?? 0) }
        return shares.isEmpty ? nil : shares.reduce(0, +) / Double(shares.count)
      }
      let names = PoisoningTrial.attacks
      guard let few = counts.first, let many = counts.last, let imitating = share(names.imitating, few) else { continue }
      findings.record(effect: "\(system): attack success at 20 of \(few) imitating passages, %", imitating)
      for (attack, name) in [(names.collection, "random words of the collection"), (names.questions, "random words of the questions")] {
        guard let random = share(attack, few) else { continue }
        findings.record(effect: "\(system): attack success at 20, imitating minus \(name), points", imitating - random)
      }
      guard many > few, let more = share(names.imitating, many) else { continue }
      findings.record(effect: "\(system): attack success at 20, \(many) minus \(few) passages, points", more - imitating)
    }
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
