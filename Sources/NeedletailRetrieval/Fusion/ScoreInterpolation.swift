internal import NeedletailCore

/// Merges rankings by the weighted sum of their scores, brought to a common scale first.
///
/// The common form of interpolation of dense and sparse scores (Li, Wang, Zhuang, Mourad, Ma, Lin and Zuccon, "To
/// Interpolate or not to Interpolate: PRF, Dense and Sparse Retrievers", SIGIR 2022, section 2): `s(d) = Σ w_source ·
/// s_source(d)` over the union of the lists. Scores that were not brought to one scale are dominated by the source with
/// the largest numbers, word search mostly.
public struct ScoreInterpolation: Hashable, Codable, Sendable {
  /// How the scores of one list become comparable with those of others. A list of equal scores counts as all best where a
  /// method would divide by zero.
  public enum Normalization: String, Hashable, Codable, Sendable, CaseIterable {
    /// As they are.
    case none
    /// From 0, the lowest score of the list, to 1, the highest.
    case minMax = "min-max"
    /// Distances from the mean of the list in standard deviations.
    case zScore = "z-score"
    /// From 0, three standard deviations below the mean, to 1, three above, cut there ("distribution-based score fusion").
    case distribution
    /// From -1/2 to 1/2: `(s - (min + max) / 2) / (max - min)`.
    case centred
  }

  /// What a list gives to a passage that it does not hold.
  public enum Missing: String, Hashable, Codable, Sendable, CaseIterable {
    /// 0 after the normalisation.
    case zero
    /// What the last passage of the list got.
    case minimum
  }

  public var normalization: Normalization
  public var missing: Missing
  /// Factors by the names of the sources; for those not named, 1 over the number of rankings.
  public var weights: [String: Double]

  public init(normalization: Normalization = .minMax, missing: Missing = .zero, weights: [String: Double] = [:]) {
    self.normalization = normalization
    self.missing = missing
    self.weights = weights
  }

  /// All passages of the rankings, best first; equal ones by ascending number.
  ///
  /// A ranking of weight 0 contributes neither scores nor passages.
  public func fuse(_ rankings: [SourceRanking]) -> [FusedPassage] {
    let counted = rankings.map { (ranking: $0, weight: weights[$0.source] ?? 1 / Double(rankings.count)) }.filter { $0.weight != 0 }
    var fused: [PassageID: FusedPassage] = [:]
    /// What every passage gets that a ranking does not hold.
    var absence = 0.0
    for (ranking, weight) in counted {
      let scores = normalized(ranking.passages.map(\.score))
      let missed = missing == .minimum ? weight * (scores.min() ?? 0) : 0
      absence += missed
      for (index, passage) in ranking.passages.enumerated() {
        let contribution = Hit.Contribution(source: ranking.source, rank: index + 1, score: passage.score)
        fused[passage.id, default: FusedPassage(id: passage.id)].add(weight * scores[index] - missed, contribution)
      }
    }
    if absence != 0 { for id in fused.keys { fused[id]?.score += absence } }
    return FusedPassage.ranked(fused)
  }

  func normalized(_ scores: [Double]) -> [Double] {
    guard normalization != .none, let low = scores.min(), let high = scores.max() else { return scores }
    let range = high - low
    guard range > 0 else { return scores.map { _ in normalization == .minMax || normalization == .distribution ? 1 : 0 } }
    switch normalization {
    case .none: return scores
    case .minMax: return scores.map { ($0 - low) / range }
    case .centred: return scores.map { ($0 - (low + high) / 2) / range }
    case .zScore, .distribution:
      let count = Double(scores.count)
      let mean = scores.reduce(0, +) / count
      let deviation = (scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
      let standard = scores.map { ($0 - mean) / deviation }
      return normalization == .zScore ? standard : standard.map { min(1, max(0, ($0 + 3) / 6)) }
    }
  }
}

/// How the rankings of several sources become one.
public enum Fusion: Hashable, Sendable {
  case reciprocalRank(ReciprocalRankFusion)
  case interpolation(ScoreInterpolation)

  /// All passages of the rankings, best first; equal ones by ascending number.
  public func fuse(_ rankings: [SourceRanking]) -> [FusedPassage] {
    switch self {
    case .reciprocalRank(let fusion): fusion.fuse(rankings)
    case .interpolation(let fusion): fusion.fuse(rankings)
    }
  }
}
