internal import Foundation

/// A contrastive loss of one query over scores of candidates, of which one or several are right.
///
/// The family and its gradients in one frame: "Training Dense Retrievers with Multiple Positive Passages" (arXiv 2602.12727, 2026).
/// With one positive all of them are the loss known as InfoNCE (van den Oord et al., 2018), multiple negatives ranking (Henderson et
/// al., 2017) or NT-Xent. Adding a number to all scores changes none of them, and the gradients over all candidates sum to zero.
public enum PositiveLoss: Hashable, Sendable {
  /// The best positive alone; the others are no candidates.
  case first
  /// A positive drawn at each visit; the others are no candidates then.
  case random
  /// Every positive is to take an equal share of the probability: m log Z - Σ s_p. A positive above its share is pushed down.
  ///
  /// - Parameter isMean: whether it is divided by the number of positives, without which queries with many dominate.
  case joint(isMean: Bool)
  /// Some positive is to win: log Z - log Σ exp(s_p). The strongest positive gets most of the pull.
  case sumOfMarginals
  /// Every positive is to beat every negative: log(1 + Σ exp(s_n - s_p)). The weakest positive gets most of the pull.
  case logSumExpOfPairs(negatives: Negatives, positives: Positives, isMean: Bool)

  /// Which negatives make pairs.
  public enum Negatives: String, Hashable, Sendable, CaseIterable, Codable {
    case all, hardest
  }

  /// Which positives make pairs.
  public enum Positives: String, Hashable, Sendable, CaseIterable, Codable {
    case all, weakest, strongest
  }

  /// The loss of one query.
  ///
  /// - Parameters:
  ///   - scores: of all candidates.
  ///   - positives: places of the right ones, best first.
  ///   - ignored: places that count as nothing.
  ///   - draw: a random number that decides which positive is drawn.
  /// - Returns: the value and its gradient by each score; nil if there are no positives.
  public func value(
    scores: [Double], positives: [Int], ignored: Set<Int> = [], draw: UInt64 = 0
  ) -> (value: Double, gradient: [Double])? {
    guard !positives.isEmpty else { return nil }
    switch self {
    case .first: return Self.single(scores, positive: positives[0], outside: ignored.union(positives))
    case .random:
      let drawn = positives[Int(draw % UInt64(positives.count))]
      return Self.single(scores, positive: drawn, outside: ignored.union(positives))
    case .joint(let isMean):
      let count = Double(positives.count)
      var (value, gradient) = Self.logSumExp(scores) { !ignored.contains($0) }
      value *= count
      for place in gradient.indices { gradient[place] *= count }
      for place in positives {
        value -= scores[place]
        gradient[place] -= 1
      }
      return isMean ? (value / count, gradient.map { $0 / count }) : (value, gradient)
    case .sumOfMarginals:
      let right = Set(positives)
      let (all, share) = Self.logSumExp(scores) { !ignored.contains($0) }
      let (some, rightShare) = Self.logSumExp(scores) { right.contains($0) }
      return (all - some, zip(share, rightShare).map { $0 - $1 })
    case .logSumExpOfPairs(let negatives, let chosen, let isMean):
      return Self.pairs(scores, positives, ignored, negatives: negatives, chosen: chosen, isMean: isMean)
    }
  }

  private static func single(_ scores: [Double], positive: Int, outside: Set<Int>) -> (value: Double, gradient: [Double]) {
    var (value, gradient) = logSumExp(scores) { $0 == positive || !outside.contains($0) }
    value -= scores[positive]
    gradient[positive] -= 1
    return (value, gradient)
  }

  private static func pairs(
    _ scores: [Double], _ positives: [Int], _ ignored: Set<Int>, negatives: Negatives, chosen: Positives, isMean: Bool
  ) -> (value: Double, gradient: [Double]) {
    let right = Set(positives)
    let wrong = scores.indices.filter { !right.contains($0) && !ignored.contains($0) }
    guard !wrong.isEmpty else { return (0, [Double](repeating: 0, count: scores.count)) }
    let hardest = wrong.max { (scores[$0], $1) < (scores[$1], $0) }
    let taken: Set<Int> =
      switch chosen {
      case .all: right
      case .weakest: Set(positives.min { (scores[$0], $0) < (scores[$1], $1) }.map { [$0] } ?? [])
      case .strongest: Set(positives.max { (scores[$0], $1) < (scores[$1], $0) }.map { [$0] } ?? [])
      }
    let (above, aboveShare) = logSumExp(scores) { negatives == .hardest ? $0 == hardest : !right.contains($0) && !ignored.contains($0) }
    let (below, belowShare) = logSumExp(scores.map { -$0 }) { taken.contains($0) }
    let margin = above + below
    let scale = isMean ? 1 / Double(positives.count) : 1
    let slope = scale / (1 + exp(-margin))
    return (scale * (max(margin, 0) + log1p(exp(-abs(margin)))), zip(aboveShare, belowShare).map { slope * ($0 - $1) })
  }

  /// The logarithm of the sum of exponents of some scores, and the share of each in the sum.
  private static func logSumExp(_ scores: [Double], where counts: (Int) -> Bool) -> (value: Double, share: [Double]) {
    var top = -Double.infinity
    let counted = scores.indices.map(counts)
    for place in scores.indices where counted[place] { top = max(top, scores[place]) }
    var sum = 0.0
    var share = [Double](repeating: 0, count: scores.count)
    for place in scores.indices where counted[place] {
      share[place] = exp(scores[place] - top)
      sum += share[place]
    }
    for place in scores.indices { share[place] /= sum }
    return (top + log(sum), share)
  }
}
