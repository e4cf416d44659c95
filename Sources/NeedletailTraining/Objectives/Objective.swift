public import NeedletailNumerics

/// What a network learns to make small: a number computed from the vectors of a batch.
///
/// Objectives are values that compose: `NestedDimensions` asks another one for shorter vectors, `WeightedSum` adds some up.
public protocol Objective: Sendable {
  /// The loss of a batch.
  ///
  /// - Parameters:
  ///   - queries: a vector for each query.
  ///   - passages: a vector for each passage.
  ///   - batch: who belongs to whom.
  /// - Returns: a single number.
  func loss(queries: Tensor, passages: Tensor, batch: ExampleBatch) throws -> Tensor

  /// Why nothing can be learnt from some examples; nil if something can.
  ///
  /// - Parameters:
  ///   - examples: all there are.
  ///   - hasNegatives: whether batches bring queries' own negatives.
  ///   - dimension: components of the vectors.
  func flaw(of examples: TrainingExamples, hasNegatives: Bool, dimension: Int) -> String?
}

extension Objective {
  public func flaw(of examples: TrainingExamples, hasNegatives: Bool, dimension: Int) -> String? { nil }
}

/// How two vectors are compared in a loss.
public enum Comparison: String, Hashable, Sendable, CaseIterable, Codable {
  case dot
  case cosine

  func scores(_ queries: Tensor, _ passages: Tensor) throws(TensorError) -> Tensor {
    let (left, right) = self == .cosine ? (queries.unitLength(), passages.unitLength()) : (queries, passages)
    return try left.matrixProduct(right, transposesOther: true)
  }
}

/// The objective on the first components of the vectors too, so that vectors may be cut (Kusupati et al., "Matryoshka Representation
/// Learning", NeurIPS 2022, equation 1).
///
/// Cut vectors are compared by the same measure; with the cosine they are scaled to unit length again.
public struct NestedDimensions: Objective {
  public let objective: any Objective
  /// Components, each at most those of the vectors.
  public let dimensions: [Int]

  public init(_ objective: any Objective, dimensions: [Int]) {
    self.objective = objective
    self.dimensions = dimensions
  }

  public func loss(queries: Tensor, passages: Tensor, batch: ExampleBatch) throws -> Tensor {
    var sum = try objective.loss(queries: queries, passages: passages, batch: batch)
    for dimension in dimensions where dimension < queries.shape.columns {
      let cut = (try queries.columns(0..<dimension), try passages.columns(0..<dimension))
      sum = try sum.adding(objective.loss(queries: cut.0, passages: cut.1, batch: batch))
    }
    return sum.scaled(by: 1 / Float(1 + dimensions.count { $0 < queries.shape.columns }))
  }

  public func flaw(of examples: TrainingExamples, hasNegatives: Bool, dimension: Int) -> String? {
    if let wrong = dimensions.first(where: { $0 > dimension }) {
      return "`objective.dimensions` names \(wrong) components where the model's vectors have \(dimension)"
    }
    return objective.flaw(of: examples, hasNegatives: hasNegatives, dimension: dimension)
  }
}

/// Several objectives at once.
public struct WeightedSum: Objective {
  public let parts: [(weight: Float, objective: any Objective)]

  public init(_ parts: [(weight: Float, objective: any Objective)]) {
    precondition(!parts.isEmpty, "a sum of no objectives")
    self.parts = parts
  }

  public func loss(queries: Tensor, passages: Tensor, batch: ExampleBatch) throws -> Tensor {
    var sum = try parts[0].objective.loss(queries: queries, passages: passages, batch: batch).scaled(by: parts[0].weight)
    for (weight, objective) in parts.dropFirst() {
      sum = try sum.adding(objective.loss(queries: queries, passages: passages, batch: batch).scaled(by: weight))
    }
    return sum
  }

  public func flaw(of examples: TrainingExamples, hasNegatives: Bool, dimension: Int) -> String? {
    parts.lazy.compactMap { $0.objective.flaw(of: examples, hasNegatives: hasNegatives, dimension: dimension) }.first
  }
}
