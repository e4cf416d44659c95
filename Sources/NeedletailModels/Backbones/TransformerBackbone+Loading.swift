internal import NeedletailNumerics

extension TransformerBackbone {
  /// Reads and packs the weights of a directory, which has checked that they are there and in shape.
  init(_ directory: ModelDirectory, precision: LayerPrecision) {
    let configuration = directory.configuration
    let shape = LayerShape(
      hiddenSize: configuration.hiddenSize, heads: configuration.heads, intermediateSize: configuration.intermediateSize,
      activation: Activation(configuration.activation), precision: precision)
    self.shape = shape
    positionOffset = configuration.positionOffset
    embeddings = EmbeddingTables(
      words: directory.table(.wordEmbedding), positions: directory.table(.positionEmbedding),
      segment: configuration.typeVocabularySize > 0
        ? Array(directory.weight(of: .typeEmbedding).prefix(configuration.hiddenSize)) : nil)
    embeddingNorm = directory.norm(.embeddingNorm)
    layers = (0..<configuration.layers).map { directory.layer($0, shape) }
  }
}

extension ModelDirectory {
  fileprivate func layer(_ layer: Int, _ shape: LayerShape) -> TransformerLayer {
    TransformerLayer(
      shape: shape,
      projection: matrix([.query(layer: layer), .key(layer: layer), .value(layer: layer)], shape),
      attentionOutput: matrix([.attentionOutput(layer: layer)], shape),
      attentionNorm: norm(.attentionNorm(layer: layer)),
      expansion: matrix([.expansion(layer: layer)], shape),
      contraction: matrix([.contraction(layer: layer)], shape),
      outputNorm: norm(.outputNorm(layer: layer)))
  }

  /// Linear layers with the same input, as one.
  private func matrix(_ parts: [TransformerPart], _ shape: LayerShape) -> PackedMatrix {
    PackedMatrix(weight: parts.flatMap(weight(of:)), bias: parts.flatMap(bias(of:)), precision: shape.precision.products)
  }

  fileprivate func norm(_ part: TransformerPart) -> LayerNorm {
    LayerNorm(gain: weight(of: part), shift: bias(of: part), epsilon: Float(configuration.layerNormEpsilon))
  }

  fileprivate func table(_ part: TransformerPart) -> FloatTable {
    guard let tensor = weights.tensor(named: tensorNames.weight(part)) else {
      preconditionFailure("\(path) was opened without a \(part)")
    }
    return FloatTable(tensor, of: weights)
  }
}

extension Activation {
  fileprivate init(_ activation: TransformerConfiguration.Activation) {
    switch activation {
    case .gelu: self = .gelu
    case .geluTanh: self = .geluTanh
    case .relu: self = .relu
    }
  }
}
