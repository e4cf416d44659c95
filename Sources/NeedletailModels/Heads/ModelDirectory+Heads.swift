internal import NeedletailNumerics

extension ModelDirectory {
  /// A linear layer of a head, checked and packed.
  ///
  /// - Parameter outputs: how many it has to have; nil takes what the file has.
  func linear(_ part: HeadPart, outputs: Int?) throws(ModelError) -> PackedMatrix {
    let name = try headName(part)
    let inputs = configuration.hiddenSize
    guard let tensor = weights.tensor(named: name + ".weight") else {
      throw .tensor(path: weights.path, name: name + ".weight", reason: "is missing: the model has no such head")
    }
    let rows = outputs ?? tensor.shape.first ?? 0
    guard tensor.shape == [rows, inputs] else {
      throw .tensor(path: weights.path, name: name + ".weight", reason: "has the shape \(tensor.shape) where \([rows, inputs]) is expected")
    }
    return PackedMatrix(weight: weights.floats(tensor), bias: try vector(name + ".bias", rows), precision: .float32)
  }

  /// The norm of a head.
  func norm(_ part: HeadPart) throws(ModelError) -> LayerNorm {
    let name = try headName(part)
    let size = configuration.hiddenSize
    return LayerNorm(
      gain: try vector(name + ".weight", size), shift: try vector(name + ".bias", size), epsilon: Float(configuration.layerNormEpsilon))
  }

  /// The scores of the vocabulary: often the embedding itself, with a bias.
  ///
  /// - Parameter hasBias: whether the bias is wanted.
  func vocabularyScores(hasBias: Bool = true) throws(ModelError) -> PackedMatrix {
    let name = try headName(.vocabulary)
    let stored = weights.tensor(named: name + ".weight")
    guard let tensor = stored ?? weights.tensor(named: tensorNames.weight(.wordEmbedding)),
      tensor.shape == [configuration.vocabularySize, configuration.hiddenSize]
    else { throw .tensor(path: weights.path, name: name + ".weight", reason: "is missing or of another shape than the embedding") }
    let biasNames = [tensorNames.vocabularyBias, name + ".bias"].compactMap(\.self)
    guard let biasName = biasNames.first(where: { weights.tensor(named: $0) != nil }) else {
      throw .tensor(path: weights.path, name: name + ".bias", reason: "is missing")
    }
    let bias = try vector(biasName, configuration.vocabularySize)
    return PackedMatrix(weight: weights.floats(tensor), bias: hasBias ? bias : bias.map { _ in 0 }, precision: .float32)
  }

  /// The products of a state with the embeddings of the vocabulary, whatever a language model scores the next token by.
  func embeddingScores() throws(ModelError) -> PackedMatrix {
    let shape = [configuration.vocabularySize, configuration.hiddenSize]
    let name = tensorNames.weight(.wordEmbedding)
    guard let tensor = weights.tensor(named: name), tensor.shape == shape else {
      throw .tensor(path: weights.path, name: name, reason: "is missing or has not the shape \(shape)")
    }
    return PackedMatrix(
      weight: weights.floats(tensor), bias: Array(repeating: 0, count: configuration.vocabularySize), precision: .float32)
  }

  /// The scores of the next token: of a language model, whose embedding they may share.
  func nextTokenScores() throws(ModelError) -> PackedMatrix {
    let shape = [configuration.vocabularySize, configuration.hiddenSize]
    let tensor = weights.tensor(named: TensorNames.nextToken) ?? weights.tensor(named: tensorNames.weight(.wordEmbedding))
    guard let tensor, tensor.shape == shape else {
      throw .tensor(path: weights.path, name: TensorNames.nextToken, reason: "has not the shape \(shape)")
    }
    return PackedMatrix(
      weight: weights.floats(tensor), bias: Array(repeating: 0, count: configuration.vocabularySize), precision: .float32)
  }

  private func headName(_ part: HeadPart) throws(ModelError) -> String {
    if let name = tensorNames.head(part) { return name }
    throw .unsupported(
      path: path, feature: "a head on \(configuration.architecture.rawValue)",
      advice: "Heads are known of bert, distilbert, roberta and mpnet.")
  }

  private func vector(_ name: String, _ count: Int) throws(ModelError) -> [Float] {
    guard let tensor = weights.tensor(named: name), tensor.shape == [count] else {
      throw .tensor(path: weights.path, name: name, reason: "is missing or has not \(count) entries")
    }
    return weights.floats(tensor)
  }
}
