public import NeedletailCore

/// The ranking of one source, to be merged with others.
public struct SourceRanking: Sendable {
  /// "dense", "lexical", …
  public var source: String
  /// Best first, each passage once, with the source's own score.
  public var passages: [(id: PassageID, score: Double)]

  public init(source: String, passages: [(id: PassageID, score: Double)]) {
    self.source = source
    self.passages = passages
  }

  /// A single ranking keeps its own scores.
  var alone: [FusedPassage] {
    passages.enumerated().map { index, passage in
      let contribution = Hit.Contribution(source: source, rank: index + 1, score: passage.score)
      return FusedPassage(id: passage.id, score: passage.score, contributions: [contribution])
    }
  }
}

/// A passage of a merged ranking with what each source contributed, in the order of the sources.
public struct FusedPassage: Hashable, Sendable {
  public var id: PassageID
  /// Higher is better.
  public var score: Double
  public var contributions: [Hit.Contribution]

  public init(id: PassageID, score: Double = 0, contributions: [Hit.Contribution] = []) {
    self.id = id
    self.score = score
    self.contributions = contributions
  }

  mutating func add(_ share: Double, _ contribution: Hit.Contribution) {
    score += share
    contributions.append(contribution)
  }

  /// Best first; equal ones by ascending number.
  static func ranked(_ fused: [PassageID: FusedPassage]) -> [FusedPassage] {
    fused.values.sorted { $0.score != $1.score ? $0.score > $1.score : $0.id < $1.id }
  }
}
