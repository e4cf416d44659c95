internal import NeedletailModels
internal import NeedletailNumerics

/// The head that tells which token a state stands for: a dense layer, the activation, a norm, then the table of embeddings itself with a
/// bias (Devlin et al., NAACL 2019, section 3.1, in the released form).
struct VocabularyPrediction {
  private let dense: TransformerNetwork.Linear
  private let norm: TransformerNetwork.Norm
  private let bias: Parameter

  static func declarations(
    _ configuration: TransformerConfiguration, isTrained: Bool = true
  ) -> [(name: String, shape: Shape, isTrained: Bool)] {
    let size = configuration.hiddenSize
    return [
      ("vocabulary dense", [size, size], isTrained), ("vocabulary dense bias", [size], isTrained), ("vocabulary norm", [size], isTrained),
      ("vocabulary norm bias", [size], isTrained), ("vocabulary bias", [configuration.vocabularySize], isTrained),
    ]
  }

  /// Makes sure that the scores of a directory's vocabulary, if it has any, are those of the embeddings themselves.
  static func check(_ directory: ModelDirectory) throws(ModelError) {
    guard let name = directory.tensorNames.head(.vocabulary).map({ $0 + ".weight" }), let tensor = directory.weights.tensor(named: name) else { return }
    guard directory.weights.floats(tensor) == directory.weight(of: .wordEmbedding) else {
      throw .unsupported(
        path: directory.path, feature: "training a head whose scores are not those of the embeddings (\(name))",
        advice: "Choose a model with `tie_word_embeddings`.")
    }
  }

  /// Finds its parameters in a network that was made with its declarations, and reads their values from the model directory; a directory
  /// without the head gives a dense layer that changes nothing and no bias.
  init(_ network: TransformerNetwork) {
    let parameters = network.parameters
    func named(_ name: String) -> Parameter { parameters.required(name) }
    dense = .init(weight: named("vocabulary dense"), bias: named("vocabulary dense bias"))
    norm = .init(gain: named("vocabulary norm"), shift: named("vocabulary norm bias"))
    bias = named("vocabulary bias")
    let size = network.configuration.hiddenSize
    parameters[dense.weight] = (0..<size * size).map { $0 / size == $0 % size ? 1 : 0 }
    parameters[norm.gain] = [Float](repeating: 1, count: size)
    let weights = network.directory.weights
    for (name, parameter) in tensors(of: network) where parameter != network.words {
      guard let tensor = weights.tensor(named: name), tensor.shape == parameter.shape.extents else { continue }
      parameters[parameter] = weights.floats(tensor)
    }
  }

  /// The scores of all tokens of the vocabulary for each state.
  func scores(of states: Tensor, _ network: TransformerNetwork, on tape: Tape) throws(TensorError) -> Tensor {
    // RoBERTa's head has GELU whatever the layers have
    let function = network.configuration.architecture == .roberta ? EntryFunction.gelu : network.configuration.activation.function
    let inner = try network.linear(states, dense, on: tape).mapped(function)
    return try network.normalised(inner, norm, on: tape)
      .linear(tape.parameter(network.words, of: network.parameters), bias: tape.parameter(bias, of: network.parameters))
  }

  /// The weight of each term of the vocabulary for each sequence: log(1 + max(0, s)) with s the largest score over its tokens (Formal et
  /// al., "SPLADE v2", 2021, equations 1 and 6).
  func weights(of states: Tensor, _ sequences: [Range<Int>], _ network: TransformerNetwork, on tape: Tape) throws(TensorError) -> Tensor {
    // the largest first: the rest never falls
    try scores(of: states, network, on: tape).reduced(sequences, by: .maximum).mapped(.relu).affine(factor: 1, offset: 1).mapped(.log)
  }

  /// The gradients of what learns, by the names that tensors have in weight files.
  func gradients(of network: TransformerNetwork) -> [String: [Float]] {
    var values: [String: [Float]] = [:]
    for (name, parameter) in tensors(of: network) where parameter.isTrained && parameter != network.words {
      values[name] = network.parameters.gradient(of: parameter)
    }
    return values
  }

  /// What a weight file holds of the head.
  func entries(of network: TransformerNetwork) -> [SafetensorsWriter.Entry] {
    tensors(of: network).map { name, parameter in
      .init(name: name, shape: parameter.shape.extents) { network.parameters[parameter] }
    }
  }

  private func tensors(of network: TransformerNetwork) -> [(String, Parameter)] {
    let names = network.directory.tensorNames
    guard let inner = names.head(.vocabularyDense), let norms = names.head(.vocabularyNorm), let biasName = names.vocabularyBias else { return [] }
    // files that keep the shared weight and bias a second time get them so again
    let copies = [(".weight", network.words), (".bias", bias)].compactMap { suffix, parameter in
      names.head(.vocabulary).map { ($0 + suffix, parameter) }
    }
    return copies.filter { $0.0 != biasName && network.directory.weights.tensor(named: $0.0) != nil } + [
      (inner + ".weight", dense.weight), (inner + ".bias", dense.bias), (norms + ".weight", norm.gain), (norms + ".bias", norm.shift),
      (biasName, bias),
    ]
  }
}

extension Parameters {
  /// The parameter of a name that was declared.
  func required(_ name: String) -> Parameter {
    guard let parameter = parameter(named: name) else { preconditionFailure("the parameter \(name) was not declared") }
    return parameter
  }
}
