internal import NeedletailModels
public import NeedletailNumerics

/// Sequences of tokens one after the other.
public struct PackedTokens: Hashable, Sendable {
  public private(set) var ids: [Int32] = []
  /// The rows of each sequence, in order and without gaps.
  public private(set) var sequences: [Range<Int>] = []

  public init(_ sequences: some Sequence<[Int32]>) {
    for sequence in sequences {
      ids += sequence
      self.sequences.append(ids.count - sequence.count..<ids.count)
    }
  }
}

/// The parts of the network's numbers that are removed at random while it learns (`hidden_dropout_prob` and
/// `attention_probs_dropout_prob` in configurations).
public struct DropoutRates: Hashable, Sendable {
  public var hidden: Float
  public var attention: Float

  public static let none = DropoutRates(hidden: 0, attention: 0)

  public init(hidden: Float, attention: Float) {
    self.hidden = hidden
    self.attention = attention
  }
}

extension TransformerNetwork {
  /// The state of each token after the last layer.
  ///
  /// - Parameters:
  ///   - tokens: the sequences.
  ///   - tape: remembers.
  ///   - dropout: what is removed.
  ///   - isCausal: whether a token sees only itself and those before it, as where the next token is to be told.
  /// - Throws: when a token is not in the vocabulary, or a sequence is longer than there are positions.
  public func states(
    of tokens: PackedTokens, on tape: Tape, dropout: DropoutRates = .none, isCausal: Bool = false
  ) throws(TensorError) -> Tensor {
    var state = try embedded(tokens, on: tape, dropout: dropout)
    for layer in layers { state = try forward(state, layer, tokens, on: tape, dropout: dropout, isCausal: isCausal) }
    return state
  }

  /// What enters the first layer.
  func embedded(_ tokens: PackedTokens, on tape: Tape, dropout: DropoutRates) throws(TensorError) -> Tensor {
    try placed(tape.parameter(words, of: parameters).gathered(tokens.ids), at: tokens, on: tape, dropout: dropout)
  }

  /// What enters the first layer where other vectors stand in for the embeddings of the tokens.
  func placed(_ vectors: Tensor, at tokens: PackedTokens, on tape: Tape, dropout: DropoutRates) throws(TensorError) -> Tensor {
    let places = tokens.sequences.flatMap { rows in rows.indices.map { Int32(configuration.positionOffset + $0 - rows.lowerBound) } }
    var sum = try vectors.adding(tape.parameter(positions, of: parameters).gathered(places))
    if let types { sum = try sum.adding(tape.parameter(types, of: parameters).rows(0..<1)) }
    return try normalised(sum, embeddingNorm, on: tape).droppingOut(dropout.hidden)
  }

  /// One vector for each sequence, as the model directory has it: pooled, scaled to unit length if the model does that; or the weights of
  /// terms, if texts are read so.
  public func vectors(of tokens: PackedTokens, on tape: Tape, dropout: DropoutRates = .none) throws(TensorError) -> Tensor {
    let states = try states(of: tokens, on: tape, dropout: dropout)
    if let prediction { return try prediction.weights(of: states, tokens.sequences, self, on: tape) }
    let pooled = try states.reduced(tokens.sequences, by: directory.pooling.sequenceReduction)
    return directory.normalises ? pooled.unitLength() : pooled
  }

  private func forward(
    _ state: Tensor, _ layer: Layer, _ tokens: PackedTokens, on tape: Tape, dropout: DropoutRates, isCausal: Bool
  ) throws(TensorError) -> Tensor {
    let shape = AttentionShape(heads: configuration.heads, headSize: configuration.headSize, isCausal: isCausal)
    let context = try linear(state, layer.projection, on: tape)
      .attention(shape, sequences: tokens.sequences, dropout: dropout.attention)
    let mixed = try linear(context, layer.attentionOutput, addedTo: state, on: tape, dropout: dropout.hidden)
    let middle = try normalised(mixed, layer.attentionNorm, on: tape)
    let inner = try activated(middle, layer.expansion, on: tape)
    let outer = try linear(inner, layer.contraction, addedTo: middle, on: tape, dropout: dropout.hidden)
    return try normalised(outer, layer.outputNorm, on: tape)
  }

  /// A layer within a residual connection. Without dropout and additions the sum is part of the product.
  private func linear(
    _ input: Tensor, _ layer: Linear, addedTo state: Tensor, on tape: Tape, dropout: Float
  ) throws(TensorError) -> Tensor {
    guard dropout == 0, !hasAdditions(layer) else {
      return try state.adding(linear(input, layer, on: tape).droppingOut(dropout))
    }
    return try input.linear(
      tape.parameter(layer.weight, of: parameters), bias: tape.parameter(layer.bias, of: parameters), adding: state)
  }

  /// A layer and the network's function of what it gives.
  private func activated(_ input: Tensor, _ layer: Linear, on tape: Tape) throws(TensorError) -> Tensor {
    let function = configuration.activation.function
    guard !hasAdditions(layer) else { return try linear(input, layer, on: tape).mapped(function) }
    return try input.linear(
      tape.parameter(layer.weight, of: parameters), bias: tape.parameter(layer.bias, of: parameters), mapped: function)
  }

  private func hasAdditions(_ layer: Linear) -> Bool { lowRank != nil && !layer.additions.isEmpty }

  func linear(_ input: Tensor, _ layer: Linear, on tape: Tape) throws(TensorError) -> Tensor {
    var output = try input.linear(tape.parameter(layer.weight, of: parameters), bias: tape.parameter(layer.bias, of: parameters))
    guard let lowRank else { return output }
    for addition in layer.additions {
      let inner = try input.droppingOut(lowRank.dropout).linear(tape.parameter(addition.down, of: parameters))
      let outer = try inner.linear(tape.parameter(addition.up, of: parameters)).scaled(by: lowRank.scale)
      output = try output.adding(outer, toColumnsFrom: addition.firstOutput)
    }
    return output
  }

  func normalised(_ input: Tensor, _ norm: Norm, on tape: Tape) throws(TensorError) -> Tensor {
    try input.layerNormalised(
      gain: tape.parameter(norm.gain, of: parameters), shift: tape.parameter(norm.shift, of: parameters),
      epsilon: Float(configuration.layerNormEpsilon))
  }
}

extension Pooling {
  /// The operation on the tape.
  var sequenceReduction: Tensor.SequenceReduction {
    switch self {
    case .mean: .mean
    case .cls: .first
    case .max: .maximum
    case .last: preconditionFailure("`TransformerNetwork.check` lets no such model pass")
    }
  }
}

extension TransformerConfiguration.Activation {
  /// The operation on the tape.
  var function: EntryFunction {
    switch self {
    case .gelu: .gelu
    case .geluTanh: .geluTanh
    case .relu: .relu
    case .silu: .silu
    }
  }
}
