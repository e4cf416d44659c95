internal import NeedletailModels

/// How a network learns small additions to its layers instead of all its weights; see `LowRankAdapter`.
public struct LowRankSettings: Hashable, Sendable {
  /// Which layers are added to.
  public enum Target: String, Hashable, Sendable, CaseIterable, Codable {
    case query, key, value
    /// What follows attention.
    case output
    /// From the hidden to the intermediate size, and back.
    case expansion, contraction

    func matches(_ part: TransformerPart) -> Bool {
      switch (self, part) {
      case (.query, .query), (.key, .key), (.value, .value), (.output, .attentionOutput), (.expansion, .expansion),
        (.contraction, .contraction): true
      default: false
      }
    }
  }

  /// Rows of the first matrix and columns of the second.
  public var rank: Int
  /// The products of the two are multiplied by alpha / rank.
  public var alpha: Double
  public var targets: Set<Target>
  /// The part of the inputs that the additions do not see at a step; independent of the network's own dropout.
  public var dropout: Float
  /// Of the first matrices' beginnings.
  public var seed: UInt64

  /// - Precondition: `rank` is positive and there is a target.
  public init(rank: Int = 8, alpha: Double = 16, targets: Set<Target> = [.query, .value], dropout: Float = 0, seed: UInt64 = 1) {
    precondition(rank > 0 && !targets.isEmpty, "additions of rank \(rank) to \(targets)")
    self.rank = rank
    self.alpha = alpha
    self.targets = targets
    self.dropout = dropout
    self.seed = seed
  }

  var scale: Float { Float(alpha / Double(rank)) }
}
