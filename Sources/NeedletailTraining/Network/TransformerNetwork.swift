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
    /// What is added to some of its outputs.
    var additions: [Addition] = []
  }

  /// The two small matrices that are added to a weight, or to a part of it.
  struct Addition {
    let part: TransformerPart
    let down: Parameter
    let up: Parameter
    /// The first output that it adds to.
    let firstOutput: Int
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
    /// Small additions to some layers, which stay as they are themselves.
    case additions(LowRankSettings)
  }

  /// How the small additions are made that learn; nil if the network itself does.
  public let lowRank: LowRankSettings?
  /// How many tensors of the weight file a parameter holds one below the other, where they are several.
  private let pieceCounts: [Parameter: Int]

  /// What the network makes of the states of a text's tokens.
  public enum Reading: Hashable, Sendable {
    /// A vector, as the directory says.
    case pooled
    /// A weight for each term of the vocabulary, by a head of masked language modelling; see `SparseEmbedder`.
    case terms
  }

  /// What `vectors` are.
  public var reading: Reading { prediction == nil ? .pooled : .terms }
  /// The head that weighs terms, if that is how texts are read.
  private(set) var prediction: VocabularyPrediction?
  /// Components of `vectors`.
  public var dimension: Int { reading == .terms ? configuration.vocabularySize : configuration.hiddenSize }

  /// Makes sure that the network of a directory is one that can be trained: BERT, DistilBERT or RoBERTa.
  public static func check(_ directory: ModelDirectory, reading: Reading = .pooled) throws(ModelError) {
    if reading == .terms { try VocabularyPrediction.check(directory) }
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
  ///   - trained: which layers learn. The head learns with them, except beside small additions, whose files could not hold it.
  ///   - reading: what becomes of the states. A head that the directory lacks begins as one that changes nothing.
  public convenience init(_ directory: ModelDirectory, trained: Trained = .everything, reading: Reading = .pooled) {
    var isHeadTrained = true
    if case .additions = trained { isHeadTrained = false }
    let head = VocabularyPrediction.declarations(directory.configuration, isTrained: isHeadTrained)
    self.init(directory, trained: trained, with: reading == .terms ? head : [])
    if reading == .terms { prediction = VocabularyPrediction(self) }
  }

  /// - Parameter additions: parameters that learn together with the network and are not part of it: zeros at first.
  init(_ directory: ModelDirectory, trained: Trained, with additions: [(name: String, shape: Shape, isTrained: Bool)]) {
    self.directory = directory
    let configuration = directory.configuration
    if case .additions(let settings) = trained { lowRank = settings } else { lowRank = nil }
    let plan = ParameterPlan(configuration, trained: trained)
    parameters = Parameters(plan.declarations + additions)
    var generator = SeededGenerator(seed: lowRank?.seed ?? 0)
    for addition in plan.additions {
      // as PEFT begins: A uniform by the number of inputs, B zero, so that nothing is added
      let down = parameters.all[addition.down]
      let bound = 1 / Float(down.shape[1]).squareRoot()
      parameters[down] = (0..<down.shape.count).map { _ in Float.random(in: -bound...bound, using: &generator) }
    }
    pieceCounts = Dictionary(uniqueKeysWithValues: zip(parameters.all, plan.pieces.map(\.count)))
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
    func linear() -> Linear {
      let index = next
      let additions = plan.additions.filter { $0.weight == index }.map {
        Addition(part: $0.part, down: all[$0.down], up: all[$0.up], firstOutput: $0.firstOutput)
      }
      return Linear(weight: take(), bias: take(), additions: additions)
    }
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

  /// Writes the network as a model directory of the same layout as the one it came from; one that weighs terms as `SparseEmbedder` and
  /// the `SparseEncoder` of sentence-transformers read it.
  public func save(to path: String) throws(ModelError) { try save(to: path, adding: prediction?.entries(of: self) ?? []) }

  /// - Parameter additions: tensors of a head.
  func save(to path: String, adding additions: [SafetensorsWriter.Entry]) throws(ModelError) {
    var values: [String: () -> [Float]] = [:]
    let adapter = adapter
    var parts: [String: TransformerPart] = [:]
    for part in (adapter?.additions ?? [:]).keys { parts[directory.tensorNames.weight(part)] = part }
    forEachTensor { name, parameter, range in
      values[name] = { [parameters] in
        var weight = Array(parameters[parameter][range])
        if let adapter, let part = parts[name] { adapter.add(to: &weight, of: part) }
        return weight
      }
    }
    try directory.save(to: path, replacing: values, adding: additions, as: reading == .terms ? .sparse : .embedder)
  }

  /// The additions as they stand, for the directory's model; nil if the network itself learns.
  public var adapter: LowRankAdapter? {
    guard let lowRank else { return nil }
    var additions: [TransformerPart: LowRankAdapter.Addition] = [:]
    for addition in layers.flatMap({ [$0.projection, $0.attentionOutput, $0.expansion, $0.contraction] }).flatMap(\.additions) {
      additions[addition.part] = .init(down: parameters[addition.down], up: parameters[addition.up])
    }
    return LowRankAdapter(rank: lowRank.rank, alpha: lowRank.alpha, additions: additions)
  }

  /// How many tensors of the weight file a parameter holds one below the other.
  func pieceCount(of parameter: Parameter) -> Int { pieceCounts[parameter] ?? 1 }

  /// The gradients of all that learns by the names that tensors have in weight files.
  public var gradientsByTensorName: [String: [Float]] {
    var values = prediction?.gradients(of: self) ?? [:]
    forEachTensor { name, parameter, range in
      guard parameter.isTrained else { return }
      values[name] = Array(parameters.gradient(of: parameter)[range])
    }
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
  /// Places of parameters in `declarations`; those of the additions come behind all others, and have no pieces.
  private(set) var additions: [(part: TransformerPart, weight: Int, down: Int, up: Int, firstOutput: Int)] = []

  init(_ configuration: TransformerConfiguration, trained: TransformerNetwork.Trained) {
    let firstTrained: Int
    switch trained {
    case .everything: firstTrained = -1
    case .lastLayers(let count): firstTrained = configuration.layers - count
    case .additions: firstTrained = .max
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
    if case .additions(let settings) = trained { add(settings, configuration) }
  }

  private mutating func add(_ settings: LowRankSettings, _ configuration: TransformerConfiguration) {
    for (weight, parts) in pieces.enumerated() where parts[0].part.isLinear && !parts[0].isBias {
      var firstOutput = 0
      for piece in parts {
        let shape = configuration.weightShape(of: piece.part)
        if settings.targets.contains(where: { $0.matches(piece.part) }) {
          let first = declarations.count
          declarations.append(("\(piece.part) down", [settings.rank, shape[1]], true))
          declarations.append(("\(piece.part) up", [shape[0], settings.rank], true))
          additions.append((piece.part, weight, first, first + 1, firstOutput))
        }
        firstOutput += shape[0]
      }
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
