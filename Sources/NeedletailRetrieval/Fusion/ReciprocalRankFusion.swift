internal import NeedletailCore

/// Merges rankings by the places they give, whatever the scale of their scores.
///
/// Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods",
/// SIGIR 2009, equation 1: the score of a passage is the sum over the rankings of `1 / (k + rank)`, ranks from 1.
/// Deviation: each ranking may have a weight, a factor of its summands.
public struct ReciprocalRankFusion: Hashable, Codable, Sendable {
  /// How little the first places stand out (`k` in the paper, 60 there).
  public var constant: Double
  /// Factors by the names of the sources; 1 for those not named.
  public var weights: [String: Double]

  public init(constant: Double = 60, weights: [String: Double] = [:]) {
    self.constant = constant
    self.weights = weights
  }

  /// All passages of the rankings, best first; equal ones by ascending number.
  public func fuse(_ rankings: [SourceRanking]) -> [FusedPassage] {
    var fused: [PassageID: FusedPassage] = [:]
    for ranking in rankings {
      let weight = weights[ranking.source] ?? 1
      for (index, passage) in ranking.passages.enumerated() {
        let contribution = Hit.Contribution(source: ranking.source, rank: index + 1, score: passage.score)
        fused[passage.id, default: FusedPassage(id: passage.id)].add(weight / (constant + Double(index + 1)), contribution)
      }
    }
    return FusedPassage.ranked(fused)
  }
}
