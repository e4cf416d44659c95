internal import Foundation
internal import NeedletailCore
public import NeedletailEvaluation
public import NeedletailModels
internal import NeedletailNumerics

/// A training as a file says it (JSON5).
///
/// ```json5
/// {
///   model: "all-MiniLM-L6-v2",          // a registered model, or a directory
///   output: "runs/tools",               // everything goes here; relative to the recipe
///   data: [{ format: "beir", path: "data/tools", split: "train", share: [0, 0.9] }],
///   batch: { size: 64 },
///   objective: { kind: "contrastive", temperature: 0.05 },
///   optimizer: { rate: 3e-5, warmup: 0.1 },
///   steps: 200,
///   validation: { path: "data/tools", split: "train", share: [0.9, 1], every: 50 },  // chooses the best values
///   test: { path: "data/tools", split: "test" },                                     // measures them once, in the end
/// }
/// ```
///
/// With `head: "sparse"` the network learns to weigh the terms of its vocabulary (SPLADE), and `objective.flops: { query: 3e-4, document: 1e-4 }`
/// keeps the terms few.
///
/// A query that is trained on may neither validate nor test, and none may do both: `share` divides the queries of a split.
/// Every key that is not known is an error; so is a file that is missing.
public struct TrainingRecipe: Sendable {
  /// Where the model is looked for.
  public let model: String
  /// The run folder.
  public let output: String
  public let settings: TrainingSettings
  public let batchSize: Int
  public let grouping: ShuffledSampler.Grouping
  /// Topics that batches keep to, with `grouping: "topic"`.
  public let topics: TopicGrouping?
  /// How tasks of unequal size are mixed in each batch; nil takes examples as they come.
  public let taskTemperature: Double?
  /// What is learnt from examples; has no part in a training on texts alone.
  public let objective: any Objective
  /// What is learnt from texts alone, if that is the objective.
  public let pretraining: PretrainingObjective?
  /// The network to begin with where it is not that of `model`, which then lends its tokenizer.
  public let untrained: UntrainedModel?
  public let trained: TransformerNetwork.Trained
  /// What becomes of texts: `head: "sparse"` weighs terms.
  public let reading: TransformerNetwork.Reading
  public let data: [Source]
  public let validation: Validation?
  /// What the result is measured on.
  public let test: HeldOut?
  /// How the network finds hard negatives itself; nil if it does not.
  public let mining: NegativeMining?
  /// A cross-encoder that sorts out negatives; nil keeps all.
  public let review: ReviewPlan?
  /// Steps between checkpoints.
  public let checkpointInterval: Int
  /// Identifies what the recipe says, comments and spaces aside.
  let digest: String

  /// Where examples come from.
  public struct Source: Hashable, Sendable {
    public var format: ExampleFormat
    public var path: String
    public var split: String
    /// A TREC run whose unjudged documents become hard negatives.
    public var run: String?
    /// How many of them a query keeps.
    public var negatives: Int
    /// Of pages, how pairs are made of them.
    public var pairs: PagePairPlan?
    /// Which of the queries; nil takes all.
    public var share: QueryShare?
    /// What is added to its examples.
    public var additions: SourceAdditions?
  }

  /// Judged queries that nothing is learnt from.
  public struct HeldOut: Sendable {
    /// A directory in BEIR layout.
    public var path: String
    public var split: String
    /// Which of the queries; nil takes all.
    public var share: QueryShare?
    public var measure: Measure
  }

  /// What tells whether the network becomes better.
  public struct Validation: Sendable {
    public var heldOut: HeldOut
    /// Steps between validations.
    public var interval: Int
    /// Validations without a better value after which the training ends; nil goes on.
    public var patience: Int?
  }

  /// Reads a recipe; paths in it are relative to its folder.
  public init(path: String) throws(TrainingError) {
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw .missingFile(path: path, advice: "Give the path of a recipe.")
    }
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    let value: JSONValue
    do {
      value = try decoder.decode(JSONValue.self, from: bytes)
    } catch {
      throw .recipe(path: path, reason: "it is not JSON5")
    }
    if let key = JSON5Keys.firstRepeated(in: Array(bytes)) { throw .recipe(path: path, reason: "the key `\(key)` is given twice") }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    func resolved(_ name: String) -> String { name.hasPrefix("/") ? name : folder + "/" + name }

    var recipe = try RecipeObject(value, place: "", path: path)
    let name = try recipe.requiredString("model")
    model = name.hasPrefix(".") ? resolved(name) : name
    output = resolved(try recipe.requiredString("output"))
    var sources: [Source] = []
    for var source in try recipe.objects("data") { sources.append(try Self.source(&source, resolved)) }
    data = sources
    var batch = try recipe.object("batch")
    batchSize = try batch.integer("size", in: 1...65_536) ?? 32
    let groupingName = try batch.choice("grouping", GroupingName.self) ?? .none
    grouping = groupingName.grouping
    let topicCount = try batch.integer("topics", in: 1...65_536)
    if topicCount != nil, groupingName != .topic { throw batch.complaint("topics", "needs `grouping: \"topic\"`") }
    taskTemperature = try batch.number("temperature", in: 0.01...1e6)
    if taskTemperature != nil, groupingName != .none { throw batch.complaint("temperature", "and `grouping` exclude each other") }
    let steps = try recipe.integer("steps", in: 1...100_000_000)
    guard let steps else { throw recipe.complaint("steps", "is missing: say how many optimiser steps to take") }
    var settings = TrainingSettings(steps: steps)
    settings.positivesPerQuery = try batch.integer("positives", in: 1...1024) ?? 1
    review = try recipe.optionalObject("review").map { object throws(TrainingError) in try ReviewPlan(object, resolved) }
    let mining = try recipe.optionalObject("mining").map { object throws(TrainingError) in try Self.mining(object) }
    self.mining = mining
    settings.negativesPerQuery = try batch.integer("negatives", in: 0...1024) ?? (mining == nil ? 0 : 1)
    settings.accumulation = try batch.integer("accumulation", in: 1...65_536) ?? 1
    settings.textsAtATime = try batch.integer("texts_at_a_time", in: 1...65_536)
    settings.maximumQueryTokens = try batch.integer("query_tokens", in: 2...8192) ?? 64
    settings.maximumPassageTokens = try batch.integer("passage_tokens", in: 2...8192) ?? 128
    try batch.finish()
    settings.memoryLimit = try recipe.integer("memory_mib", in: 1...1 << 30).map { $0 << 20 }
    settings.seed = UInt64(try recipe.integer("seed", in: 0...Int.max) ?? 1)
    topics = groupingName == .topic ? TopicGrouping(count: topicCount ?? 64, seed: settings.seed) : nil
    var optimizer = try recipe.object("optimizer")
    try Self.take(&optimizer, &settings)
    settings.memory = try recipe.optionalObject("memory").map { object throws(TrainingError) in try Self.memory(object) }
    if settings.memory?.usesAverage == true, settings.averageDecay == nil {
      throw recipe.complaint("memory.average", "needs `optimizer.average`, the decay of the moving average")
    }
    let dropout = Float(try recipe.number("dropout", in: 0...0.9) ?? 0)
    settings.dropout = DropoutRates(hidden: dropout, attention: dropout)
    self.settings = settings
    let reading: TransformerNetwork.Reading = try recipe.choice("head", HeadName.self) == .sparse ? .terms : .pooled
    self.reading = reading
    if reading == .terms {
      if mining != nil { throw recipe.complaint("mining", "searches by vectors, which `head: \"sparse\"` has none of; give `data` `word_negatives` or `negatives_run`") }
      if topics != nil { throw batch.complaint("grouping", "is topic, which groups by vectors, and `head: \"sparse\"` has none; choose length or task") }
      if settings.memory != nil {
        throw recipe.complaint("memory", "remembers vectors, which `head: \"sparse\"` has none of; raise `batch.size`")
      }
    }
    var objective = try recipe.object("objective")
    switch try ObjectiveFactory.make(&objective, seed: settings.seed, steps: settings.steps, reading: reading) {
    case .examples(let made): (self.objective, pretraining) = (made, nil)
    case .texts(let made): (self.objective, pretraining) = (Contrastive(), made)
    }
    untrained = try UntrainedModel(&recipe, seed: settings.seed)
    let lastLayers = try recipe.integer("last_layers", in: 1...1024)
    let additions = try recipe.optionalObject("adapter")
    if lastLayers != nil, additions != nil { throw recipe.complaint("adapter", "and `last_layers` exclude each other") }
    if let additions {
      trained = .additions(try Self.lowRank(additions, seed: settings.seed))
    } else {
      trained = lastLayers.map { .lastLayers($0) } ?? .everything
    }
    var check = try recipe.object("validation")
    validation = try Self.validation(&check, resolved)
    var test = try recipe.object("test")
    self.test = try Self.heldOut(&test, resolved)
    try test.finish()
    checkpointInterval = try recipe.integer("checkpoint_every", in: 1...1_000_000) ?? 100
    try recipe.finish()
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = (try? encoder.encode(value)) ?? Data()
    digest = text.reduce(into: 0xcbf2_9ce4_8422_2325 as UInt64) { $0 = ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }.description
  }

  private enum HeadName: String, CaseIterable { case vector, sparse }

  private enum GroupingName: String, CaseIterable {
    case none, length, task, topic

    var grouping: ShuffledSampler.Grouping {
      switch self {
      case .none: .none
      case .length: .length
      case .task, .topic: .task
      }
    }
  }

  private static func source(_ fields: inout RecipeObject, _ resolved: (String) -> String) throws(TrainingError) -> Source {
    guard let format = try fields.choice("format", ExampleFormat.self) else { throw fields.complaint("format", "is missing") }
    var source = Source(
      format: format, path: resolved(try fields.requiredString("path")), split: try fields.string("split") ?? "train",
      run: try fields.string("negatives_run").map(resolved), negatives: try fields.integer("negatives", in: 1...1000) ?? 8,
      share: try fields.share("share"))
    source.additions = try SourceAdditions(&fields)
    if format == .pages { source.pairs = try PagePairPlan(&fields) }
    try fields.finish()
    return source
  }

  private static func mining(_ object: RecipeObject) throws(TrainingError) -> NegativeMining {
    var fields = object
    let mining = NegativeMining(
      interval: try fields.integer("every", in: 1...1_000_000) ?? 100, count: try fields.integer("negatives", in: 1...1024) ?? 8,
      depth: try fields.integer("depth", in: 1...10_000) ?? 50, skipped: try fields.integer("skip", in: 0...10_000) ?? 0,
      answerShare: try fields.number("answer_share", in: 0.01...10) ?? 0.95,
      ambiguity: try fields.optionalObject("ambiguity").map { object throws(TrainingError) in try ambiguity(object) })
    try fields.finish()
    return mining
  }

  private static func ambiguity(_ object: RecipeObject) throws(TrainingError) -> NegativeMining.Ambiguity {
    var fields = object
    let ambiguity = NegativeMining.Ambiguity(
      sharpness: try fields.number("sharpness", in: 0...1e6) ?? 1, offset: try fields.number("offset", in: -1e6...1e6) ?? 0)
    try fields.finish()
    return ambiguity
  }

  private static func memory(_ object: RecipeObject) throws(TrainingError) -> PassageMemory.Settings {
    var fields = object
    let settings = PassageMemory.Settings(
      batches: try fields.integer("batches", in: 1...65_536) ?? 8, usesAverage: try fields.boolean("average") ?? false)
    try fields.finish()
    return settings
  }

  private static func lowRank(_ object: RecipeObject, seed: UInt64) throws(TrainingError) -> LowRankSettings {
    var fields = object
    let rank = try fields.integer("rank", in: 1...1024) ?? 8
    let names = try fields.choices("targets", LowRankSettings.Target.self) ?? [.query, .value]
    let settings = LowRankSettings(
      rank: rank, alpha: try fields.number("alpha", in: 1e-3...1e6) ?? Double(2 * rank), targets: Set(names),
      dropout: Float(try fields.number("dropout", in: 0...0.9) ?? 0), seed: seed)
    try fields.finish()
    return settings
  }

  private enum AlgorithmName: String, CaseIterable { case adamw, adam, sgd, adafactor }

  private static func take(_ fields: inout RecipeObject, _ settings: inout TrainingSettings) throws(TrainingError) {
    let beta1 = Float(try fields.number("beta1", in: 0...0.9999) ?? 0.9)
    let beta2 = Float(try fields.number("beta2", in: 0...0.999_999) ?? 0.999)
    let epsilon = Float(try fields.number("epsilon", in: 1e-12...1) ?? 1e-8)
    let momentum = Float(try fields.number("momentum", in: 0...0.9999) ?? 0.9)
    let decayRate = Float(try fields.number("decay_rate", in: 0...1) ?? 0.8)
    let scalesByValue = try fields.boolean("scale_by_value") ?? false
    switch try fields.choice("kind", AlgorithmName.self) ?? .adamw {
    case .adamw: settings.algorithm = .adam(beta1: beta1, beta2: beta2, epsilon: epsilon, isDecayDecoupled: true)
    case .adam: settings.algorithm = .adam(beta1: beta1, beta2: beta2, epsilon: epsilon, isDecayDecoupled: false)
    case .sgd: settings.algorithm = .gradientDescent(momentum: momentum)
    case .adafactor: settings.algorithm = .adafactor(decayRate: decayRate, clipThreshold: 1, scalesByValue: scalesByValue)
    }
    settings.rate = Float(try fields.number("rate", in: 0...100) ?? 2e-5)
    settings.curve = try fields.choice("schedule", LearningRateSchedule.Curve.self) ?? .linear
    settings.warmupSteps = Int(Double(settings.steps) * (try fields.number("warmup", in: 0...1) ?? 0.1))
    settings.weightDecay = Float(try fields.number("decay", in: 0...10) ?? 0.01)
    settings.clip = try fields.number("clip", in: 0...1e9) ?? 1
    if settings.clip == 0 { settings.clip = nil }
    settings.averageDecay = try fields.number("average", in: 0...0.999_999).map { Float($0) }
    try fields.finish()
  }

  private static func validation(_ fields: inout RecipeObject, _ resolved: (String) -> String) throws(TrainingError) -> Validation? {
    let heldOut = try heldOut(&fields, resolved)
    let interval = try fields.integer("every", in: 1...1_000_000) ?? 100
    let patience = try fields.integer("patience", in: 1...1000)
    try fields.finish()
    return heldOut.map { Validation(heldOut: $0, interval: interval, patience: patience) }
  }

  private static func heldOut(_ fields: inout RecipeObject, _ resolved: (String) -> String) throws(TrainingError) -> HeldOut? {
    let path = try fields.string("path")
    let split = try fields.string("split") ?? "dev"
    let share = try fields.share("share")
    let name = try fields.string("measure") ?? "nDCG@10"
    guard let path else { return nil }
    do {
      return HeldOut(path: resolved(path), split: split, share: share, measure: try Measure.parse(name))
    } catch {
      throw fields.complaint("measure", "is \(name): \(error)")
    }
  }
}
