
/// A part of a network that owns a weight and perhaps a bias.
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
  /// Queries, keys and values in one matrix, where files have them so.
  case projections(layer: Int)
  /// The activated factor of a gated inner layer; the expansion is the other.
  case gate(layer: Int)
  /// Gate and expansion in one matrix, where files have them so.
  case gatedExpansion(layer: Int)
  /// The norms of each head of queries and keys.
  case queryNorm(layer: Int)
  case keyNorm(layer: Int)
  /// After the last layer.
  case finalNorm
  /// The biases of distances, for all layers.
  case relativeBias

  /// Whether it is a table without a bias.
  public var isEmbedding: Bool {
    switch self {
    case .wordEmbedding, .positionEmbedding, .typeEmbedding, .relativeBias: true
    default: false
    }
  }

  /// Whether it is a norm.
  public var isNorm: Bool {
    switch self {
    case .embeddingNorm, .attentionNorm, .outputNorm, .queryNorm, .keyNorm, .finalNorm: true
    default: false
    }
  }
}

extension TransformerConfiguration {
  /// Every part of the network, in the order of computation.
  public var parts: [TransformerPart] {
    var parts: [TransformerPart] = [.wordEmbedding]
    if style.rotary == nil { parts.append(.positionEmbedding) }
    if typeVocabularySize > 0 { parts.append(.typeEmbedding) }
    if architecture != .decoder { parts.append(.embeddingNorm) }
    if style.relativeBuckets > 0 { parts.append(.relativeBias) }
    parts += (0..<layers).flatMap(layerParts)
    return style.normsFirst ? parts + [.finalNorm] : parts
  }

  private func layerParts(_ layer: Int) -> [TransformerPart] {
    switch architecture {
    case .bert, .distilBERT, .roberta, .mpnet:
      [
        .query(layer: layer), .key(layer: layer), .value(layer: layer), .attentionOutput(layer: layer),
        .attentionNorm(layer: layer), .expansion(layer: layer), .contraction(layer: layer), .outputNorm(layer: layer),
      ]
    case .modernBERT:
      // The embeddings have just been normalised when the first layer begins.
      (layer == 0 ? [] : [.attentionNorm(layer: layer)]) + [
        .projections(layer: layer), .attentionOutput(layer: layer), .outputNorm(layer: layer), .gatedExpansion(layer: layer),
        .contraction(layer: layer),
      ]
    case .nomicBERT:
      [
        .projections(layer: layer), .attentionOutput(layer: layer), .attentionNorm(layer: layer), .gate(layer: layer),
        .expansion(layer: layer), .contraction(layer: layer), .outputNorm(layer: layer),
      ]
    case .decoder:
      [.attentionNorm(layer: layer), .query(layer: layer), .key(layer: layer), .value(layer: layer)]
        + (style.normalisesHeads ? [.queryNorm(layer: layer), .keyNorm(layer: layer)] : [])
        + [
          .attentionOutput(layer: layer), .outputNorm(layer: layer), .gate(layer: layer), .expansion(layer: layer),
          .contraction(layer: layer),
        ]
    }
  }

  /// Whether a part has a bias.
  public func hasBias(_ part: TransformerPart) -> Bool {
    switch part {
    case .wordEmbedding, .positionEmbedding, .typeEmbedding, .relativeBias, .queryNorm, .keyNorm: false
    case .embeddingNorm, .attentionNorm, .outputNorm, .finalNorm: style.biases.norms
    case .query, .key, .value, .projections: style.biases.projections
    case .attentionOutput: style.biases.attentionOutput
    case .expansion, .contraction, .gate, .gatedExpansion: style.biases.feedForward
    }
  }

  /// The shape of a part's weight; those of linear layers are outputs by inputs. A bias has the first extent.
  public func weightShape(of part: TransformerPart) -> [Int] {
    switch part {
    case .wordEmbedding: [vocabularySize, hiddenSize]
    case .positionEmbedding: [maximumPositions, hiddenSize]
    case .typeEmbedding: [typeVocabularySize, hiddenSize]
    case .relativeBias: [style.relativeBuckets, heads]
    case .embeddingNorm, .attentionNorm, .outputNorm, .finalNorm: [hiddenSize]
    case .queryNorm, .keyNorm: [headSize]
    case .query: [heads * headSize, hiddenSize]
    case .key, .value: [keyValueHeads * headSize, hiddenSize]
    case .projections: [(heads + 2 * keyValueHeads) * headSize, hiddenSize]
    case .attentionOutput: [hiddenSize, heads * headSize]
    case .expansion, .gate: [intermediateSize, hiddenSize]
    case .gatedExpansion: [2 * intermediateSize, hiddenSize]
    case .contraction: [hiddenSize, intermediateSize]
    }
  }
}

/// A linear layer or norm behind the last layer of a network.
public enum HeadPart: Hashable, Sendable {
  /// What comes before the scores of a classifier.
  case classifierDense
  case classifier
  /// What comes before the scores of a vocabulary.
  case vocabularyDense
  case vocabularyNorm
  /// The scores of a vocabulary; many files have only the bias, since the weight is that of the embedding.
  case vocabulary
}

/// What a weight file calls the tensors of the network.
public struct TensorNames: Hashable, Sendable {
  private let architecture: TransformerConfiguration.Architecture
  private let prefix: String
  /// Early conversions from TensorFlow call the weight and bias of a norm gamma and beta.
  private let normsAreGreek: Bool

  /// What models saved as part of a larger one have in front of their names.
  private static let prefixes = ["", "bert.", "distilbert.", "roberta.", "mpnet.", "model."]

  /// Finds out the habits of a file: models saved as part of a larger one put its name in front (`bert.`).
  ///
  /// - Returns: nil if the file holds no word embedding, so it is not of this family.
  public init?(for architecture: TransformerConfiguration.Architecture, in file: WeightFiles) {
    let suffix = Self.wordEmbedding(architecture) + ".weight"
    guard let name = Self.prefixes.map({ $0 + suffix }).first(where: { file.tensor(named: $0) != nil })
    else { return nil }
    self.architecture = architecture
    prefix = String(name.dropLast(suffix.count))
    normsAreGreek = file.tensor(named: prefix + "embeddings.LayerNorm.gamma") != nil
  }

  /// The names of a file that is to be written.
  init(writing architecture: TransformerConfiguration.Architecture) {
    self.architecture = architecture
    prefix = ""
    normsAreGreek = false
  }

  /// The name of the part's weight.
  public func weight(_ part: TransformerPart) -> String {
    prefix + stem(part) + (part.isNorm && normsAreGreek ? ".gamma" : ".weight")
  }

  /// The name of the part's bias; embeddings have none.
  public func bias(_ part: TransformerPart) -> String? {
    part.isEmbedding ? nil : prefix + stem(part) + (part.isNorm && normsAreGreek ? ".beta" : ".bias")
  }

  /// What a model that is no part of a larger one calls the module of a part.
  func module(_ part: TransformerPart) -> String { stem(part) }

  /// The name of a module in such a model, whatever the model is part of that it was taken from.
  static func withoutPrefix(_ module: String) -> String {
    let prefix = prefixes.first { !$0.isEmpty && module.hasPrefix($0) } ?? ""
    return String(module.dropFirst(prefix.count))
  }

  /// What a part of a head is called; nil where the architecture has no such head that is known.
  public func head(_ part: HeadPart) -> String? {
    switch (architecture, part) {
    case (.bert, .classifierDense): prefix + "pooler.dense"
    case (.distilBERT, .classifierDense): "pre_classifier"
    case (.roberta, .classifierDense), (.mpnet, .classifierDense): "classifier.dense"
    case (.bert, .classifier), (.distilBERT, .classifier): "classifier"
    case (.roberta, .classifier), (.mpnet, .classifier): "classifier.out_proj"
    case (.bert, .vocabularyDense): "cls.predictions.transform.dense"
    case (.bert, .vocabularyNorm): "cls.predictions.transform.LayerNorm"
    case (.bert, .vocabulary): "cls.predictions.decoder"
    case (.distilBERT, .vocabularyDense): "vocab_transform"
    case (.distilBERT, .vocabularyNorm): "vocab_layer_norm"
    case (.distilBERT, .vocabulary): "vocab_projector"
    case (.roberta, .vocabularyDense), (.mpnet, .vocabularyDense): "lm_head.dense"
    case (.roberta, .vocabularyNorm), (.mpnet, .vocabularyNorm): "lm_head.layer_norm"
    case (.roberta, .vocabulary), (.mpnet, .vocabulary): "lm_head.decoder"
    case (.modernBERT, _), (.nomicBERT, _), (.decoder, _): nil
    }
  }

  /// What the bias of the vocabulary's scores is called where it stands apart from a weight.
  public var vocabularyBias: String? {
    switch architecture {
    case .bert: "cls.predictions.bias"
    case .distilBERT: "vocab_projector.bias"
    case .roberta, .mpnet: "lm_head.bias"
    case .modernBERT, .nomicBERT, .decoder: nil
    }
  }

  /// The scores of the next token, where they are not the embedding's.
  static let nextToken = "lm_head.weight"

  /// What the table of tokens is called.
  static func wordEmbedding(_ architecture: TransformerConfiguration.Architecture) -> String {
    switch architecture {
    case .bert, .distilBERT, .roberta, .mpnet, .nomicBERT: "embeddings.word_embeddings"
    case .modernBERT: "embeddings.tok_embeddings"
    case .decoder: "embed_tokens"
    }
  }

  private func stem(_ part: TransformerPart) -> String {
    switch part {
    case .wordEmbedding: Self.wordEmbedding(architecture)
    case .positionEmbedding: "embeddings.position_embeddings"
    case .typeEmbedding: "embeddings.token_type_embeddings"
    case .embeddingNorm:
      switch architecture {
      case .modernBERT: "embeddings.norm"
      case .nomicBERT: "emb_ln"
      default: "embeddings.LayerNorm"
      }
    case .relativeBias: "encoder.relative_attention_bias"
    case .finalNorm: architecture == .modernBERT ? "final_norm" : "norm"
    case .query(let layer), .key(let layer), .value(let layer), .attentionOutput(let layer), .attentionNorm(let layer),
      .expansion(let layer), .contraction(let layer), .outputNorm(let layer), .projections(let layer), .gate(let layer),
      .gatedExpansion(let layer), .queryNorm(let layer), .keyNorm(let layer):
      "\(layers).\(layer).\(names[LayerPart(part)] ?? "")"
    }
  }

  /// What the list of layers is called.
  private var layers: String {
    switch architecture {
    case .bert, .roberta, .mpnet: "encoder.layer"
    case .distilBERT: "transformer.layer"
    case .nomicBERT: "encoder.layers"
    case .modernBERT, .decoder: "layers"
    }
  }

  /// What the parts of a layer are called.
  private var names: [LayerPart: String] {
    switch architecture {
    case .bert, .roberta: Self.bertNames
    case .distilBERT: Self.distilledNames
    case .mpnet: Self.mpnetNames
    case .modernBERT: Self.modernNames
    case .nomicBERT: Self.nomicNames
    case .decoder: Self.decoderNames
    }
  }
}
