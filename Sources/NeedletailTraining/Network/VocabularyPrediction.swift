internal import NeedletailModels
internal import NeedletailNumerics

/// The head that tells which token a state stands for: a dense layer, the activation, a norm, then the table of embeddings itself with a
/// bias (Devlin et al., NAACL 2019, section 3.1, in the released form).
struct VocabularyPrediction {
  private let dense: TransformerNetwork.Linear
  private let norm: TransformerNetwork.Norm
  private let bias: Parameter

  static func declarations(_ configuration: TransformerConfiguration) -> [(name: String, shape: Shape, isTrained: Bool)] {
    let size = configuration.hiddenSize
    return [
      ("vocabulary dense", [size, size], true), ("vocabulary dense bias", [size], true), ("vocabulary norm", [size], true),
      ("vocabulary norm bias", [size], true), ("vocabulary bias", [configuration.vocabularySize], true),
    ]
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
    for (name, parameter) in tensors(of: network.directory) {
      guard let tensor = weights.tensor(named: name), tensor.shape == parameter.shape.extents else { continue }
      parameters[parameter] = weights.floats(tensor)
    }
  }

  /// The scores of all tokens of the vocabulary for each state.
  func scores(of states: Tensor, _ network: TransformerNetwork, on tape: Tape) throws(TensorError) -> Tensor {
    let inner = try network.linear(states, dense, on: tape).mapped(network.configuration.activation.function)
    return try network.normalised(inner, norm, on: tape)
      .linear(tape.parameter(network.words, of: network.parameters), bias: tape.parameter(bias, of: network.parameters))
  }

  /// What a weight file holds of the head.
  func entries(of network: TransformerNetwork) -> [SafetensorsWriter.Entry] {
    tensors(of: network.directory).map { name, parameter in
      .init(name: name, shape: parameter.shape.extents) { network.parameters[parameter] }
    }
  }

  private func tensors(of directory: ModelDirectory) -> [(String, Parameter)] {
    let names = directory.tensorNames
    guard let inner = names.head(.vocabularyDense), let norms = names.head(.vocabularyNorm), let biasName = names.vocabularyBias else { return [] }
    return [
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
