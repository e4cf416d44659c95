public import NeedletailCore

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

  /// The ranking of one source.
  public struct Ranking: Sendable {
    /// "dense", "lexical", …
    public var source: String
    /// Best first, each passage once, with the source's own score.
    public var passages: [(id: PassageID, score: Double)]

    public init(source: String, passages: [(id: PassageID, score: Double)]) {
      self.source = source
      self.passages = passages
    }
  }

  /// A passage with what each ranking contributed, in the order of the rankings.
  public struct Fused: Hashable, Sendable {
    public var id: PassageID
    public var score: Double
    public var contributions: [Hit.Contribution]
  }

  /// All passages of the rankings, best first; equal ones by ascending number.
  public func fuse(_ rankings: [Ranking]) -> [Fused] {
    var fused: [PassageID: Fused] = [:]
    for ranking in rankings {
      let weight = weights[ranking.source] ?? 1
      for (index, passage) in ranking.passages.enumerated() {
        var entry = fused[passage.id] ?? Fused(id: passage.id, score: 0, contributions: [])
        entry.score += weight / (constant + Double(index + 1))
        entry.contributions.append(Hit.Contribution(source: ranking.source, rank: index + 1, score: passage.score))
        fused[passage.id] = entry
      }
    }
    return fused.values.sorted { $0.score != $1.score ? $0.score > $1.score : $0.id < $1.id }
  }
}
