public import NeedletailNumerics

/// What keeps vectors sparse: a penalty on the weights of a batch, one row for each text. Weights are not below zero.
public enum SparsityPenalty: String, Hashable, Codable, Sendable {
  /// The sum of the weights of a text, on average.
  case absolute
  /// The sum over terms of the squared mean weight, which is about what an inverted index has to do for a query (Paria et al., "Minimizing
  /// FLOPs to Learn Efficient Sparse Representations", ICLR 2020, equation 4): terms that all texts share are dear.
  case operations

  /// The penalty of some texts.
  ///
  /// - Parameter weights: a row for each text, nothing below zero.
  public func loss(of weights: Tensor) throws(TensorError) -> Tensor {
    let share = 1 / Float(max(1, weights.shape.rows))
    switch self {
    case .absolute: return try weights.sum().scaled(by: share)
    case .operations: return try weights.sumOfRows().scaled(by: share).mapped(.square).sum()
    }
  }
}

/// An objective with a price on the weights of queries and passages, which rises with the square of the step to its full height and stays
/// there (Formal et al., "SPLADE v2", 2021, section 3.1 and 4; Paria et al., ICLR 2020, section 4).
public struct SparsityRegularized: Objective {
  public let objective: any Objective
  public let penalty: SparsityPenalty
  /// The price of queries' weights at its full height; that of passages' is `passageWeight`.
  public let queryWeight: Float
  public let passageWeight: Float
  /// Steps until then; 0 begins with the full height.
  public let warmupSteps: Int

  public init(
    _ objective: any Objective, penalty: SparsityPenalty = .operations, queryWeight: Float, passageWeight: Float, warmupSteps: Int = 0
  ) {
    precondition(queryWeight >= 0 && passageWeight >= 0 && warmupSteps >= 0, "a price below zero")
    self.objective = objective
    self.penalty = penalty
    self.queryWeight = queryWeight
    self.passageWeight = passageWeight
    self.warmupSteps = warmupSteps
  }

  /// The share of the price at a step.
  public func share(at step: Int) -> Float {
    let part = step < warmupSteps ? Float(step) / Float(warmupSteps) : 1
    return part * part
  }

  public func loss(queries: Tensor, passages: Tensor, batch: ExampleBatch) throws -> Tensor {
    let share = share(at: batch.step)
    return try objective.loss(queries: queries, passages: passages, batch: batch)
      .adding(penalty.loss(of: queries).scaled(by: share * queryWeight))
      .adding(penalty.loss(of: passages).scaled(by: share * passageWeight))
  }

  public func flaw(of examples: TrainingExamples, hasNegatives: Bool, dimension: Int) -> String? {
    objective.flaw(of: examples, hasNegatives: hasNegatives, dimension: dimension)
  }
}
