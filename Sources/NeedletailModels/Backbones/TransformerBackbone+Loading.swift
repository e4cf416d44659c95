internal import Foundation
internal import NeedletailNumerics

extension TransformerBackbone {
  /// Reads and packs the weights of a directory, which has checked that they are there and in shape.
  init(_ directory: ModelDirectory, precision: LayerPrecision) {
    let configuration = directory.configuration
    let style = configuration.style
    let worksOnHeads = style.rotary != nil || style.normalisesHeads
    let shape = LayerShape(
      hiddenSize: configuration.hiddenSize, heads: configuration.heads, keyValueHeads: configuration.keyValueHeads,
      headSize: configuration.headSize, intermediateSize: configuration.intermediateSize,
      activation: Activation(configuration.activation), normsFirst: style.normsFirst, isGated: style.isGated,
      precision: worksOnHeads || configuration.headSize % 2 != 0 ? precision.withFloatAttention : precision)
    self.shape = shape
    positionOffset = configuration.positionOffset
    embeddings = EmbeddingTables(
      words: directory.table(.wordEmbedding), positions: style.rotary == nil ? directory.table(.positionEmbedding) : nil,
      segments: configuration.typeVocabularySize > 0 ? directory.table(.typeEmbedding) : nil)
    embeddingNorm = configuration.architecture == .decoder ? nil : directory.norm(.embeddingNorm)
    finalNorm = style.normsFirst ? directory.norm(.finalNorm) : nil
    let positions = directory.positions()
    layers = (0..<configuration.layers).map { directory.layer($0, shape, positions) }
  }
}

/// What all layers share to know where tokens stand.
private struct SharedPositions {
  var rotary: RotaryTable?
  var localRotary: RotaryTable?
  var bias: RelativeBias?
}

extension ModelDirectory {
  fileprivate func positions() -> SharedPositions {
    let style = configuration.style
    func table(_ rotary: RotaryPositions?) -> RotaryTable? {
      rotary.map { RotaryTable(frequencies: $0.frequencies(headSize: configuration.headSize), positions: maximumTokens) }
    }
    var shared = SharedPositions(rotary: table(style.rotary), localRotary: table(style.localRotary))
    if style.relativeBuckets > 0 {
      let weights = weight(of: .relativeBias)
      let buckets = DistanceBuckets(count: style.relativeBuckets)
      shared.bias = RelativeBias(heads: configuration.heads, reach: maximumTokens, headSize: configuration.headSize) { head, distance in
        weights[buckets.bucket(of: distance) * configuration.heads + head]
      }
    }
    return shared
  }

  fileprivate func layer(_ layer: Int, _ shape: LayerShape, _ positions: SharedPositions) -> TransformerLayer {
    let style = configuration.style
    let isLocal = style.isLocal(layer)
    let feedForward = feedForward(layer, shape)
    let hasFirstNorm = configuration.parts.contains(.attentionNorm(layer: layer))
    return TransformerLayer(
      shape: shape,
      projection: projection(layer, shape),
      headNorms: style.normalisesHeads ? (query: norm(.queryNorm(layer: layer)), key: norm(.keyNorm(layer: layer))) : nil,
      rotary: isLocal ? positions.localRotary ?? positions.rotary : positions.rotary,
      mask: AttentionMask(before: isLocal ? style.reach : nil, after: style.isCausal ? 0 : isLocal ? style.reach : nil),
      bias: positions.bias,
      attentionOutput: matrix([.attentionOutput(layer: layer)], shape),
      attentionNorm: hasFirstNorm ? norm(.attentionNorm(layer: layer)) : nil,
      gate: feedForward.gate,
      expansion: feedForward.expansion,
      contraction: matrix([.contraction(layer: layer)], shape),
      outputNorm: norm(.outputNorm(layer: layer)))
  }

  private func projection(_ layer: Int, _ shape: LayerShape) -> PackedMatrix {
    switch configuration.architecture {
    case .modernBERT, .nomicBERT: matrix([.projections(layer: layer)], shape)
    case .bert, .distilBERT, .roberta, .mpnet, .decoder:
      matrix([.query(layer: layer), .key(layer: layer), .value(layer: layer)], shape)
    }
  }

  private func feedForward(_ layer: Int, _ shape: LayerShape) -> (gate: PackedMatrix?, expansion: PackedMatrix) {
    guard shape.isGated else { return (nil, matrix([.expansion(layer: layer)], shape)) }
    guard configuration.architecture == .modernBERT else {
      return (matrix([.gate(layer: layer)], shape), matrix([.expansion(layer: layer)], shape))
    }
    let part = TransformerPart.gatedExpansion(layer: layer)
    let (weights, biases) = (weight(of: part), biasOrZeros(of: part))
    func half(_ index: Int) -> PackedMatrix {
      let size = weights.count / 2, width = biases.count / 2
      return PackedMatrix(
        weight: Array(weights[index * size..<(index + 1) * size]), bias: Array(biases[index * width..<(index + 1) * width]),
        precision: shape.precision.products)
    }
    return (half(0), half(1))
  }

  /// Linear layers with the same input, as one.
  private func matrix(_ parts: [TransformerPart], _ shape: LayerShape) -> PackedMatrix {
    PackedMatrix(weight: parts.flatMap(weight(of:)), bias: parts.flatMap(biasOrZeros(of:)), precision: shape.precision.products)
  }

  private func biasOrZeros(of part: TransformerPart) -> [Float] {
    configuration.hasBias(part) ? bias(of: part) : Array(repeating: 0, count: configuration.weightShape(of: part)[0])
  }

  fileprivate func norm(_ part: TransformerPart) -> LayerNorm {
    let epsilon = Float(configuration.layerNormEpsilon)
    guard configuration.style.usesRootMeanSquare else {
      return LayerNorm(gain: weight(of: part), shift: biasOrZeros(of: part), epsilon: epsilon)
    }
    return LayerNorm(rootMeanSquareGain: weight(of: part), epsilon: epsilon)
  }

  fileprivate func table(_ part: TransformerPart) -> FloatTable {
    guard let tensor = weights.tensor(named: tensorNames.weight(part)) else {
      preconditionFailure("\(path) was opened without a \(part)")
    }
    return FloatTable(tensor, of: weights.file(of: tensor))
  }
}

/// Which distances share a bias: near ones have their own, far ones share it the more the farther they are (Raffel et al., 2020,
/// section 2.1; half of the buckets for keys before the query and half for those behind).
struct DistanceBuckets: Hashable, Sendable {
  let count: Int
  private static let farthest: Float = 128

  /// The bucket of `key - query`.
  func bucket(of distance: Int) -> Int {
    let half = count / 2, exact = half / 2
    let length = abs(distance), first = distance > 0 ? half : 0
    guard length >= exact else { return first + length }
    let scale = log(Double(Self.farthest) / Double(exact))
    let logarithm = log(Float(length) / Float(exact)) / Float(scale) * Float(half - exact)
    return first + min(half - 1, exact + Int(logarithm))
  }
}

extension Activation {
  init(_ activation: TransformerConfiguration.Activation) {
    switch activation {
    case .gelu: self = .gelu
    case .geluTanh: self = .geluTanh
    case .relu: self = .relu
    case .silu: self = .silu
    }
  }
}
