internal import NeedletailNumerics

extension TransformerBackbone {
  /// Reads and packs the weights.
  init(_ configuration: TransformerConfiguration, weights: SafetensorsFile, precision: LayerPrecision) throws(ModelError) {
    let reader = try WeightReader(weights: weights, configuration: configuration)
    shape = LayerShape(
      hiddenSize: configuration.hiddenSize, heads: configuration.heads, intermediateSize: configuration.intermediateSize,
      activation: configuration.activation, precision: precision)
    embeddings = try reader.embeddings()
    embeddingNorm = try reader.norm("embeddings.LayerNorm", configuration.hiddenSize)
    positionOffset = configuration.positionOffset
    var layers: [TransformerLayer] = []
    for index in 0..<configuration.layers { try layers.append(reader.layer(index, shape)) }
    self.layers = layers
  }
}

/// Finds the tensors of a network in its file and checks their shapes.
private struct WeightReader {
  let weights: SafetensorsFile
  let configuration: TransformerConfiguration
  let names: BackboneNames
  /// What precedes all names: nothing, or the name of the network within a larger model.
  let prefix: String

  init(weights: SafetensorsFile, configuration: TransformerConfiguration) throws(ModelError) {
    self.weights = weights
    self.configuration = configuration
    names = configuration.architecture == .distilBERT ? .distilBERT : .bert
    let key = "embeddings.word_embeddings.weight"
    guard let name = weights.names.first(where: { $0 == key || $0.hasSuffix("." + key) }) else { throw .missingTensor(key) }
    prefix = String(name.dropLast(key.count))
  }

  func embeddings() throws(ModelError) -> EmbeddingTables {
    let columns = configuration.hiddenSize
    let words = try tensor("embeddings.word_embeddings.weight", [configuration.vocabularySize, columns])
    let positions = try tensor("embeddings.position_embeddings.weight", [configuration.maximumPositions, columns])
    var segment: [Float]?
    if configuration.typeVocabularySize > 0 {
      let segments = try tensor("embeddings.token_type_embeddings.weight", [configuration.typeVocabularySize, columns])
      segment = Array(weights.floats(segments).prefix(columns))
    }
    return EmbeddingTables(words: FloatTable(words, of: weights), positions: FloatTable(positions, of: weights), segment: segment)
  }

  func layer(_ index: Int, _ shape: LayerShape) throws(ModelError) -> TransformerLayer {
    let prefix = names.layer(index) + "."
    let hidden = shape.hiddenSize
    let precision = shape.precision.products
    var projection: (weight: [Float], bias: [Float]) = ([], [])
    for name in [names.query, names.key, names.value] {
      let part = try linear(prefix + name, inputs: hidden, outputs: hidden)
      projection.weight += part.weight
      projection.bias += part.bias
    }
    let attentionOutput = try linear(prefix + names.attentionOutput, inputs: hidden, outputs: hidden)
    let inner = try linear(prefix + names.inner, inputs: hidden, outputs: shape.intermediateSize)
    let output = try linear(prefix + names.output, inputs: shape.intermediateSize, outputs: hidden)
    return TransformerLayer(
      shape: shape,
      projection: PackedMatrix(weight: projection.weight, bias: projection.bias, precision: precision),
      attentionOutput: PackedMatrix(weight: attentionOutput.weight, bias: attentionOutput.bias, precision: precision),
      attentionNorm: try norm(prefix + names.attentionNorm, hidden),
      inner: PackedMatrix(weight: inner.weight, bias: inner.bias, precision: precision),
      output: PackedMatrix(weight: output.weight, bias: output.bias, precision: precision),
      outputNorm: try norm(prefix + names.outputNorm, hidden))
  }

  func norm(_ name: String, _ columns: Int) throws(ModelError) -> LayerNorm {
    LayerNorm(
      gain: weights.floats(try tensor(name + ".weight", [columns])), shift: weights.floats(try tensor(name + ".bias", [columns])),
      epsilon: configuration.layerNormEpsilon)
  }

  private func linear(_ name: String, inputs: Int, outputs: Int) throws(ModelError) -> (weight: [Float], bias: [Float]) {
    (weights.floats(try tensor(name + ".weight", [outputs, inputs])), weights.floats(try tensor(name + ".bias", [outputs])))
  }

  private func tensor(_ name: String, _ shape: [Int]) throws(ModelError) -> StoredTensor {
    guard let tensor = weights.tensor(named: prefix + name) else { throw .missingTensor(name) }
    guard tensor.shape == shape else { throw .wrongShape(name) }
    return tensor
  }
}
