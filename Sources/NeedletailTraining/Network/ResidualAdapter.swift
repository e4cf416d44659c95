public import NeedletailCore
public import NeedletailNumerics

/// A linear map on top of finished vectors that learns: `x + W x`, one map for queries and one for documents, both zero at first.
///
/// Encoders are slow and adapters are small: with the vectors of an encoder at hand, objectives and samplers can be compared in seconds, and
/// a collection can be tuned without its encoder.
public final class ResidualAdapter {
  public let dimension: Int
  public let parameters: Parameters
  private let maps: [Role: Parameter]

  /// - Parameters:
  ///   - dimension: components of the vectors.
  ///   - adaptsDocuments: whether documents are mapped too; if not, their stored vectors stay valid.
  public init(dimension: Int, adaptsDocuments: Bool = true) {
    self.dimension = dimension
    let roles: [Role] = adaptsDocuments ? [.query, .document] : [.query]
    parameters = Parameters(roles.map { ("\($0)", [dimension, dimension], true) })
    maps = Dictionary(uniqueKeysWithValues: zip(roles, parameters.all))
  }

  /// The mapped vectors on a tape.
  public func adapted(_ vectors: Tensor, as role: Role, on tape: Tape) throws(TensorError) -> Tensor {
    guard let map = maps[role] else { return vectors }
    return try vectors.adding(vectors.linear(tape.parameter(map, of: parameters)))
  }

  /// The mapped vectors.
  public func adapt(_ vectors: DenseVectors, as role: Role) throws(TensorError) -> DenseVectors {
    let tape = Tape()
    tape.isRecording = false
    let input = try tape.constant(vectors.values, shape: [vectors.count, vectors.dimension])
    return DenseVectors(dimension: dimension, values: try adapted(input, as: role, on: tape).values)
  }

  /// Learns from examples whose vectors are known.
  ///
  /// - Parameters:
  ///   - examples: who belongs to whom.
  ///   - queries: a vector for each of `examples.queries`.
  ///   - passages: a vector for each of `examples.passages`.
  ///   - objective: what is made small.
  ///   - sampler: which examples a step takes.
  ///   - settings: rate, schedule, steps, positives and negatives; what concerns texts does not matter here.
  /// - Returns: the loss of every step.
  public func fit(
    _ examples: TrainingExamples, queries: DenseVectors, passages: DenseVectors, objective: any Objective, sampler: any Sampler,
    settings: TrainingSettings
  ) throws -> [Double] {
    precondition(queries.count == examples.queries.count && passages.count == examples.passages.count, "a vector for each text")
    let optimizer = Optimizer(settings.algorithm, of: parameters) { _ in settings.weightDecay }
    let schedule = LearningRateSchedule(settings.curve, warmupSteps: settings.warmupSteps, steps: settings.steps)
    let tape = Tape()
    var losses: [Double] = []
    for step in 0..<settings.steps {
      var generator = SeededGenerator(seed: settings.seed &+ UInt64(step) &* 0x9e37_79b9_7f4a_7c15)
      let batch = ExampleBatch(
        sampler.indices(at: step), of: examples, positiveCount: settings.positivesPerQuery,
        negativeCount: settings.negativesPerQuery, using: &generator)
      tape.clear()
      let left = try tape.constant(batch.queries.flatMap { queries[$0] }, shape: [batch.queries.count, dimension])
      let right = try tape.constant(batch.passages.flatMap { passages[$0] }, shape: [batch.passages.count, dimension])
      let loss = try objective.loss(
        queries: adapted(left, as: .query, on: tape), passages: adapted(right, as: .document, on: tape), batch: batch)
      guard loss.value.isFinite else { throw TrainingError.diverged(step: step, what: "The loss", kept: "") }
      losses.append(Double(loss.value))
      try tape.differentiate(loss)
      let norm = optimizer.gradientNorm()
      let scale = settings.clip.map { norm > $0 ? $0 / norm : 1 } ?? 1
      optimizer.step(rate: settings.rate * Float(schedule.factor(at: step)), gradientScale: Float(scale))
    }
    return losses
  }
}
