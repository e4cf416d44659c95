public import NeedletailModels
public import NeedletailNumerics

/// An encoder of the BERT family that learns.
///
/// Configuration, names and files are those of the network that embeds (`TransformerEmbedder`); the steps are operations on a tape, over
/// the same packed sequences without padding. Queries, keys and values are one parameter, as they are one product.
public final class TransformerNetwork {
  public let directory: ModelDirectory
  public let parameters: Parameters
  public var configuration: TransformerConfiguration { directory.configuration }

  let words: Parameter
  let positions: Parameter
  let types: Parameter?
  let embeddingNorm: Norm
  let layers: [Layer]

  struct Norm {
    let gain: Parameter
    let shift: Parameter
  }

  struct Linear {
    let weight: Parameter
    let bias: Parameter
  }

  struct Layer {
    let projection: Linear
    let attentionOutput: Linear
    let attentionNorm: Norm
    let expansion: Linear
    let contraction: Linear
    let outputNorm: Norm
  }

  /// Which layers learn.
  public enum Trained: Hashable, Sendable {
    case everything
    /// The last so many layers; embeddings and the others stay as they are.
    case lastLayers(Int)
  }

  /// Makes sure that the network of a directory is one that can be trained: BERT, DistilBERT or RoBERTa.
  public static func check(_ directory: ModelDirectory) throws(ModelError) {
    guard directory.configuration.style == LayerStyle(), directory.pooling != .last else {
      throw .unsupported(
        path: directory.path, feature: "training \(directory.configuration.architecture.rawValue) with this pooling",
        advice: "Train a model of BERT's layers: bert, distilbert, roberta or xlm-roberta, with mean, cls or max pooling.")
    }
  }

  /// Reads the network of a directory.
  ///
  /// - Precondition: `check` lets the directory pass.
  /// - Parameters:
  ///   - directory: the model.
  ///   - trained: which layers learn.
  public convenience init(_ directory: ModelDirectory, trained: Trained = .everything) {
    self.init(directory, trained: trained, with: [])
  }

  /// - Parameter additions: parameters that learn together with the network and are not part of it: zeros at first.
  init(_ directory: ModelDirectory, trained: Trained, with additions: [(name: String, shape: Shape, isTrained: Bool)]) {
    self.directory = directory
    let configuration = directory.configuration
    let plan = ParameterPlan(configuration, trained: trained)
    parameters = Parameters(plan.declarations + additions)
    for (parameter, pieces) in zip(parameters.all, plan.pieces) {
      parameters[parameter] = pieces.flatMap { $0.isBias ? directory.bias(of: $0.part) : directory.weight(of: $0.part) }
    }
    let all = parameters.all
    var next = all.startIndex
    func take() -> Parameter {
      defer { next += 1 }
      return all[next]
    }
    func norm() -> Norm { Norm(gain: take(), shift: take()) }
    func linear() -> Linear { Linear(weight: take(), bias: take()) }
    words = take()
    positions = take()
    types = configuration.typeVocabularySize > 0 ? take() : nil
    embeddingNorm = norm()
    layers = (0..<configuration.layers).map { _ in
      Layer(
        projection: linear(), attentionOutput: linear(), attentionNorm: norm(), expansion: linear(), contraction: linear(),
        outputNorm: norm())
    }
  }

  /// Writes the network as a model directory of the same layout as the one it came from.
  public func save(to path: String) throws(ModelError) { try save(to: path, adding: []) }

  /// - Parameter additions: tensors of a head.
  func save(to path: String, adding additions: [SafetensorsWriter.Entry]) throws(ModelError) {
    var values: [String: () -> [Float]] = [:]
    forEachTensor { name, parameter, range in
      values[name] = { [parameters] in Array(parameters[parameter][range]) }
    }
    try directory.save(to: path, replacing: values, adding: additions)
  }

  /// The gradients by the names that tensors have in weight files.
  public var gradientsByTensorName: [String: [Float]] {
    var values: [String: [Float]] = [:]
    forEachTensor { name, parameter, range in values[name] = Array(parameters.gradient(of: parameter)[range]) }
    return values
  }

  /// Calls `body` for every tensor of the weight file with the parameter that holds it, and where.
  private func forEachTensor(_ body: (_ name: String, _ parameter: Parameter, _ range: Range<Int>) -> Void) {
    let plan = ParameterPlan(configuration, trained: .everything)
    for (parameter, pieces) in zip(parameters.all, plan.pieces) {
      // a parameter of several tensors holds them one after the other, in equal parts
      let size = parameter.shape.count / pieces.count
      for (index, piece) in pieces.enumerated() {
        let name = piece.isBias ? directory.tensorNames.bias(piece.part) : directory.tensorNames.weight(piece.part)
        if let name { body(name, parameter, index * size..<(index + 1) * size) }
      }
    }
  }
}

/// How the tensors of the family become parameters: which, in which order, made of which parts.
struct ParameterPlan {
  struct Piece {
    let part: TransformerPart
    let isBias: Bool
  }

  private(set) var declarations: [(name: String, shape: Shape, isTrained: Bool)] = []
  private(set) var pieces: [[Piece]] = []

  init(_ configuration: TransformerConfiguration, trained: TransformerNetwork.Trained) {
    let firstTrained: Int
    switch trained {
    case .everything: firstTrained = -1
    case .lastLayers(let count): firstTrained = configuration.layers - count
    }
    var part = configuration.parts[...]
    while let first = part.popFirst() {
      var group = [first]
      if case .query = first { group += [part.removeFirst(), part.removeFirst()] }
      let isTrained = (first.layer ?? -1) >= firstTrained
      var shape = configuration.weightShape(of: first)
      shape[0] *= group.count
      add("\(first)", shape, group.map { Piece(part: $0, isBias: false) }, isTrained)
      if !first.isEmbedding { add("\(first) bias", [shape[0]], group.map { Piece(part: $0, isBias: true) }, isTrained) }
    }
  }

  private mutating func add(_ name: String, _ shape: [Int], _ parts: [Piece], _ isTrained: Bool) {
    declarations.append((name, Shape(shape), isTrained))
    pieces.append(parts)
  }
}

extension TransformerPart {
  /// The layer it belongs to; nil for the embeddings.
  var layer: Int? {
    switch self {
    case .wordEmbedding, .positionEmbedding, .typeEmbedding, .embeddingNorm, .finalNorm, .relativeBias: nil
    case .query(let layer), .key(let layer), .value(let layer), .attentionOutput(let layer), .attentionNorm(let layer),
      .expansion(let layer), .contraction(let layer), .outputNorm(let layer), .projections(let layer), .gate(let layer),
      .gatedExpansion(let layer), .queryNorm(let layer), .keyNorm(let layer): layer
    }
  }
}
