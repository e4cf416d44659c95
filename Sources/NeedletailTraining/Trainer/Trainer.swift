internal import NeedletailCore
internal import NeedletailIndex
public import NeedletailModels
public import NeedletailNumerics
public import NeedletailText

/// Takes a network through the steps of a training.
///
/// A step is a pure function of its number, the settings and the values so far, `memory` included: repeating it gives the same bits, on any number of
/// threads.
///
/// With `textsAtATime`, the gradient of a batch that does not fit into memory is computed in two passes: vectors of all texts without
/// remembering anything, the loss on the vectors alone, then, some texts at a time, the pass again with the gradient of their vectors
/// ("gradient cache": Gao, Zhang, Han and Callan, RepL4NLP 2021, section 3). Gradients are those of the whole batch.
public final class Trainer: Learner {
  public let network: TransformerNetwork
  public let settings: TrainingSettings
  public let sampler: any Sampler
  public let optimizer: Optimizer
  public let average: MovingAverage?

  /// What is learnt from.
  public let examples: TrainingExamples
  private let objective: any Objective
  private let queries: TokenizedTexts
  private let passages: TokenizedTexts
  /// For each query the negatives that were found last; they stand behind those of its examples. Empty before the first search.
  public var minedNegatives: [[Int]] = []
  /// Passages of earlier batches, if the settings ask for them.
  public var memory: PassageMemory?
  private let tape: Tape

  /// - Parameters:
  ///   - network: what learns.
  ///   - tokenizer: the network's.
  ///   - examples: what is learnt from.
  ///   - sampler: which examples a step takes.
  ///   - objective: what is made small.
  ///   - settings: how.
  ///   - pool: the threads.
  public init(
    _ network: TransformerNetwork, tokenizer: any Tokenizer, examples: TrainingExamples, sampler: any Sampler,
    objective: any Objective, settings: TrainingSettings, pool: WorkerPool = .shared
  ) {
    self.network = network
    self.examples = examples
    self.sampler = sampler
    self.objective = objective
    self.settings = settings
    let prompts = network.directory.prompts
    queries = TokenizedTexts(
      examples.queries, prompt: prompts[.query], tokenizer: tokenizer, maximumTokens: settings.maximumQueryTokens, pool: pool)
    passages = TokenizedTexts(
      examples.passages, prompt: prompts[.document], tokenizer: tokenizer, maximumTokens: settings.maximumPassageTokens, pool: pool)
    optimizer = Optimizer(settings, of: network, pool: pool)
    average = settings.averageDecay.map { MovingAverage(of: network.parameters, decay: $0) }
    memory = settings.memory.map { PassageMemory(capacity: $0.batches) }
    tape = Tape(pool: pool)
    network.parameters.clearGradients()
  }

  public func accumulateGradient(at place: Int, seed: UInt64) throws -> (loss: Float, tokens: Int) {
    try accumulateGradient(of: batch(at: place), seed: seed)
  }

  public func save(to path: String) throws(ModelError) { try network.save(to: path) }

  /// The batch of a step, counted over accumulated ones.
  public func batch(at place: Int) -> ExampleBatch {
    var generator = SeededGenerator(seed: settings.seed(of: place, 0x5a))
    var batch = ExampleBatch(
      sampler.indices(at: place), of: examples, positiveCount: settings.positivesPerQuery, negativeCount: settings.negativesPerQuery,
      minedNegatives: minedNegatives, using: &generator)
    batch.step = place / settings.accumulation
    return batch
  }

  /// Lets the network as it stands look for hard negatives; see `minedNegatives`.
  public func mineNegatives(_ mining: NegativeMining) throws {
    do {
      let tape = Tape(pool: tape.pool)
      let dimension = network.dimension
      minedNegatives = try mining.negatives(
        of: examples, queries: DenseVectors(dimension: dimension, values: network.vectors(ofTexts: queries.all, on: tape)),
        passages: DenseVectors(dimension: dimension, values: network.vectors(ofTexts: passages.all, on: tape)),
        similarity: network.directory.similarity, pool: tape.pool)
    } catch let error as TensorError {
      throw TrainingError.tensor(error)
    }
  }

  /// Adds the gradient of a batch to that of the network's parameters.
  ///
  /// - Returns: the loss and the number of tokens.
  public func accumulateGradient(of batch: ExampleBatch, seed: UInt64) throws -> (loss: Float, tokens: Int) {
    let texts = batch.queries.map { queries[$0] } + batch.passages.map { passages[$0] }
    let tokens = texts.reduce(0) { $0 + $1.count }
    do {
      if let size = settings.textsAtATime, size < texts.count {
        return (try accumulateInParts(texts, of: batch, size: size, seed: seed), tokens)
      }
      tape.clear()
      tape.seed = seed
      tape.isRecording = true
      let vectors = try network.vectors(of: PackedTokens(texts), on: tape, dropout: settings.dropout)
      let loss = try loss(of: vectors, batch)
      let value = loss.value
      try checkMemory()
      if value.isFinite {
        try tape.differentiate(loss)
        try remember(batch, vectors.values)
      }
      return (value, tokens)
    } catch let error as TensorError {
      throw TrainingError.tensor(error)
    }
  }

  private func accumulateInParts(_ texts: [[Int32]], of batch: ExampleBatch, size: Int, seed: UInt64) throws -> Float {
    let parts = stride(from: 0, to: texts.count, by: size).map { $0..<min(texts.count, $0 + size) }
    func vectors(of part: Range<Int>, isRecording: Bool) throws(TensorError) -> Tensor {
      tape.clear()
      // the same zeros in both passes
      tape.seed = seed &+ UInt64(part.lowerBound)
      tape.isRecording = isRecording
      return try network.vectors(of: PackedTokens(texts[part]), on: tape, dropout: settings.dropout)
    }
    var values: [Float] = []
    for part in parts { values += try vectors(of: part, isRecording: false).values }
    try checkMemory()
    tape.clear()
    tape.isRecording = true
    let dimension = values.count / texts.count
    let all = try tape.variable(values, shape: [texts.count, dimension])
    let loss = try loss(of: all, batch)
    let value = loss.value
    guard value.isFinite else { return value }
    try tape.differentiate(loss)
    let gradient = all.gradient
    for part in parts {
      let slope = Array(gradient[part.lowerBound * dimension..<part.upperBound * dimension])
      try tape.differentiate(vectors(of: part, isRecording: true), gradient: slope)
    }
    try remember(batch, values)
    return value
  }

  /// Before the backward pass, which takes about as much again as the tensors do, and before anything has changed.
  private func checkMemory() throws(TrainingError) {
    guard let limit = settings.memoryLimit else { return }
    let entries = optimizer.momentCounts.reduce(0, +) + (average?.values.count ?? 0)
    let needed = network.parameters.byteCount + entries * MemoryLayout<Float>.stride + 2 * tape.byteCount
    guard needed <= limit else {
      network.parameters.clearGradients()
      throw .overBudget(needed: needed, allowed: limit)
    }
  }

  private func loss(of vectors: Tensor, _ batch: ExampleBatch) throws -> Tensor {
    let split = batch.queries.count
    let (queries, own) = (try vectors.rows(0..<split), try vectors.rows(split..<vectors.shape[0]))
    let more = memory?.others(than: batch, dimension: vectors.shape.columns)
    guard let more, !more.passages.isEmpty else { return try objective.loss(queries: queries, passages: own, batch: batch) }
    let remembered = try tape.constant(more.vectors, shape: [more.passages.count, vectors.shape.columns])
    return try objective.loss(
      queries: queries, passages: .concatenated([own, remembered]), batch: batch.adding(more.passages, of: examples))
  }

  /// Takes the passages of a batch into the memory.
  ///
  /// - Parameter vectors: of queries and passages, as the network just made them.
  private func remember(_ batch: ExampleBatch, _ vectors: [Float]) throws(TensorError) {
    guard let plan = settings.memory, memory != nil else { return }
    let dimension = vectors.count / max(1, batch.queries.count + batch.passages.count)
    var own = Array(vectors.dropFirst(batch.queries.count * dimension))
    if plan.usesAverage, let average {
      let current = network.parameters.snapshot
      network.parameters.snapshot = average.values
      let tape = Tape(pool: tape.pool)
      tape.isRecording = false
      own = try network.vectors(of: PackedTokens(batch.passages.map { passages[$0] }), on: tape).values
      network.parameters.snapshot = current
    }
    memory?.append(passages: batch.passages, vectors: own)
  }
}
