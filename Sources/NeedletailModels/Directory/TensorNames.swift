public import NeedletailNumerics

/// A part of a network of the BERT family that owns a weight and perhaps a bias.
public enum TransformerPart: Hashable, Sendable {
  case wordEmbedding
  case positionEmbedding
  /// Absent from DistilBERT.
  case typeEmbedding
  case embeddingNorm
  case query(layer: Int)
  case key(layer: Int)
  case value(layer: Int)
  case attentionOutput(layer: Int)
  case attentionNorm(layer: Int)
  /// From the hidden to the intermediate size.
  case expansion(layer: Int)
  /// And back.
  case contraction(layer: Int)
  case outputNorm(layer: Int)

  /// Whether it is a table without a bias.
  public var isEmbedding: Bool {
    switch self {
    case .wordEmbedding, .positionEmbedding, .typeEmbedding: true
    default: false
    }
  }

  /// Whether it is a layer normalisation.
  public var isNorm: Bool {
    switch self {
    case .embeddingNorm, .attentionNorm, .outputNorm: true
    default: false
    }
  }
}

extension TransformerConfiguration {
  /// Every part of the network, in the order of computation.
  public var parts: [TransformerPart] {
    let embeddings: [TransformerPart] = [.wordEmbedding, .positionEmbedding] + (typeVocabularySize > 0 ? [.typeEmbedding] : [])
    return embeddings + [.embeddingNorm]
      + (0..<layers).flatMap { layer -> [TransformerPart] in
        [
          .query(layer: layer), .key(layer: layer), .value(layer: layer), .attentionOutput(layer: layer),
          .attentionNorm(layer: layer), .expansion(layer: layer), .contraction(layer: layer), .outputNorm(layer: layer),
        ]
      }
  }

  /// The shape of a part's weight; those of linear layers are outputs by inputs. A bias has the first extent.
  public func weightShape(of part: TransformerPart) -> [Int] {
    switch part {
    case .wordEmbedding: [vocabularySize, hiddenSize]
    case .positionEmbedding: [maximumPositions, hiddenSize]
    case .typeEmbedding: [typeVocabularySize, hiddenSize]
    case .embeddingNorm, .attentionNorm, .outputNorm: [hiddenSize]
    case .query, .key, .value, .attentionOutput: [hiddenSize, hiddenSize]
    case .expansion: [intermediateSize, hiddenSize]
    case .contraction: [hiddenSize, intermediateSize]
    }
  }
}

/// What a weight file calls the tensors of the network.
public struct TensorNames: Hashable, Sendable {
  private let architecture: TransformerConfiguration.Architecture
  private let prefix: String
  /// Early conversions from TensorFlow call the weight and bias of a norm gamma and beta.
  private let normsAreGreek: Bool

  /// Finds out the habits of a file: models saved as part of a larger one put its name in front (`bert.`).
  ///
  /// - Returns: nil if the file holds no word embedding, so it is not of this family.
  public init?(for architecture: TransformerConfiguration.Architecture, in file: SafetensorsFile) {
    let suffix = "embeddings.word_embeddings.weight"
    guard let name = ["", "bert.", "distilbert.", "roberta."].map({ $0 + suffix }).first(where: { file.tensor(named: $0) != nil })
    else { return nil }
    self.architecture = architecture
    prefix = String(name.dropLast(suffix.count))
    normsAreGreek = file.tensor(named: prefix + "embeddings.LayerNorm.gamma") != nil
  }

  /// The name of the part's weight.
  public func weight(_ part: TransformerPart) -> String {
    prefix + stem(part) + (part.isNorm && normsAreGreek ? ".gamma" : ".weight")
  }

  /// The name of the part's bias; embeddings have none.
  public func bias(_ part: TransformerPart) -> String? {
    part.isEmbedding ? nil : prefix + stem(part) + (part.isNorm && normsAreGreek ? ".beta" : ".bias")
  }

  private func stem(_ part: TransformerPart) -> String {
    let isDistilled = architecture == .distilBERT
    func inLayer(_ layer: Int, _ bert: String, _ distilBERT: String) -> String {
      isDistilled ? "transformer.layer.\(layer).\(distilBERT)" : "encoder.layer.\(layer).\(bert)"
    }
    return switch part {
    case .wordEmbedding: "embeddings.word_embeddings"
    case .positionEmbedding: "embeddings.position_embeddings"
    case .typeEmbedding: "embeddings.token_type_embeddings"
    case .embeddingNorm: "embeddings.LayerNorm"
    case .query(let layer): inLayer(layer, "attention.self.query", "attention.q_lin")
    case .key(let layer): inLayer(layer, "attention.self.key", "attention.k_lin")
    case .value(let layer): inLayer(layer, "attention.self.value", "attention.v_lin")
    case .attentionOutput(let layer): inLayer(layer, "attention.output.dense", "attention.out_lin")
    case .attentionNorm(let layer): inLayer(layer, "attention.output.LayerNorm", "sa_layer_norm")
    case .expansion(let layer): inLayer(layer, "intermediate.dense", "ffn.lin1")
    case .contraction(let layer): inLayer(layer, "output.dense", "ffn.lin2")
    case .outputNorm(let layer): inLayer(layer, "output.LayerNorm", "output_layer_norm")
    }
  }
}
