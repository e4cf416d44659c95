internal import Foundation
public import NeedletailNumerics

/// A query is to be nearer to its passage than any other passage is to that passage: what pushes passages apart, beside what pulls queries
/// and passages together (Ren et al., "PAIR: Leveraging Passage-Centric Similarity Relation for Improving Dense Passage Retrieval", Findings
/// of ACL 2021, equation 6).
///
/// The loss of a query is log(1 + Σ exp(s(p⁺, p⁻) - s(q, p⁺))) over the passages that do not answer it. It says nothing of queries and
/// negatives: put it beside `Contrastive` in a `WeightedSum`, with a tenth of the weight as in the paper.
public struct PassageContrast: Objective {
  public let comparison: Comparison
  /// Scores are divided by it.
  public let temperature: Float

  public init(comparison: Comparison = .cosine, temperature: Float = 0.05) {
    precondition(temperature > 0, "a temperature of \(temperature)")
    self.comparison = comparison
    self.temperature = temperature
  }

  public func loss(queries: Tensor, passages: Tensor, batch: ExampleBatch) throws -> Tensor {
    let answers = batch.positives.map { Int32($0.first ?? 0) }
    let toQueries = try comparison.scores(queries, passages)
    let toPassages = try comparison.scores(passages.gathered(answers), passages)
    // side by side, so that a row has both
    let scores = try Tensor.concatenated([toQueries.transposed(), toPassages.transposed()]).transposed().scaled(by: 1 / temperature)
    let count = batch.passages.count
    return try scores.meanOfRows { row, scores in
      guard let answer = batch.positives[row].first else { return nil }
      let spared = batch.ignored[row].union(batch.positives[row])
      let others = (0..<count).filter { !spared.contains($0) }
      guard !others.isEmpty else { return nil }
      let margins = others.map { scores[count + $0] - scores[answer] }
      let top = max(0, margins.max() ?? 0)
      let sum = exp(-top) + margins.reduce(0) { $0 + exp($1 - top) }
      var gradient = [Double](repeating: 0, count: scores.count)
      for (other, margin) in zip(others, margins) {
        let share = exp(margin - top) / sum
        gradient[count + other] += share
        gradient[answer] -= share
      }
      return (top + log(sum), gradient)
    }
  }
}
