internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailModels
internal import NeedletailNumerics
internal import NeedletailTraining

/// What pairs made of the structure of pages are worth before the first labelled question (Chang et al., "Pre-training Tasks for
/// Embedding-based Large-scale Retrieval", ICLR 2020, tables 3 and 4).
///
/// Deviations: a small network that begins with random weights, with one tower for both sides; scores are cosines over a temperature of
/// 0.05; pages are a hundred of Wikipedia, whose links are mentions of titles, and the sentences that are searched, some neighbours to a
/// passage; candidates are sentences without their passages.
public struct PagePretrainingExperiment: Experiment {
  public static let name = "page-pretraining"

  public struct Parameters: Decodable, Sendable {
    let layers: Int
    let hidden: Int
    let heads: Int
    let vocabulary: Int
    let queryTokens: Int
    let passageTokens: Int
    /// Neighbouring sentences of the searched collection that make a passage.
    let lines: Int
    let steps: Int
    let batch: Int
    let rate: Double
    let fineTuningSteps: Int
    let fineTuningRate: Double
    /// The parts of the questions that are labelled.
    let shares: [Double]
    /// Questions that are asked; none of them is trained on.
    let questions: Int
    let seeds: Int
  }

  public init() {}

  private static let measures: [Measure] = [.recall(cutoff: 10), .recall(cutoff: 100)]
  private static let beginnings = ["nothing", "masked words", "cloze", "cloze, lead and links", "shuffled cloze"]

  /// The values of every question by beginning, share and measure.
  private typealias Values = [String: [Double: [Measure: [String: Double]]]]

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    var findings = Findings()
    let task = try laboratory.task("qa-squad-sentences")
    var generator = SeededGenerator(seed: laboratory.seed)
    let order = task.queries.shuffled(using: &generator)
    var asked = task
    asked.queries = Array(order.prefix(parameters.questions))
    asked.judgements = asked.queries.reduce(into: [:]) { $0[$1.id] = task.judgements[$1.id] }
    var labelled = task
    labelled.queries = Array(order.dropFirst(parameters.questions))
    let pages = try PageReader.read(path: laboratory.data("wiki-paragraphs") + "/paragraphs.jsonl.gz")
    let sentences = try PageReader.read(path: laboratory.data("qa-squad-sentences"), linesPerPassage: parameters.lines)
    let source = PretrainingSource(pages: pages + sentences)

    var values: Values = [:]
    for trial in 0..<parameters.seeds {
      let seed = laboratory.seed &+ UInt64(trial)
      let folder = laboratory.scratch + "/\(trial)"
      try untrained(parameters, seed: seed).write(to: folder + "/nothing", tokenizerOf: laboratory.model(), texts: source.texts)
      for (number, name) in Self.beginnings.enumerated() {
        let done = Double(trial * Self.beginnings.count + number) / Double(parameters.seeds * Self.beginnings.count)
        laboratory.progress("Seed \(trial + 1), \(name)", done)
        if name != "nothing" { try pretrain(name, source, from: folder + "/nothing", to: folder + "/" + name, parameters, seed: seed) }
        for share in parameters.shares {
          let run = try fineTuned(folder + "/" + name, on: labelled, share: share, asked, parameters, seed: seed)
          let evaluation = Evaluation(of: run, judgements: asked.judgements, measures: Self.measures)
          for measure in Self.measures {
            for (query, value) in evaluation.values(of: measure) ?? [:] {
              values[name, default: [:]][share, default: [:]][measure, default: [:]][query, default: 0] += value / Double(parameters.seeds)
            }
          }
        }
      }
    }
    let lexical = Evaluation(of: try await Run.bm25(asked), judgements: asked.judgements, measures: Self.measures)
    record(values, lexical, parameters.shares, in: &findings)
    findings.notes.append(
      "\(asked.queries.count) questions over \(task.corpus.count) sentences; \(parameters.steps) steps of \(parameters.batch) pairs, then "
        + "\(parameters.fineTuningSteps) on labelled questions; \(parameters.seeds) seeds. Intervals are over questions, each averaged over seeds.")
    return findings
  }

  private func untrained(_ parameters: Parameters, seed: UInt64) -> UntrainedModel {
    var model = UntrainedModel()
    (model.layers, model.hiddenSize, model.heads) = (parameters.layers, parameters.hidden, parameters.heads)
    (model.intermediateSize, model.vocabularySize) = (4 * parameters.hidden, parameters.vocabulary)
    (model.maximumTokens, model.seed) = (parameters.passageTokens, seed)
    return model
  }

  private func settings(_ parameters: Parameters, steps: Int, rate: Double, seed: UInt64) -> TrainingSettings {
    var settings = TrainingSettings(steps: steps)
    settings.rate = Float(rate)
    settings.warmupSteps = steps / 10
    settings.maximumQueryTokens = parameters.queryTokens
    settings.maximumPassageTokens = parameters.passageTokens
    settings.seed = seed
    return settings
  }

  private func pretrain(
    _ name: String, _ source: PretrainingSource, from beginning: String, to path: String, _ parameters: Parameters, seed: UInt64
  ) throws {
    let directory = try ModelDirectory(path: beginning)
    let settings = settings(parameters, steps: parameters.steps, rate: parameters.rate, seed: seed)
    let learner: any Learner
    if name == "masked words" {
      // as many tokens a step as pairs have
      learner = try TextPretrainer(
        directory, texts: source.texts, objective: .reconstruction(.maskedTokens(rate: 0.15)), batchSize: parameters.batch, settings: settings)
    } else {
      let tasks: [PagePairs.Task] = name == "cloze, lead and links" ? PagePairs.Task.structural : [.cloze]
      var examples = source.pairs.examples(tasks, count: parameters.steps * parameters.batch, seed: seed)
      if name == "shuffled cloze" { examples = shuffled(examples, seed: seed) }
      learner = try trainer(directory, examples, batch: parameters.batch, settings)
    }
    for step in 0..<parameters.steps { _ = try learner.step(step) }
    try learner.save(to: path)
  }

  /// The same queries and passages, each query with the passage of another.
  private func shuffled(_ examples: TrainingExamples, seed: UInt64) -> TrainingExamples {
    var generator = SeededGenerator(seed: seed)
    var shuffled = TrainingExamples()
    for (example, other) in zip(examples.examples, examples.examples.shuffled(using: &generator)) {
      let (query, passage) = (shuffled.query(examples.queries[example.query]), shuffled.passage(examples.passages[other.positives[0]]))
      shuffled.append(.init(query: query, positives: [passage]))
    }
    return shuffled
  }

  private func trainer(
    _ directory: ModelDirectory, _ examples: TrainingExamples, batch: Int, _ settings: TrainingSettings
  ) throws -> Trainer {
    let sampler = ShuffledSampler(
      lengths: examples.examples.map { examples.passages[$0.positives[0]].utf8.count }, tasks: examples.examples.map { _ in 0 },
      batchSize: batch, seed: settings.seed)
    return Trainer(
      TransformerNetwork(directory), tokenizer: try directory.tokenizer(), examples: examples, sampler: sampler,
      objective: Contrastive(correctsFrequency: true), settings: settings)
  }

  /// The answers after training on a part of the labelled questions.
  private func fineTuned(
    _ path: String, on labelled: RetrievalTask, share: Double, _ asked: RetrievalTask, _ parameters: Parameters, seed: UInt64
  ) throws -> Run {
    let directory = try ModelDirectory(path: path)
    var generator = SeededGenerator(seed: seed)
    var part = labelled
    let count = Int(share * Double(labelled.queries.count + asked.queries.count))
    part.queries = Array(labelled.queries.shuffled(using: &generator).prefix(count))
    let examples = TrainingExamples(part)
    let trainer = try trainer(
      directory, examples, batch: parameters.batch,
      settings(parameters, steps: parameters.fineTuningSteps, rate: parameters.fineTuningRate, seed: seed))
    for step in 0..<parameters.fineTuningSteps { _ = try trainer.step(step) }
    return try RankingValidation(
      asked, measure: Self.measures[1], network: trainer.network, tokenizer: directory.tokenizer(), maximumTokens: parameters.passageTokens
    ).run(of: trainer.network)
  }

  private func record(_ values: Values, _ lexical: Evaluation, _ shares: [Double], in findings: inout Findings) {
    for measure in Self.measures { findings.record("\(measure), BM25", lexical.mean(of: measure) ?? 0) }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
    for share in shares {
      let label = "\(Int(share * 100))% labelled"
      for name in Self.beginnings {
        for measure in Self.measures { findings.record("\(measure), \(label), after \(name)", mean((values[name]?[share]?[measure] ?? [:]).values.map { $0 })) }
      }
      func compare(_ a: String, _ b: String, _ measure: Measure, _ other: [String: Double]) {
        let own = values[a]?[share]?[measure] ?? [:]
        let differences = own.sorted { $0.key < $1.key }.compactMap { query, value in other[query].map { value - $0 } }
        findings.record(
          effect: "\(measure), \(label), \(a) over \(b)", mean(differences), interval: ConfidenceInterval(bootstrapping: differences))
      }
      for measure in Self.measures {
        for other in ["nothing", "masked words", "cloze"] {
          compare("cloze, lead and links", other, measure, values[other]?[share]?[measure] ?? [:])
        }
        compare("cloze", "nothing", measure, values["nothing"]?[share]?[measure] ?? [:])
        compare("shuffled cloze", "nothing", measure, values["nothing"]?[share]?[measure] ?? [:])
        compare("cloze, lead and links", "BM25", measure, lexical.values(of: measure) ?? [:])
      }
    }
  }
}

/// The pages that are learnt from, as texts and as pairs.
private struct PretrainingSource {
  let texts: [String]
  let pairs: PagePairs

  init(pages: [Page]) {
    texts = pages.flatMap(\.texts)
    pairs = PagePairs(pages, passageSentences: 8)
  }
}
