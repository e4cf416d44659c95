/// Small additions to the linear layers of a network: each weight W becomes W + s B A, with A of few rows and B of as few columns (Hu et
/// al., "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022, section 4.1).
///
/// On disk it is a directory in the layout of the Python package PEFT, `adapter_config.json` with `adapter_model.safetensors`. Deviation:
/// additions to embeddings, biases or norms, and variants such as DoRA, are refused.
public struct LowRankAdapter: Hashable, Sendable {
  /// The addition to one weight.
  public struct Addition: Hashable, Sendable {
    /// A: `rank` rows of as many numbers as the layer has inputs.
    public var down: [Float]
    /// B: a row of `rank` numbers for each output.
    public var up: [Float]

    public init(down: [Float], up: [Float]) {
      self.down = down
      self.up = up
    }
  }

  /// Rows of A.
  public let rank: Int
  /// The numerator of the scale.
  public let alpha: Double
  /// Whether the scale is alpha by the root of the rank (Kalajdzievski, 2023), not alpha by the rank.
  public let isRankStabilized: Bool
  /// By the part whose weight is added to.
  public internal(set) var additions: [TransformerPart: Addition]
  /// What the adapter says it was made for: a name or a path.
  public var base: String?

  /// - Precondition: every addition has `rank` rows in A and `rank` columns in B.
  public init(
    rank: Int, alpha: Double, isRankStabilized: Bool = false, additions: [TransformerPart: Addition], base: String? = nil
  ) {
    precondition(
      rank > 0 && additions.values.allSatisfy { $0.down.count.isMultiple(of: rank) && $0.up.count.isMultiple(of: rank) },
      "additions that are not of rank \(rank)")
    self.rank = rank
    self.alpha = alpha
    self.isRankStabilized = isRankStabilized
    self.additions = additions
    self.base = base
  }

  /// What products B A are multiplied by.
  public var scale: Float { Self.scale(rank: rank, alpha: alpha, isRankStabilized: isRankStabilized) }

  static func scale(rank: Int, alpha: Double, isRankStabilized: Bool) -> Float {
    Float(alpha / (isRankStabilized ? Double(rank).squareRoot() : Double(rank)))
  }

  /// Adds s B A to a weight of outputs by inputs; weights of parts without an addition stay as they are.
  public func add(to weight: inout [Float], of part: TransformerPart) {
    guard let addition = additions[part] else { return }
    let inputs = addition.down.count / rank
    precondition(weight.count == addition.up.count / rank * inputs, "a weight of another shape than the addition to \(part)")
    for output in 0..<weight.count / inputs {
      var row = [Float](repeating: 0, count: inputs)
      for component in 0..<rank {
        let factor = scale * addition.up[output * rank + component]
        if factor == 0 { continue }
        for input in 0..<inputs { row[input] += factor * addition.down[component * inputs + input] }
      }
      for input in 0..<inputs { weight[output * inputs + input] += row[input] }
    }
  }
}

extension TransformerPart {
  /// Whether low-rank additions are known for it: the linear layers of the network.
  public var isLinear: Bool { !isEmbedding && !isNorm }
}

extension ModelDirectory {
  /// The model with an adapter on top: whatever is made of it, an embedder or a directory that `save` writes, has the changed weights.
  ///
  /// Files stay as they are. The digest is another one, since vectors are.
  ///
  /// - Throws: when the adapter does not fit the network.
  public func applying(_ adapter: LowRankAdapter) throws(ModelError) -> ModelDirectory {
    for (part, addition) in adapter.additions {
      let shape = configuration.weightShape(of: part)
      guard part.isLinear, configuration.parts.contains(part), addition.up.count == shape[0] * adapter.rank,
        addition.down.count == shape[1] * adapter.rank
      else {
        throw .invalidRequest(
          reason: "The adapter adds to \(part) in another shape than the network in \(path) has. Give the model it was trained on.")
      }
    }
    var copy = self
    copy.adapters.append(adapter)
    copy.digest = ModelDigest.combined(digest, adapter)
    return copy
  }
}
