internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailModels
internal import NeedletailNumerics
internal import NeedletailTraining

/// What an encoder learns from texts alone, depending on what it has to rebuild: hidden words; the text from its summary; the bag of its
/// words from ordinary tokens; all of them (Xiao and Liu, "RetroMAE v2: Duplex Masked Auto-Encoder", arXiv 2211.08769, 2022).
///
/// Deviations: a small network that begins with random weights and sees the texts of the collections that it then searches; zero-shot
/// search without fine-tuning, by the cosine of each part; the bag counts as in the paper's text, not a tenth as in the released code.
public struct TextReconstructionExperiment: Experiment {
  public static let name = "text-reconstruction"

  public struct Parameters: Decodable, Sendable {
    let collections: [String]
    let layers: Int
    let hidden: Int
    let heads: Int
    let vocabulary: Int
    let tokens: Int
    let steps: Int
    let batch: Int
    let rate: Double
    let bagWeight: Double
    let seeds: Int
    /// Terms that a text keeps.
    let terms: Int
  }

  public init() {}

  private static let measure = Measure.nDCG(cutoff: 10)
  private static let parts: [(name: String, part: JoinedVectors.Part)] = [("summary", .summary), ("terms", .terms), ("joined", .both)]

  /// The values of every query by objective and part.
  private typealias Values = [String: [String: [String: Double]]]

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    var findings = Findings()
    let tasks = try parameters.collections.map { try laboratory.task($0) }
    let texts = tasks.flatMap { $0.corpus.map(TrainingExamples.text) }
    let objectives = Self.objectives(parameters)
    var values: Values = [:]
    var losses: [String: Double] = [:]
    for trial in 0..<parameters.seeds {
      let seed = laboratory.seed &+ UInt64(trial)
      let folder = laboratory.scratch + "/\(trial)"
      try untrained(parameters, seed: seed).write(to: folder + "/untrained", tokenizerOf: laboratory.model(), texts: texts)
      for (number, (name, objective)) in objectives.enumerated() {
        let pretrainer = try TextPretrainer(
          ModelDirectory(path: folder + "/untrained"), texts: texts, objective: .reconstruction(objective), batchSize: parameters.batch,
          settings: settings(parameters, seed: seed))
        for step in 0..<parameters.steps {
          let loss = try pretrainer.step(step).loss
          if step >= parameters.steps - 20 { losses[name, default: 0] += loss / Double(min(20, parameters.steps) * parameters.seeds) }
          let done = Double((trial * objectives.count + number) * parameters.steps + step)
          if step.isMultiple(of: 20) {
            laboratory.progress("Seed \(trial + 1), \(name)", done / Double(parameters.seeds * objectives.count * parameters.steps))
          }
        }
        try pretrainer.save(to: folder + "/\(name)")
        let embedder = try JoinedEmbedder(ModelDirectory(path: folder + "/\(name)"), termCount: parameters.terms)
        for task in tasks { try measure(embedder, on: task, as: name, share: 1 / Double(parameters.seeds), into: &values) }
      }
    }
    try await recordLexical(tasks, in: &findings)
    record(values, losses, objectives.map(\.0), in: &findings)
    findings.notes.append(
      "\(texts.count) texts, \(parameters.steps) steps of \(parameters.batch) pieces of up to \(parameters.tokens) tokens, \(parameters.seeds) seeds; "
        + "\(tasks.reduce(0) { $0 + $1.queries.count }) queries. Intervals are over queries, each averaged over seeds.")
    return findings
  }

  private static func objectives(_ parameters: Parameters) -> [(String, TextReconstruction)] {
    var both = TextReconstruction()
    both.bagWeight = Float(parameters.bagWeight)
    var (summary, bag) = (both, both)
    summary.bagWeight = 0
    bag.summaryWeight = 0
    return [("masked words", .maskedTokens(rate: both.maskRate)), ("with summary", summary), ("with bag", bag), ("with both", both)]
  }

  private func untrained(_ parameters: Parameters, seed: UInt64) -> UntrainedModel {
    var model = UntrainedModel()
    (model.layers, model.hiddenSize, model.heads) = (parameters.layers, parameters.hidden, parameters.heads)
    (model.intermediateSize, model.vocabularySize, model.maximumTokens) = (4 * parameters.hidden, parameters.vocabulary, parameters.tokens)
    model.seed = seed
    return model
  }

  private func settings(_ parameters: Parameters, seed: UInt64) -> TrainingSettings {
    var settings = TrainingSettings(steps: parameters.steps)
    settings.rate = Float(parameters.rate)
    settings.warmupSteps = parameters.steps / 10
    settings.maximumPassageTokens = parameters.tokens
    settings.seed = seed
    return settings
  }

  private func measure(
    _ embedder: JoinedEmbedder, on task: RetrievalTask, as objective: String, share: Double, into values: inout Values
  ) throws {
    let documents = try embedder.encodeNow(task.corpus.map(TrainingExamples.text), as: .document)
    let queries = try embedder.encodeNow(task.queries.map(\.text), as: .query)
    for (name, part) in Self.parts {
      var run = Run()
      for (row, question) in task.queries.enumerated() {
        var top = TopK(capacity: 100)
        for (place, score) in documents.scores(for: row, of: queries, by: part).enumerated() { top.insert(row: UInt32(place), score: score) }
        try run.record(top.ranked.map { .init(document: task.corpus[Int($0.row)].id, score: Double($0.score)) }, for: question.id)
      }
      let evaluation = Evaluation(of: run, judgements: task.judgements, measures: [Self.measure])
      for (query, value) in evaluation.values(of: Self.measure) ?? [:] {
        values[objective, default: [:]][name, default: [:]]["\(task.name) \(query)", default: 0] += value * share
      }
    }
  }

  private func recordLexical(_ tasks: [RetrievalTask], in findings: inout Findings) async throws {
    var values: [Double] = []
    for task in tasks {
      let evaluation = Evaluation(of: try await Run.bm25(task), judgements: task.judgements, measures: [Self.measure])
      values += (evaluation.values(of: Self.measure) ?? [:]).values
    }
    findings.record("nDCG@10, BM25", mean(values))
  }

  private func record(_ values: Values, _ losses: [String: Double], _ objectives: [String], in findings: inout Findings) {
    for objective in objectives {
      for (part, _) in Self.parts { findings.record("nDCG@10, \(objective), \(part)", mean(values[objective]?[part]?.values.map { $0 } ?? [])) }
      findings.record("last loss, \(objective)", losses[objective] ?? 0)
    }
    func compare(_ a: (String, String), _ b: (String, String)) {
      let (left, right) = (values[a.0]?[a.1] ?? [:], values[b.0]?[b.1] ?? [:])
      let differences = left.sorted { $0.key < $1.key }.compactMap { query, value in right[query].map { value - $0 } }
      findings.record(
        effect: "nDCG@10, \(a.1) \(a.0) over \(b.1) \(b.0)", mean(differences), interval: ConfidenceInterval(bootstrapping: differences))
    }
    compare(("with both", "joined"), ("masked words", "summary"))
    compare(("with both", "summary"), ("masked words", "summary"))
    compare(("with summary", "summary"), ("masked words", "summary"))
    compare(("with both", "joined"), ("with both", "summary"))
    compare(("with both", "joined"), ("with both", "terms"))
    compare(("with both", "joined"), ("with summary", "joined"))
    compare(("with both", "terms"), ("masked words", "terms"))
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
}
