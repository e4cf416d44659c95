public import NeedletailNumerics

/// The cosine of query and first positive is to be the similarity that people gave: mean squared error.
public struct SimilarityRegression: Objective {
  public init() {}

  public func loss(queries: Tensor, passages: Tensor, batch: ExampleBatch) throws -> Tensor {
    try Comparison.cosine.scores(queries, passages).meanOfRows { row, scores in
      guard let wanted = batch.similarities[row], let column = batch.positives[row].first else { return nil }
      var gradient = [Double](repeating: 0, count: scores.count)
      let difference = scores[column] - wanted
      gradient[column] = 2 * difference
      return (difference * difference, gradient)
    }
  }

  public func flaw(of examples: TrainingExamples, hasNegatives: Bool, dimension: Int) -> String? {
    examples.examples.contains { $0.similarity != nil } ? nil : "no example says how similar its texts are; read data of the format similarity"
  }
}

/// A query is to be nearer to its first positive than to each of its own negatives by a margin (Schroff, Kalenichenko and Philbin,
/// CVPR 2015, with similarities in place of distances).
public struct TripletMargin: Objective {
  public let margin: Double
  public let comparison: Comparison

  public init(margin: Double = 0.2, comparison: Comparison = .cosine) {
    self.margin = margin
    self.comparison = comparison
  }

  public func loss(queries: Tensor, passages: Tensor, batch: ExampleBatch) throws -> Tensor {
    try comparison.scores(queries, passages).meanOfRows { row, scores in
      guard let positive = batch.positives[row].first, !batch.negatives[row].isEmpty else { return nil }
      let share = 1 / Double(batch.negatives[row].count)
      var value = 0.0
      var gradient = [Double](repeating: 0, count: scores.count)
      for negative in batch.negatives[row] where scores[negative] - scores[positive] + margin > 0 {
        value += share * (scores[negative] - scores[positive] + margin)
        gradient[negative] += share
        gradient[positive] -= share
      }
      return (value, gradient)
    }
  }

  public func flaw(of examples: TrainingExamples, hasNegatives: Bool, dimension: Int) -> String? {
    hasNegatives ? nil : "triplets need negatives of a query's own: give data that has them, and set `batch.negatives`"
  }
}
