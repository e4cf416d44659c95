internal import Foundation
internal import NeedletailCore

/// Scores points by their similarities to some vectors. The plain nearest search is the case of one vector.
struct ExampleScorer: Sendable {
  enum Rule: Sendable, Hashable {
    /// The similarity to the only vector.
    case nearest
    /// The better of the best positive and the best negative one; the first `positives` vectors are positive.
    case best(positives: Int)
    /// Sum over positives minus sum over negatives.
    case sum(positives: Int)
    /// The first vector is the target; pairs of a positive and a negative one follow.
    case discovery
    /// Pairs of a positive and a negative vector.
    case context
    /// The first vector is the target; `pairs` are numbers of better and worse ones with their difference in relevance.
    case feedback(pairs: [FeedbackPair], a: Float, b: Float, c: Float)
  }

  struct FeedbackPair: Sendable, Hashable {
    var better: Int
    var worse: Int
    var confidence: Float
  }

  let rule: Rule
  let column: Int
  let settings: VectorSettings
  let similarities: [BlockSimilarity]

  init(_ rule: Rule, examples: [VectorValue], column: Int, settings: VectorSettings) {
    self.rule = rule
    self.column = column
    self.settings = settings
    similarities = examples.map { BlockSimilarity($0, settings: settings, includesUnrelated: rule != .nearest) }
  }

  /// Memory that scoring block after block uses again.
  struct Scratch {
    var scores: [Float] = []
  }

  /// Calls the closure with each of `places` that has the vector, and its score.
  func forEachScore(_ block: PointBlock, _ places: BlockMask, _ scratch: inout Scratch, _ body: (Int, Float) -> Void) {
    let needed = max(1, similarities.count) * PointBlock.size
    if scratch.scores.count < needed { scratch.scores = [Float](repeating: 0, count: needed) }
    var scored = places & block.vectors[column].present
    for (number, similarity) in similarities.enumerated() {
      scored = scored & similarity.score(block.vectors[column], scored, into: &scratch.scores, from: number * PointBlock.size)
    }
    if rule == .nearest {
      scored.forEach { body($0, scratch.scores[$0]) }
    } else {
      scored.forEach { place in body(place, combined { scratch.scores[$0 * PointBlock.size + place] }) }
    }
  }

  private func combined(_ similarity: (Int) -> Float) -> Float {
    switch rule {
    case .nearest: return similarity(0)
    case .best(let positives):
      let positive = (0..<positives).reduce(-Float.infinity) { max($0, similarity($1)) }
      let negative = (positives..<similarities.count).reduce(-Float.infinity) { max($0, similarity($1)) }
      return positive > negative ? Self.sigmoid(positive) : -Self.sigmoid(negative)
    case .sum(let positives):
      return (0..<similarities.count).reduce(0) { $0 + ($1 < positives ? similarity($1) : -similarity($1)) }
    case .discovery:
      var rank: Float = 0
      for pair in stride(from: 1, to: similarities.count - 1, by: 2) {
        let (positive, negative) = (similarity(pair), similarity(pair + 1))
        rank += positive > negative ? 1 : positive < negative ? -1 : 0
      }
      return rank + Self.sigmoid(similarity(0))
    case .context:
      var loss: Float = 0
      for pair in stride(from: 0, to: similarities.count - 1, by: 2) {
        loss += Self.squashed(min(similarity(pair) - similarity(pair + 1) - .ulpOfOne, 0))
      }
      return loss
    case .feedback(let pairs, let a, let b, let c):
      return pairs.reduce(a * similarity(0)) { score, pair in
        score + pow(pair.confidence, b) * c * (similarity(pair.better) - similarity(pair.worse))
      }
    }
  }

  /// Into -1…1, monotonically and cheaply.
  private static func squashed(_ value: Float) -> Float { value / (1 + abs(value)) }
  /// Into 0…1.
  private static func sigmoid(_ value: Float) -> Float {
    guard value.isFinite else { return value > 0 ? 1 : 0 }
    return (squashed(value) + 1) / 2
  }
}
