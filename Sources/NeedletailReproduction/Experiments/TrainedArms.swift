internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailIndex
internal import NeedletailModels
internal import NeedletailNumerics
internal import NeedletailTraining

/// Networks that weigh terms and begin with the same one, which has learnt to tell next tokens.
struct TrainedArms {
  let data: TitledTexts
  private let parameters: EchoedTermWeights.Parameters
  private let seed: UInt64
  private let directory: ModelDirectory
  /// The values of the network that the arms begin with.
  private let beginning: [Float]
  private let nextTokenLoss: Double
  private let entropy: Double
  private let queries: [[Int32]]
  private let documents: [[Int32]]
  private let askedQueries: [[Int32]]
  private let searchedDocuments: [[Int32]]

  private static let lastSteps = 20

  init(_ parameters: EchoedTermWeights.Parameters, seed: UInt64, folder: String, in laboratory: Laboratory) throws {
    self.parameters = parameters
    self.seed = seed
    data = try TitledTexts(
      path: laboratory.data("topics-agnews") + "/test.jsonl.gz", questions: parameters.questions, pool: parameters.pool, seed: seed)
    var model = UntrainedModel()
    (model.layers, model.hiddenSize, model.heads) = (parameters.layers, parameters.hidden, parameters.heads)
    (model.intermediateSize, model.vocabularySize, model.seed) = (4 * parameters.hidden, parameters.vocabulary, seed)
    model.maximumTokens = 2 * max(parameters.queryTokens, parameters.documentTokens) + 2
    try model.write(to: folder, tokenizerOf: laboratory.model(), texts: data.training.flatMap { [$0.title, $0.text] })
    directory = try ModelDirectory(path: folder)
    let tokenizer = try directory.tokenizer()
    func tokens(_ texts: [String], _ limit: Int) -> [[Int32]] { TermWeighing.tokens(of: texts, tokenizer, limit: limit) }
    queries = tokens(data.training.map(\.title), parameters.queryTokens)
    documents = tokens(data.training.map(\.text), parameters.documentTokens)
    askedQueries = tokens(data.task.queries.map(\.text), parameters.queryTokens)
    searchedDocuments = tokens(data.task.corpus.map(\.text), parameters.documentTokens)
    entropy = TitledTexts.entropy(of: documents)

    let network = TransformerNetwork(directory)
    let weighing = TermWeighing(network: network, reading: .causal, threshold: Float(parameters.threshold))
    let learner = TermWeightLearner(
      weighing, .nextToken, queries: queries, documents: documents, batch: parameters.batch,
      settings: Self.settings(parameters, steps: parameters.pretrainingSteps, seed: seed))
    var losses: [Double] = []
    for step in 0..<parameters.pretrainingSteps {
      losses.append(try learner.step(step).loss)
      if step.isMultiple(of: 20) { laboratory.progress("Next tokens", Double(step) / Double(parameters.pretrainingSteps)) }
    }
    nextTokenLoss = losses.suffix(Self.lastSteps).reduce(0, +) / Double(max(1, min(Self.lastSteps, losses.count)))
    beginning = network.parameters.snapshot
  }

  private static func settings(_ parameters: EchoedTermWeights.Parameters, steps: Int, seed: UInt64) -> TrainingSettings {
    var settings = TrainingSettings(steps: steps)
    settings.rate = Float(parameters.rate)
    settings.warmupSteps = steps / 10
    settings.seed = seed
    return settings
  }

  func recordPretraining(in findings: inout Findings) {
    findings.record("entropy of single tokens", entropy, unit: "nats")
    findings.record("loss of next tokens", nextTokenLoss, unit: "nats")
  }

  /// Trains an arm and weighs the terms of questions and documents.
  ///
  /// - Parameter penaltyFactor: what the penalties are multiplied by.
  func vectors(_ reading: TermReading, penaltyFactor: Double) throws -> TermVectors {
    let network = TransformerNetwork(directory)
    network.parameters.snapshot = beginning
    let weighing = TermWeighing(network: network, reading: reading, threshold: Float(parameters.threshold))
    let goal = TermWeightLearner.Goal.pairs(
      parameters.penalty, query: Float(parameters.queryPenalty * penaltyFactor), document: Float(parameters.documentPenalty * penaltyFactor),
      ramp: Float(parameters.ramp))
    let learner = TermWeightLearner(
      weighing, goal, queries: queries, documents: documents, batch: parameters.batch,
      settings: Self.settings(parameters, steps: parameters.steps, seed: seed))
    for step in 0..<parameters.steps { _ = try learner.step(step) }
    return try TermVectors(queries: weighing.vectors(of: askedQueries), documents: weighing.vectors(of: searchedDocuments))
  }
}

/// The weighed terms of questions and documents.
struct TermVectors {
  let queries: SparseVectors
  let documents: SparseVectors

  /// The answers of exact inverted search.
  func run(_ task: RetrievalTask, depth: Int) throws -> Run {
    try run(task, in: InvertedSparseIndex(documents), SearchOptions(limit: depth))
  }

  /// The answers of an index of the documents.
  func run(_ task: RetrievalTask, in index: any SparseIndex, _ options: SearchOptions) throws -> Run {
    var run = Run()
    for (number, question) in task.queries.enumerated() {
      let answer = try index.search(queries[number], options)
      try run.record(answer.map { .init(document: task.corpus[Int($0.row)].id, score: Double($0.score)) }, for: question.id)
    }
    return run
  }

  /// The heaviest quarter of the terms that questions, and that documents have on average.
  func keepingAQuarter() -> TermVectors {
    func quarter(_ vectors: SparseVectors) -> SparseVectors { vectors.keepingHeaviest(max(1, Int(vectors.meanTerms / 4))) }
    return TermVectors(queries: quarter(queries), documents: quarter(documents))
  }
}

extension SparseVectors {
  /// The terms of a row on average.
  var meanTerms: Double { count == 0 ? 0 : Double(terms.count) / Double(count) }
}
