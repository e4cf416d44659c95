internal import Foundation
internal import NeedletailCore
internal import NeedletailEvaluation
public import NeedletailModels
public import NeedletailNumerics
internal import NeedletailText

/// A training from recipe to model directory, in a run folder.
///
/// The folder holds `recipe.json5`, `metrics.jsonl` (a line for each step and validation), `plot.html`, `checkpoint.safetensors` and in the
/// end `model` and `result.json`; with small additions that learn (`adapter` in the recipe) also `adapter`, which `model` contains. A
/// run that was interrupted goes on from its last checkpoint, to the same bits.
public final class TrainingRun {
  public let recipe: TrainingRecipe
  /// Takes the steps.
  let trainer: any Learner
  /// The same where examples, not texts alone, are learnt from.
  var exampleTrainer: Trainer? { trainer as? Trainer }
  private let directory: ModelDirectory
  private let validation: RankingValidation?
  private let test: RankingValidation?
  private var log: MetricsLog
  private var best: Checkpoint.Best?

  /// What happens, for whoever waits.
  public enum Event: Sendable {
    /// The training goes on behind so many steps.
    case resumed(step: Int)
    case step(index: Int, of: Int, loss: Double, tokensPerSecond: Double)
    case validated(step: Int, measure: String, value: Double, isBest: Bool)
  }

  /// What came out.
  public struct Outcome: Codable, Sendable {
    /// The model directory.
    public var model: String
    /// Steps taken.
    public var steps: Int
    /// The loss of the last step.
    public var loss: Double
    /// The value before the first step and that of the model, where there is a validation.
    public var before: Double?
    public var after: Double?
    /// The same on queries that neither taught nor chose, where the recipe has a `test`.
    public var testBefore: Double?
    public var testAfter: Double?
    /// Whether it ended because the measure rose no more.
    public var endedEarly: Bool
    public var seconds: Double
  }

  /// Reads model and data, and takes up what a former process left.
  ///
  /// - Parameters:
  ///   - recipe: what to do.
  ///   - recipePath: the file it came from, copied into the run folder.
  ///   - directory: the model.
  ///   - pool: the threads.
  public init(_ recipe: TrainingRecipe, recipePath: String, model directory: ModelDirectory, pool: WorkerPool = .shared) throws {
    self.recipe = recipe
    var examples = TrainingExamples()
    for source in recipe.data {
      if let pairs = source.pairs, recipe.pretraining == nil {
        try examples.append(pairs.examples(path: source.path, seed: recipe.settings.seed, pool: pool))
        continue
      }
      var part = try ExampleReader.read(
        source.format, path: source.path, split: source.split, run: source.run, negatives: source.negatives,
        includesCorpus: recipe.mining != nil || source.additions?.searchesPassages == true)
      if let share = source.share {
        part = part.keeping(share)
        if part.examples.isEmpty { throw TrainingError.unsuitableData(reason: "\(source.path) has no query in the share \(share.range)") }
      }
      if let additions = source.additions { try additions.apply(to: &part, seed: recipe.settings.seed) }
      examples.append(part)
    }
    if let review = recipe.review { examples = try review.reviewed(examples, pool: pool) }
    let directory = try Self.beginning(of: recipe, directory, examples, pool)
    self.directory = directory
    try TransformerNetwork.check(directory, reading: recipe.reading)
    let tokenizer = try directory.tokenizer()
    var settings = recipe.settings
    let limit = directory.maximumTokens
    settings.maximumQueryTokens = min(settings.maximumQueryTokens, limit)
    settings.maximumPassageTokens = min(settings.maximumPassageTokens, limit)
    trainer = try Self.learner(recipe, directory, tokenizer, examples, settings, pool)
    let network = trainer.network
    let judged = try JudgedQueries(recipe, trained: examples.queries)
    func ranking(_ heldOut: TrainingRecipe.HeldOut?, _ task: RetrievalTask?) -> RankingValidation? {
      guard let heldOut, let task else { return nil }
      return RankingValidation(
        task, measure: heldOut.measure, network: network, tokenizer: tokenizer, maximumTokens: settings.maximumPassageTokens, pool: pool)
    }
    validation = ranking(recipe.validation?.heldOut, judged.validation)
    test = ranking(recipe.test, judged.test)
    do {
      try FileManager.default.createDirectory(atPath: recipe.output, withIntermediateDirectories: true)
      let copy = recipe.output + "/recipe.json5"
      if !FileManager.default.fileExists(atPath: copy) { try FileManager.default.copyItem(atPath: recipePath, toPath: copy) }
    } catch {
      throw TrainingError.recipe(path: recipePath, reason: "`output` cannot be written: \(error.localizedDescription)")
    }
    log = try MetricsLog(path: recipe.output + "/metrics.jsonl")
  }

  /// The model that the training begins with.
  private static func beginning(
    of recipe: TrainingRecipe, _ directory: ModelDirectory, _ examples: TrainingExamples, _ pool: WorkerPool
  ) throws -> ModelDirectory {
    guard let untrained = recipe.untrained else { return directory }
    let path = recipe.output + "/untrained"
    let texts = examples.queries + examples.passages
    let origin = untrained.origin(tokenizerOf: directory, texts: texts)
    let originPath = path + "/origin.txt"
    if (try? String(contentsOfFile: originPath, encoding: .utf8)) != origin {
      // a run that goes on has to find the model it began with
      guard !FileManager.default.fileExists(atPath: recipe.output + "/checkpoint.safetensors") else {
        throw TrainingError.checkpoint(
          path: recipe.output, reason: "`untrained`, the tokenizer of `model` or the texts of `data` have changed since this run began")
      }
      try untrained.write(to: path, tokenizerOf: directory, texts: texts, pool: pool)
      do {
        try origin.write(toFile: originPath, atomically: true, encoding: .utf8)
      } catch {
        throw TrainingError.file(.cannotWrite(path: originPath, code: EIO))
      }
    }
    return try ModelDirectory(path: path)
  }

  private static func learner(
    _ recipe: TrainingRecipe, _ directory: ModelDirectory, _ tokenizer: SubwordTokenizer, _ examples: TrainingExamples,
    _ settings: TrainingSettings, _ pool: WorkerPool
  ) throws -> any Learner {
    if let pretraining = recipe.pretraining {
      guard recipe.mining == nil else {
        throw TrainingError.unsuitableData(reason: "Texts alone have no negatives: leave `mining` out, or choose an objective that learns from examples")
      }
      return try TextPretrainer(
        directory, trained: recipe.trained, texts: examples.queries + examples.passages, objective: pretraining,
        batchSize: recipe.batchSize, grouping: recipe.grouping, settings: settings, pool: pool)
    }
    guard !examples.examples.isEmpty else {
      throw TrainingError.unsuitableData(reason: "The data are texts alone, and `objective.kind` learns from examples: choose reconstruction, masked or next_token")
    }
    let hasNegatives = settings.negativesPerQuery > 0 && (recipe.mining != nil || examples.examples.contains { !$0.negatives.isEmpty })
    let network = TransformerNetwork(directory, trained: recipe.trained, reading: recipe.reading)
    let dimension = network.dimension
    if let flaw = recipe.objective.flaw(of: examples, hasNegatives: hasNegatives, dimension: dimension) {
      throw TrainingError.unsuitableData(reason: flaw)
    }
    let sampler = try sampler(recipe, network, tokenizer, examples, settings, pool)
    return Trainer(
      network, tokenizer: tokenizer, examples: examples, sampler: sampler, objective: recipe.objective, settings: settings, pool: pool)
  }

  /// Who decides which examples come together.
  private static func sampler(
    _ recipe: TrainingRecipe, _ network: TransformerNetwork, _ tokenizer: SubwordTokenizer, _ examples: TrainingExamples,
    _ settings: TrainingSettings, _ pool: WorkerPool
  ) throws -> any Sampler {
    var tasks = examples.examples.map(\.task)
    if let temperature = recipe.taskTemperature {
      return MixedSampler(tasks: tasks, batchSize: recipe.batchSize, temperature: temperature, seed: settings.seed)
    }
    if let topics = recipe.topics {
      let texts = TokenizedTexts(
        examples.queries, prompt: network.directory.prompts[.query], tokenizer: tokenizer, maximumTokens: settings.maximumQueryTokens, pool: pool)
      let values = try network.vectors(ofTexts: texts.all, on: Tape(pool: pool))
      tasks = topics.topics(of: examples, vectors: DenseVectors(dimension: network.dimension, values: values), pool: pool)
    }
    return ShuffledSampler(
      lengths: examples.examples.map { example in
        examples.queries[example.query].utf8.count + (example.positives.first.map { examples.passages[$0].utf8.count } ?? 0)
      },
      tasks: tasks, batchSize: recipe.batchSize, grouping: recipe.grouping, seed: settings.seed)
  }

  private var checkpointPath: String { recipe.output + "/checkpoint.safetensors" }

  /// Trains to the end.
  ///
  /// - Parameters:
  ///   - isCancelled: asked before each step; when it says so, a checkpoint is written and `CancellationError` thrown.
  ///   - report: told what happens.
  public func run(isCancelled: () -> Bool = { false }, report: (Event) throws -> Void = { _ in }) throws -> Outcome {
    let clock = ContinuousClock()
    let start = clock.now
    let settings = trainer.settings
    let lock = try takeFolder()
    var step = try resume()
    try log.truncate(after: step)
    if step > 0 { try report(.resumed(step: step)) }
    if step == 0 { try validate(step: 0, report) }
    var endedEarly = false
    var rate = Rate()
    var lastLoss = 0.0
    while step < settings.steps, !endedEarly {
      if isCancelled() {
        try writeCheckpoint(step)
        throw CancellationError()
      }
      let stepStart = clock.now
      if let mining = recipe.mining, step.isMultiple(of: mining.interval) { try exampleTrainer?.mineNegatives(mining) }
      let result: TrainingStep
      do {
        result = try trainer.step(step)
      } catch TrainingError.diverged(let index, let what, _) {
        throw diverged(step: index, what)
      }
      step += 1
      lastLoss = result.loss
      rate.add(result.tokens, seconds: (clock.now - stepStart) / .seconds(1))
      try log.append(.step(step, result))
      try report(.step(index: step, of: settings.steps, loss: result.loss, tokensPerSecond: rate.perSecond))
      if let wanted = recipe.validation, step.isMultiple(of: wanted.interval) || step == settings.steps {
        try validate(step: step, report)
        if let patience = wanted.patience, let best, step - best.step >= patience * wanted.interval { endedEarly = true }
      }
      if step.isMultiple(of: recipe.checkpointInterval) || step == settings.steps || endedEarly { try writeCheckpoint(step) }
    }
    let model = recipe.output + "/model"
    if let best { trainer.network.parameters.snapshot = best.values } else { useAverage() }
    try trainer.save(to: model)
    if var adapter = trainer.network.adapter {
      adapter.base = recipe.model
      try adapter.write(to: recipe.output + "/adapter", for: directory)
    }
    try log.writePlot(to: recipe.output + "/plot.html", title: URL(fileURLWithPath: recipe.output).lastPathComponent)
    let outcome = Outcome(
      model: model, steps: step, loss: lastLoss, before: log.firstValidation, after: best?.measure,
      testBefore: try test?.value(of: TransformerNetwork(directory, trained: .lastLayers(0), reading: recipe.reading)), testAfter: try test?.value(of: trainer.network),
      endedEarly: endedEarly, seconds: (clock.now - start) / .seconds(1))
    try write(outcome)
    lock.release()
    return outcome
  }

  private func write(_ outcome: Outcome) throws(TrainingError) {
    let path = recipe.output + "/result.json"
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      try encoder.encode(outcome).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw .file(.cannotWrite(path: path, code: EIO))
    }
  }

  private func diverged(step: Int, _ what: String) -> TrainingError {
    let hasCheckpoint = FileManager.default.fileExists(atPath: checkpointPath)
    return .diverged(
      step: step, what: what, kept: hasCheckpoint ? "The last good checkpoint is \(checkpointPath)." : "No checkpoint was written yet.")
  }

  private func useAverage() {
    if let average = trainer.average { trainer.network.parameters.snapshot = average.values }
  }

  /// Measures the values that would be the result now, and keeps them if they are the best so far.
  private func validate(step: Int, _ report: (Event) throws -> Void) throws {
    guard let validation else { return }
    let values = trainer.network.parameters.snapshot
    if step > 0 { useAverage() }
    let measured = try validation.value(of: trainer.network)
    let isBest = best.map { measured > $0.measure } ?? true
    if isBest { best = .init(values: trainer.network.parameters.snapshot, measure: measured, step: step) }
    trainer.network.parameters.snapshot = values
    try log.append(.validation(step, measure: validation.measure.description, value: measured))
    try report(.validated(step: step, measure: validation.measure.description, value: measured, isBest: isBest))
  }

  /// Makes sure that nobody else works in the run folder, and removes what a process left that was killed while it wrote.
  private func takeFolder() throws(TrainingError) -> FileLock {
    do throws(FileError) {
      if let lock = try FileLock(path: recipe.output + "/.lock") {
        for folder in [recipe.output, recipe.output + "/model"] {
          for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.hasSuffix(".partial") {
            try? FileManager.default.removeItem(atPath: folder + "/" + name)
          }
        }
        return lock
      }
    } catch {
      throw .file(error)
    }
    throw .checkpoint(path: recipe.output, reason: "another process trains in this folder")
  }

  private func resume() throws -> Int {
    let parameters = trainer.network.parameters
    let checkpoint = try Checkpoint.read(
      checkpointPath, recipe: recipe.digest, base: directory.digest, count: parameters.snapshotCount,
      momentCounts: trainer.optimizer.momentCounts)
    guard let checkpoint else { return 0 }
    guard (checkpoint.average == nil) == (trainer.average == nil) else {
      throw TrainingError.checkpoint(path: checkpointPath, reason: "the checkpoint belongs to another optimiser")
    }
    parameters.snapshot = checkpoint.values
    trainer.optimizer.state = (checkpoint.step, checkpoint.moments)
    if let average = checkpoint.average { trainer.average?.values = average }
    best = checkpoint.best
    if recipe.mining != nil {
      guard let mined = checkpoint.minedNegatives, let trainer = exampleTrainer, mined.count == trainer.examples.queries.count,
        mined.allSatisfy({ $0.allSatisfy(trainer.examples.passages.indices.contains) })
      else { throw TrainingError.checkpoint(path: checkpointPath, reason: "the checkpoint lacks the negatives of these examples") }
      trainer.minedNegatives = mined
    }
    if let plan = recipe.settings.memory, let trainer = exampleTrainer {
      let dimension = trainer.network.dimension
      guard let memory = checkpoint.memory, memory.capacity == plan.batches,
        memory.passages.allSatisfy({ $0.allSatisfy(trainer.examples.passages.indices.contains) }),
        zip(memory.passages, memory.vectors).allSatisfy({ $0.count * dimension == $1.count })
      else { throw TrainingError.checkpoint(path: checkpointPath, reason: "the checkpoint lacks the passages of the batches before") }
      trainer.memory = memory
    }
    return checkpoint.step
  }

  private func writeCheckpoint(_ step: Int) throws {
    try log.flush()
    guard trainer.network.parameters.snapshot.allSatisfy(\.isFinite) else { throw diverged(step: step, "A parameter") }
    try Checkpoint(
      step: step, recipe: recipe.digest, base: directory.digest, values: trainer.network.parameters.snapshot,
      moments: trainer.optimizer.state.moments, average: trainer.average?.values, best: best,
      minedNegatives: recipe.mining == nil ? nil : exampleTrainer?.minedNegatives, memory: exampleTrainer?.memory
    ).write(to: checkpointPath)
  }

  /// Tokens per second, recent steps counting more.
  private struct Rate {
    private var tokens = 0.0
    private var seconds = 0.0

    mutating func add(_ count: Int, seconds elapsed: Double) {
      tokens = 0.9 * tokens + Double(count)
      seconds = 0.9 * seconds + elapsed
    }

    var perSecond: Double { seconds > 0 ? tokens / seconds : 0 }
  }
}
