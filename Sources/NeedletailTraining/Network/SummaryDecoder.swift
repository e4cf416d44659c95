internal import NeedletailModels
internal import NeedletailNumerics

/// A single layer, too weak to write a text by itself, that has to rebuild one from the state of its first token and, at every position,
/// from another random half of the other tokens.
///
/// Queries are the summary at each position; keys and values are the embeddings of the text with the summary in place of the first; what
/// the attention finds is added to the query. Source: Xiao et al., "RetroMAE" (EMNLP 2022), section 3.3 ("enhanced decoding"), in the form
/// of Xiao and Liu, "RetroMAE v2" (2022), where queries pass the norm of the embeddings.
struct SummaryDecoder {
  private let query: TransformerNetwork.Linear
  private let keysAndValues: TransformerNetwork.Linear
  private let output: TransformerNetwork.Linear
  private let outputNorm: TransformerNetwork.Norm
  private let expansion: TransformerNetwork.Linear
  private let contraction: TransformerNetwork.Linear
  private let norm: TransformerNetwork.Norm

  static func declarations(_ configuration: TransformerConfiguration) -> [(name: String, shape: Shape, isTrained: Bool)] {
    let (size, inner) = (configuration.hiddenSize, configuration.intermediateSize)
    return [
      ("query", [size, size]), ("keys and values", [2 * size, size]), ("output", [size, size]), ("output norm", [size]),
      ("expansion", [inner, size]), ("contraction", [size, inner]), ("norm", [size]),
    ].flatMap { name, shape -> [(name: String, shape: Shape, isTrained: Bool)] in
      [("decoder " + name, Shape(shape), true), ("decoder " + name + " bias", [shape[0]], true)]
    }
  }

  /// Finds its parameters in a network that was made with its declarations, and gives them their first values.
  ///
  /// - Parameter seed: of the weights, which are normally distributed with a standard deviation of 0.02.
  init(_ network: TransformerNetwork, seed: UInt64) {
    let parameters = network.parameters
    func pair(_ name: String) -> (Parameter, Parameter) {
      (parameters.required("decoder " + name), parameters.required("decoder " + name + " bias"))
    }
    func linear(_ name: String) -> TransformerNetwork.Linear {
      let (weight, bias) = pair(name)
      var generator = SeededGenerator(seed: seed, part: UInt64(weight.shape.count), UInt64(name.utf8.count))
      parameters[weight] = (0..<weight.shape.count).map { _ in 0.02 * generator.normalFloat() }
      return .init(weight: weight, bias: bias)
    }
    func norm(_ name: String) -> TransformerNetwork.Norm {
      let (gain, shift) = pair(name)
      parameters[gain] = [Float](repeating: 1, count: gain.shape.count)
      return .init(gain: gain, shift: shift)
    }
    (query, keysAndValues, output) = (linear("query"), linear("keys and values"), linear("output"))
    outputNorm = norm("output norm")
    (expansion, contraction) = (linear("expansion"), linear("contraction"))
    self.norm = norm("norm")
  }

  /// A state for each position, from which its token is to be told.
  ///
  /// - Parameters:
  ///   - summaries: a row for each sequence.
  ///   - tokens: the texts as they were.
  ///   - hidden: what positions do not see; see `VisibilityMask`.
  func states(
    from summaries: Tensor, _ tokens: PackedTokens, hidden: [UInt8], _ network: TransformerNetwork, on tape: Tape, dropout: DropoutRates
  ) throws(TensorError) -> Tensor {
    let count = tokens.ids.count
    let text = try network.embedded(tokens, on: tape, dropout: dropout)
    // the summary takes the place of the first token
    let places = tokens.sequences.enumerated().flatMap { number, rows in rows.map { Int32($0 == rows.lowerBound ? count + number : $0) } }
    let source = try Tensor.concatenated([text, summaries]).gathered(places)
    let repeated = try summaries.gathered(tokens.sequences.enumerated().flatMap { number, rows in rows.map { _ in Int32(number) } })
    let asking = try network.placed(repeated, at: tokens, on: tape, dropout: dropout)
    let shape = AttentionShape(heads: network.configuration.heads, headSize: network.configuration.headSize)
    let found = try network.linear(asking, query, on: tape).attention(
      over: network.linear(source, keysAndValues, on: tape), shape, sequences: tokens.sequences, hidden: hidden, dropout: dropout.attention)
    let mixed = try network.linear(found, output, on: tape).droppingOut(dropout.hidden)
    let middle = try network.normalised(asking.adding(mixed), outputNorm, on: tape)
    let inner = try network.linear(middle, expansion, on: tape).mapped(network.configuration.activation.function)
    let outer = try network.linear(inner, contraction, on: tape).droppingOut(dropout.hidden)
    return try network.normalised(middle.adding(outer), norm, on: tape)
  }
}
