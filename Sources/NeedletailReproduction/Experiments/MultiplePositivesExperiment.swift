internal import Foundation
internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailModels
internal import NeedletailNumerics
internal import NeedletailRetrieval
internal import NeedletailStore
internal import NeedletailTraining

/// What the loss does with several right passages, and with wrong ones among them ("Training Dense Retrievers with Multiple Positive
/// Passages", arXiv 2602.12727, 2026; sections on homogeneous and noisy labels).
///
/// Deviations: residual linear adapters on the vectors of a frozen encoder take the place of a BERT that is trained whole; scores are
/// divided by a temperature, since the vectors have unit length before they are mapped; label noise is simulated by documents that a
/// lexical search ranks high and nobody judged relevant; known positives of a query are never its negatives.
public struct MultiplePositivesExperiment: Experiment {
  public static let name = "multiple-positives"

  public struct Parameters: Decodable, Sendable {
    /// Collections with several relevant documents a query.
    let collections: [String]
    /// Queries with fewer relevant documents are left out.
    let minimumPositives: Int
    let folds: Int
    let seeds: Int
    let steps: Int
    let batch: Int
    let rate: Double
    let temperature: Double
    /// False positives a query gets, as parts of its true ones (of at most four).
    let noise: [Double]
  }

  public init() {}

  private static let losses: [(name: String, loss: PositiveLoss)] = [
    ("single", .first), ("random", .random), ("joint", .joint(isMean: true)), ("marginals", .sumOfMarginals),
    ("pairs", .logSumExpOfPairs(negatives: .all, positives: .all, isMean: false)),
  ]
  private static let measures: [Measure] = [.nDCG(cutoff: 10), .recall(cutoff: 100), .reciprocalRank(cutoff: 10)]

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    var findings = Findings()
    // for each loss and amount of noise, the values of every query
    var values: [String: [Double: [Measure: [String: Double]]]] = [:]
    var shares: [String: [Double]] = [:]
    for name in parameters.collections {
      let collection = try await Collection(name, minimumPositives: parameters.minimumPositives, in: laboratory)
      findings.notes.append(
        "\(name): \(collection.task.queries.count) queries with \(parameters.minimumPositives) or more relevant documents of \(collection.task.corpus.count)")
      let before = try Evaluation(of: collection.run(with: nil), judgements: collection.task.judgements, measures: Self.measures)
      for measure in Self.measures { findings.record("\(name), \(measure), before", before.mean(of: measure) ?? 0) }
      for noise in parameters.noise {
        for (title, loss) in Self.losses {
          laboratory.progress("\(name), noise \(noise), \(title)")
          let found = try collection.values(loss, noise: noise, parameters, seed: laboratory.seed, measures: Self.measures)
          for measure in Self.measures {
            let own = found[measure] ?? [:]
            findings.record("\(name), \(measure), noise \(noise), \(title)", own.values.reduce(0, +) / Double(max(1, own.count)))
            for (query, value) in own { values[title, default: [:]][noise, default: [:]][measure, default: [:]]["\(name) \(query)"] = value }
          }
        }
      }
      for (title, loss) in Self.losses { shares[title, default: []] += try collection.weakestShares(loss, parameters, seed: laboratory.seed) }
    }
    record(shares, in: &findings)
    try record(values, noise: parameters.noise, in: &findings)
    return findings
  }

  private func record(_ shares: [String: [Double]], in findings: inout Findings) {
    let means = shares.mapValues { $0.reduce(0, +) / Double(max(1, $0.count)) }
    for (title, _) in Self.losses { findings.record("share of the weakest positive in the pull at the start, \(title)", means[title] ?? 0) }
    func difference(_ a: String, _ b: String) { findings.record(effect: "share of the weakest positive, \(a) over \(b)", (means[a] ?? 0) - (means[b] ?? 0)) }
    difference("pairs", "random")
    difference("random", "marginals")
    difference("random", "joint")
  }

  private func record(
    _ values: [String: [Double: [Measure: [String: Double]]]], noise: [Double], in findings: inout Findings
  ) throws {
    func pairs(_ a: String, _ b: String, _ noise: Double, _ measure: Measure) -> [String: (Double, Double)] {
      let (left, right) = (values[a]?[noise]?[measure] ?? [:], values[b]?[noise]?[measure] ?? [:])
      return left.reduce(into: [:]) { if let other = right[$1.key] { $0[$1.key] = ($1.value, other) } }
    }
    func mean(_ differences: [Double]) -> Double { differences.reduce(0, +) / Double(max(1, differences.count)) }
    for measure in Self.measures.prefix(2) {
      for (a, b) in [("pairs", "single"), ("pairs", "random"), ("pairs", "joint"), ("pairs", "marginals")] {
        let differences = pairs(a, b, 0, measure).values.map { $0.0 - $0.1 }
        findings.record(effect: "\(measure), \(a) over \(b)", mean(differences), interval: ConfidenceInterval(bootstrapping: differences.sorted()))
      }
    }
    guard let most = noise.max(), most > 0 else { return }
    for title in ["joint", "pairs", "random", "marginals"] {
      let clean = values[title]?[0]?[Self.measures[0]] ?? [:]
      let noisy = values[title]?[most]?[Self.measures[0]] ?? [:]
      let differences = clean.compactMap { query, value in noisy[query].map { value - $0 } }
      findings.record(
        effect: "nDCG@10 that noise \(most) costs, \(title)", mean(differences), interval: ConfidenceInterval(bootstrapping: differences.sorted()))
    }
  }
}

/// A test collection with the vectors of its texts and a lexical ranking of every query.
private struct Collection {
  let task: RetrievalTask
  private let lexical: Run
  private let queries: DenseVectors
  private let documents: DenseVectors

  init(_ name: String, minimumPositives: Int, in laboratory: Laboratory) async throws {
    var task = try laboratory.task(name)
    let known = Set(task.corpus.map(\.id))
    task.judgements = task.judgements.filter { $0.value.count { $0.value > 0 && known.contains($0.key) } >= minimumPositives }
    task.queries = task.queries.filter { task.judgements[$0.id] != nil }
    self.task = task
    let embedder = try laboratory.embedder()
    documents = try await laboratory.vectors(
      of: task.corpus.map(TrainingExamples.text), as: .document, with: embedder)
    queries = try await laboratory.vectors(of: task.queries.map(\.text), as: .query, with: embedder)
    var options = IngestOptions()
    options.splitsDocuments = false
    let index = try TextIndex(embedder: nil, tokenizer: WordTokenizer(), options: options)
    try await index.add(task.corpus)
    try await index.collection.settle()
    var searcher = index.searcher
    searcher.mode = .lexical
    lexical = try await Run(of: searcher, on: task, depth: 100)
    await index.collection.close()
  }

  /// The values of every query, each trained without its own fold, averaged over seeds.
  func values(
    _ loss: PositiveLoss, noise: Double, _ parameters: MultiplePositivesExperiment.Parameters, seed: UInt64, measures: [Measure]
  ) throws -> [Measure: [String: Double]] {
    var sums: [Measure: [String: Double]] = [:]
    for trial in 0..<parameters.seeds {
      for fold in 0..<parameters.folds {
        let seed = seed &+ UInt64(trial * 1000 + fold)
        let adapter = ResidualAdapter(dimension: queries.dimension)
        try train(adapter, loss, noise: noise, without: fold, parameters, seed: seed)
        let held = task.queries.indices.filter { $0 % parameters.folds == fold }
        let judged = held.reduce(into: Judgements()) { $0[task.queries[$1].id] = task.judgements[task.queries[$1].id] }
        let evaluation = Evaluation(of: try run(with: adapter, only: held), judgements: judged, measures: measures)
        for measure in measures {
          for (query, value) in evaluation.values(of: measure) ?? [:] {
            sums[measure, default: [:]][query, default: 0] += value / Double(parameters.seeds)
          }
        }
      }
    }
    return sums
  }

  /// For each query of a first batch, the part of the gradient on its positives that falls on the weakest one.
  func weakestShares(_ loss: PositiveLoss, _ parameters: MultiplePositivesExperiment.Parameters, seed: UInt64) throws -> [Double] {
    let examples = examples(noise: 0, without: -1, folds: parameters.folds, seed: seed)
    var generator = SeededGenerator(seed: seed)
    let batch = ExampleBatch(
      examples.examples.indices.prefix(64), of: examples, positiveCount: 4, negativeCount: 4, using: &generator)
    let rows = textRows(of: examples)
    var shares: [Double] = []
    for (row, query) in batch.queries.enumerated() where batch.positives[row].count > 1 {
      let scores = batch.passages.map { passage in
        zip(queries[rows.queries[query]], documents[rows.passages[passage]]).reduce(0) { $0 + Double($1.0 * $1.1) } / parameters.temperature
      }
      let positives = batch.positives[row]
      let weakest = positives.min { scores[$0] < scores[$1] }
      var pull: [Int: Double] = [:]
      let draws: Range<UInt64> = loss == .random ? 0..<UInt64(positives.count) : 0..<1
      for draw in draws {
        let gradient = loss.value(scores: scores, positives: positives, ignored: batch.ignored[row], draw: draw)?.gradient ?? []
        for place in positives { pull[place, default: 0] += abs(gradient[place]) }
      }
      let total = pull.values.reduce(0, +)
      if let weakest, total > 0 { shares.append((pull[weakest] ?? 0) / total) }
    }
    return shares
  }

  private func train(
    _ adapter: ResidualAdapter, _ loss: PositiveLoss, noise: Double, without fold: Int,
    _ parameters: MultiplePositivesExperiment.Parameters, seed: UInt64
  ) throws {
    let examples = examples(noise: noise, without: fold, folds: parameters.folds, seed: seed)
    let rows = textRows(of: examples)
    var settings = TrainingSettings(steps: parameters.steps)
    settings.rate = Float(parameters.rate)
    settings.positivesPerQuery = 4
    settings.negativesPerQuery = 4
    settings.seed = seed
    let sampler = ShuffledSampler(
      lengths: examples.examples.map { _ in 1 }, tasks: examples.examples.map { _ in 0 }, batchSize: parameters.batch, seed: seed)
    let objective = Contrastive(loss: loss, comparison: .dot, temperature: Float(parameters.temperature), seed: seed)
    _ = try adapter.fit(
      examples,
      queries: DenseVectors(dimension: queries.dimension, values: rows.queries.flatMap { queries[$0] }),
      passages: DenseVectors(dimension: documents.dimension, values: rows.passages.flatMap { documents[$0] }),
      objective: objective, sampler: sampler, settings: settings)
  }

  /// Every query outside of the fold with its relevant documents, wrong ones among them, and hard negatives of the lexical ranking.
  private func examples(noise: Double, without fold: Int, folds: Int, seed: UInt64) -> TrainingExamples {
    var noisy = task
    noisy.queries = task.queries.enumerated().filter { $0.offset % folds != fold }.map(\.element)
    var generator = SeededGenerator(seed: seed)
    for question in noisy.queries {
      let grades = task.judgements[question.id] ?? [:]
      let count = (Double(min(4, grades.count { $0.value > 0 })) * noise).rounded()
      let wrong = lexical.ranking(of: question.id).prefix(20).filter { (grades[$0.document] ?? 0) <= 0 }
      for entry in wrong.shuffled(using: &generator).prefix(Int(count)) { noisy.judgements[question.id]?[entry.document] = 1 }
    }
    return TrainingExamples(noisy, negativesFrom: lexical, count: 20)
  }

  /// Which rows of vectors the texts of the examples have.
  private func textRows(of examples: TrainingExamples) -> (queries: [Int], passages: [Int]) {
    let questions = Dictionary(task.queries.enumerated().map { ($1.text, $0) }) { first, _ in first }
    let texts = Dictionary(task.corpus.enumerated().map { (TrainingExamples.text(of: $1), $0) }) { first, _ in first }
    return (examples.queries.map { questions[$0] ?? 0 }, examples.passages.map { texts[$0] ?? 0 })
  }

  /// Ranks documents by the inner product of mapped vectors, 100 deep.
  func run(with adapter: ResidualAdapter?, only held: [Int]? = nil) throws -> Run {
    let held = held ?? Array(task.queries.indices)
    var left = DenseVectors(dimension: queries.dimension, values: held.flatMap { queries[$0] })
    var right = documents
    if let adapter { (left, right) = (try adapter.adapt(left, as: .query), try adapter.adapt(right, as: .document)) }
    var run = Run()
    for (row, query) in held.enumerated() {
      let scores = DistanceKernels.current.dot(Array(left[row]).span, rows: right.values.span)
      let best = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }.prefix(100)
      try run.record(best.map { .init(document: task.corpus[$0].id, score: Double(scores[$0])) }, for: task.queries[query].id)
    }
    return run
  }
}
