internal import Foundation
public import NeedletailNumerics

/// The scores of a query's own passages are to follow those of a teacher.
///
/// Batches bring what the teacher said (`ExampleBatch.teacherScores`); queries without it do not count.
public struct Distillation: Objective {
  /// What following means.
  public enum Target: Hashable, Sendable {
    /// The distribution: Kullback-Leibler divergence between the softmaxes, the teacher's at this temperature.
    case distribution(temperature: Double)
    /// The differences between the positive and each negative (margin MSE: Hofstätter et al., 2020).
    case margins
    /// The order, pair by pair (RankNet: Burges et al., ICML 2005).
    case pairwiseOrder
    /// The place of each passage, list by list (ListNet with top-one probabilities: Cao et al., ICML 2007): cross-entropy against the
    /// teacher's softmax.
    case listwiseOrder
  }

  public let target: Target
  public let comparison: Comparison
  public let temperature: Float

  public init(_ target: Target, comparison: Comparison = .dot, temperature: Float = 1) {
    self.target = target
    self.comparison = comparison
    self.temperature = temperature
  }

  public func loss(queries: Tensor, passages: Tensor, batch: ExampleBatch) throws -> Tensor {
    try comparison.scores(queries, passages).scaled(by: 1 / temperature).meanOfRows { row, scores in
      let columns = batch.positives[row] + batch.negatives[row]
      let teacher = batch.teacherScores[row]
      guard teacher.count == columns.count, teacher.count >= 2 else { return nil }
      let (value, slopes) = target.value(student: columns.map { scores[$0] }, teacher: teacher)
      var gradient = [Double](repeating: 0, count: scores.count)
      for (column, slope) in zip(columns, slopes) { gradient[column] += slope }
      return (value, gradient)
    }
  }

  public func flaw(of examples: TrainingExamples, hasNegatives: Bool, dimension: Int) -> String? {
    if !examples.examples.contains(where: { $0.teacherScores.count >= 2 }) {
      return "no example has the scores of a teacher, which distillation learns from; read data of the format scored"
    }
    return hasNegatives ? nil : "distillation compares a query's passages, and `batch.negatives` lets only the best one take part; raise it"
  }
}

extension Distillation.Target {
  /// The loss of one query and its gradient by each of the student's scores.
  public func value(student: [Double], teacher: [Double]) -> (value: Double, gradient: [Double]) {
    switch self {
    case .distribution(let temperature):
      let wanted = softmax(teacher.map { $0 / temperature })
      let found = softmax(student)
      let value = zip(wanted, found).reduce(0) { $0 + ($1.0 > 0 ? $1.0 * log($1.0 / max($1.1, .leastNonzeroMagnitude)) : 0) }
      return (value, zip(found, wanted).map { $0 - $1 })
    case .listwiseOrder:
      let wanted = softmax(teacher)
      let found = softmax(student)
      let value = zip(wanted, found).reduce(0) { $0 - $1.0 * log(max($1.1, .leastNonzeroMagnitude)) }
      return (value, zip(found, wanted).map { $0 - $1 })
    case .margins:
      var value = 0.0
      var gradient = [Double](repeating: 0, count: student.count)
      let count = Double(student.count - 1)
      for place in 1..<student.count {
        let difference = (student[0] - student[place]) - (teacher[0] - teacher[place])
        value += difference * difference / count
        gradient[0] += 2 * difference / count
        gradient[place] -= 2 * difference / count
      }
      return (value, gradient)
    case .pairwiseOrder:
      var value = 0.0
      var pairs = 0.0
      var gradient = [Double](repeating: 0, count: student.count)
      for better in student.indices {
        for worse in student.indices where teacher[better] > teacher[worse] {
          let margin = student[better] - student[worse]
          value += max(-margin, 0) + log1p(exp(-abs(margin)))
          let slope = -1 / (1 + exp(margin))
          gradient[better] += slope
          gradient[worse] -= slope
          pairs += 1
        }
      }
      return pairs == 0 ? (0, gradient) : (value / pairs, gradient.map { $0 / pairs })
    }
  }

  private func softmax(_ scores: [Double]) -> [Double] {
    let top = scores.max() ?? 0
    let weights = scores.map { exp($0 - top) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }
}
