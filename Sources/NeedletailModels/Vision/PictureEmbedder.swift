public import NeedletailCore
public import NeedletailNumerics
internal import Foundation
internal import Synchronization

/// An embedder of pictures by a vision transformer: squares of a picture as tokens of our transformer's layers, with norms first
/// (Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021).
///
/// Directories are those of the Python class `ViTModel`, or of models that contain one. A picture of another size is scaled to the model's; its
/// vector is the state of the summary token after the last norm, of unit length.
///
/// ```swift
/// let embedder = try PictureEmbedder(path: "vit-base-patch16-224")
/// let vectors = try embedder.encode([Picture(path: "needle.ppm")])
/// ```
public final class PictureEmbedder: Sendable {
  private let configuration: VisionConfiguration
  private let shape: LayerShape
  private let patches: PackedMatrix
  private let summary: [Float]
  /// A row for each token.
  private let positions: [Float]
  private let layers: [TransformerLayer]
  private let finalNorm: LayerNorm
  private let pool: WorkerPool

  /// Components of a vector.
  public var dimension: Int { configuration.hiddenSize }

  /// Opens a directory.
  ///
  /// - Parameters:
  ///   - path: of the directory.
  ///   - precision: the arithmetic of the layers.
  ///   - pool: the threads that encode.
  /// - Throws: when a file or a tensor is missing, or the network is of another kind.
  public init(path: String, precision: EmbedderPrecision = .float32, pool: WorkerPool = .shared) throws(ModelError) {
    let configuration = try VisionConfiguration(directory: path)
    let weights = try VisionWeights(folder: path)
    let headSize = configuration.hiddenSize / configuration.heads
    let plan = precision.layers
    let shape = LayerShape(
      hiddenSize: configuration.hiddenSize, heads: configuration.heads, keyValueHeads: configuration.heads, headSize: headSize,
      intermediateSize: configuration.intermediateSize, activation: Activation(configuration.activation), normsFirst: true, isGated: false,
      precision: headSize.isMultiple(of: 2) ? plan : plan.withFloatAttention)
    let (size, side) = (configuration.hiddenSize, configuration.patchSize)
    patches = try weights.matrix(
      ["embeddings.patch_embeddings.projection"], [size, configuration.channels, side, side], hasBias: true, .float32)
    summary = try weights.floats("embeddings.cls_token", [1, 1, size])
    positions = try weights.floats("embeddings.position_embeddings", [1, configuration.tokens, size])
    var layers: [TransformerLayer] = []
    for layer in 0..<configuration.layers { layers.append(try weights.layer(layer, shape, configuration)) }
    self.layers = layers
    finalNorm = try weights.norm("layernorm", size, configuration.epsilon)
    (self.configuration, self.shape, self.pool) = (configuration, shape, pool)
  }

  /// A vector for each picture, in order.
  public func encode(_ pictures: [Picture]) -> DenseVectors {
    let results = Mutex([Float](repeating: 0, count: pictures.count * dimension))
    let workers = min(pool.threadCount, pictures.count)
    pool.forEach(workers) { worker in
      let space = workspace()
      for index in stride(from: worker, to: pictures.count, by: workers) {
        forward(pictures[index], space)
        var vector = [Float](repeating: 0, count: dimension)
        space.state.reduce(rows: 0..<1, .first, scaled: true, into: &vector, at: 0)
        results.withLock { $0.replaceSubrange(index * dimension..<(index + 1) * dimension, with: vector) }
      }
    }
    return DenseVectors(dimension: dimension, values: results.withLock { $0 })
  }

  /// The states of a picture's tokens after the last norm: that of the summary, then those of the squares, line after line.
  public func states(of picture: Picture) -> [[Float]] {
    let space = workspace()
    forward(picture, space)
    return (0..<configuration.tokens).map { space.state[$0] }
  }

  private func workspace() -> LayerWorkspace {
    LayerWorkspace(shape: shape, tokens: configuration.tokens, division: .single, maximumLength: configuration.tokens)
  }

  private func forward(_ picture: Picture, _ space: LayerWorkspace) {
    let size = configuration.imageSize
    let squares = configuration.patches(of: picture.scaled(toWidth: size, height: size))
    let input = Activations(.float32, rows: squares.count, columns: patches.inputs)
    for (row, square) in squares.enumerated() { input[row] = square }
    space.state[0] = summary
    patches.multiply(input, rows: 0..<squares.count, into: space.state, firstRow: 1)
    let width = dimension
    for row in 0..<configuration.tokens {
      space.state[row] = zip(space.state[row], positions[row * width..<(row + 1) * width]).map { $0 + $1 }
    }
    let rows = 0..<configuration.tokens
    let places = BlockPlaces(sequences: [rows], positions: rows.map { Int32($0) })
    for layer in layers { layer.forward(space, places, division: .single) }
    space.state.normalise(rows: rows, finalNorm)
  }
}

/// The tensors of a vision transformer by their names in the files.
private struct VisionWeights {
  private let weights: WeightFiles
  private let prefix: String

  init(folder: String) throws(ModelError) {
    weights = try WeightFiles(folder: folder)
    let name = "embeddings.cls_token"
    guard let prefix = ["", "vit."].first(where: { [weights] in weights.tensor(named: $0 + name) != nil }) else {
      throw .tensor(path: weights.path, name: name, reason: "is missing")
    }
    self.prefix = prefix
  }

  func floats(_ name: String, _ shape: [Int]) throws(ModelError) -> [Float] {
    guard let tensor = weights.tensor(named: prefix + name) else { throw .tensor(path: weights.path, name: prefix + name, reason: "is missing") }
    guard tensor.shape == shape, [.float32, .float16, .bfloat16].contains(tensor.elementType) else {
      throw .tensor(path: weights.path, name: prefix + name, reason: "has the shape \(tensor.shape) where \(shape) is expected, of floats")
    }
    return weights.floats(tensor)
  }

  /// Linear layers with the same input, as one.
  func matrix(_ names: [String], _ shape: [Int], hasBias: Bool, _ precision: MatrixPrecision) throws(ModelError) -> PackedMatrix {
    var (weight, bias): ([Float], [Float]) = ([], [])
    for name in names {
      weight += try floats(name + ".weight", shape)
      bias += try hasBias ? floats(name + ".bias", [shape[0]]) : Array(repeating: 0, count: shape[0])
    }
    return PackedMatrix(weight: weight, bias: bias, precision: precision)
  }

  func norm(_ name: String, _ size: Int, _ epsilon: Float) throws(ModelError) -> LayerNorm {
    LayerNorm(gain: try floats(name + ".weight", [size]), shift: try floats(name + ".bias", [size]), epsilon: epsilon)
  }

  func layer(_ number: Int, _ shape: LayerShape, _ configuration: VisionConfiguration) throws(ModelError) -> TransformerLayer {
    let place = "encoder.layer.\(number)."
    let (size, inner, precision) = (shape.hiddenSize, shape.intermediateSize, shape.precision.products)
    return TransformerLayer(
      shape: shape,
      projection: try matrix(
        ["query", "key", "value"].map { place + "attention.attention." + $0 }, [size, size], hasBias: configuration.hasProjectionBiases, precision),
      headNorms: nil, rotary: nil, mask: .all, bias: nil,
      attentionOutput: try matrix([place + "attention.output.dense"], [size, size], hasBias: true, precision),
      attentionNorm: try norm(place + "layernorm_before", size, configuration.epsilon), gate: nil,
      expansion: try matrix([place + "intermediate.dense"], [inner, size], hasBias: true, precision),
      contraction: try matrix([place + "output.dense"], [size, inner], hasBias: true, precision),
      outputNorm: try norm(place + "layernorm_after", size, configuration.epsilon))
  }
}
