internal import Foundation

/// In which ways the layers of a network differ from those of BERT; the defaults are BERT's.
public struct LayerStyle: Hashable, Sendable {
  /// Whether norms come before attention and feed-forward part rather than after the sum, with one more after the last layer.
  public var normsFirst = false
  /// Whether norms divide by the root mean square only.
  public var usesRootMeanSquare = false
  /// Whether the inner layer is multiplied by a second projection of the input (Shazeer, "GLU variants", 2020).
  public var isGated = false
  /// Whether tokens see only what precedes them.
  public var isCausal = false
  /// Whether each head of queries and keys is normalised.
  public var normalisesHeads = false
  /// Which linear layers and norms have biases.
  public var biases = Biases()
  /// Rotary positions; nil for learnt ones.
  public var rotary: RotaryPositions?
  /// Those of layers that see only their surroundings, where they differ.
  public var localRotary: RotaryPositions?
  /// How far those layers see: so many places to each side, or, if causal, so many before.
  public var reach: Int?
  /// For each layer whether it sees only its surroundings; empty if none does.
  public var localLayers: [Bool] = []
  /// Buckets of distances that have biases, as in T5 (Raffel et al., 2020) and MPNet; 0 for none.
  public var relativeBuckets = 0

  public init() {}

  /// Which parts have biases.
  public struct Biases: Hashable, Sendable {
    /// The projections to queries, keys and values.
    public var projections = true
    public var attentionOutput = true
    public var feedForward = true
    public var norms = true

    public init(projections: Bool = true, attentionOutput: Bool = true, feedForward: Bool = true, norms: Bool = true) {
      self.projections = projections
      self.attentionOutput = attentionOutput
      self.feedForward = feedForward
      self.norms = norms
    }
  }

  /// Whether a layer sees only its surroundings.
  public func isLocal(_ layer: Int) -> Bool { reach != nil && layer < localLayers.count && localLayers[layer] }
}

/// Positions as rotations of queries and keys (Su et al., "RoFormer", 2021).
public struct RotaryPositions: Hashable, Sendable {
  /// The wave length of the slowest rotation, in positions and up to 2π.
  public var base: Double
  public var scaling = Scaling.none

  /// How angles are stretched for texts that are longer than those of the training.
  public enum Scaling: Hashable, Sendable {
    case none
    /// All angles are divided by the factor (Chen et al., "Extending context window", 2023).
    case linear(factor: Double)
    /// Slow rotations are divided by the factor, fast ones are not, with a transition between (Llama 3.1).
    case llama3(factor: Double, lowFrequency: Double, highFrequency: Double, trainedPositions: Double)
  }

  public init(base: Double, scaling: Scaling = .none) {
    self.base = base
    self.scaling = scaling
  }

  /// The angle from one position to the next, for each pair of components of a head.
  public func frequencies(headSize: Int) -> [Double] {
    (0..<headSize / 2).map { pair in scaled(1 / Double(pow(Float(base), Float(2 * pair) / Float(headSize)))) }
  }

  private func scaled(_ frequency: Double) -> Double {
    switch scaling {
    case .none: return frequency
    case .linear(let factor): return frequency / factor
    case .llama3(let factor, let low, let high, let positions):
      let waveLength = 2 * Double.pi / frequency
      if waveLength < positions / high { return frequency }
      if waveLength > positions / low { return frequency / factor }
      let smooth = (positions / waveLength - low) / (high - low)
      return (1 - smooth) * frequency / factor + smooth * frequency
    }
  }
}
