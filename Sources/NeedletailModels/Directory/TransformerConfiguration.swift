/// The shape of a network of the BERT family, as its `config.json` gives it.
///
/// The family is one network (Devlin et al., NAACL 2019; DistilBERT: Sanh et al., 2019; RoBERTa: Liu et al., 2019) with
/// differences that fit into this value and `TensorNames`: there is no type per product. MiniLM is a small BERT, XLM-R a
/// RoBERTa with another vocabulary.
public struct TransformerConfiguration: Hashable, Sendable {
  /// Which names and which habits the files have.
  public enum Architecture: String, Hashable, Sendable, CaseIterable {
    case bert
    /// No token types.
    case distilBERT
    /// Positions begin behind the padding index.
    case roberta
  }

  /// The function between the two layers of the feed-forward part.
  public enum Activation: String, Hashable, Sendable, CaseIterable {
    /// x Φ(x), exactly.
    case gelu
    /// Its approximation by the hyperbolic tangent.
    case geluTanh
    case relu
  }

  public var architecture: Architecture
  /// Rows of the token embedding.
  public var vocabularySize: Int
  /// Components of the vector of a token, and of the result.
  public var hiddenSize: Int
  public var layers: Int
  /// Attention heads per layer; they divide `hiddenSize`.
  public var heads: Int
  /// Width of the feed-forward part.
  public var intermediateSize: Int
  /// Rows of the position embedding.
  public var maximumPositions: Int
  /// Rows of the token type embedding; 0 if there is none.
  public var typeVocabularySize: Int
  /// Added to the variance in layer normalisation.
  public var layerNormEpsilon: Double
  public var activation: Activation
  /// The row of the position embedding that the first token takes.
  public var positionOffset: Int

  /// Components per head.
  public var headSize: Int { hiddenSize / heads }

  /// The longest sequence the position embedding allows, special tokens included.
  public var maximumTokens: Int { maximumPositions - positionOffset }

  public init(
    architecture: Architecture, vocabularySize: Int, hiddenSize: Int, layers: Int, heads: Int, intermediateSize: Int,
    maximumPositions: Int, typeVocabularySize: Int, layerNormEpsilon: Double, activation: Activation = .gelu,
    positionOffset: Int = 0
  ) {
    self.architecture = architecture
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.layers = layers
    self.heads = heads
    self.intermediateSize = intermediateSize
    self.maximumPositions = maximumPositions
    self.typeVocabularySize = typeVocabularySize
    self.layerNormEpsilon = layerNormEpsilon
    self.activation = activation
    self.positionOffset = positionOffset
  }
}

extension TransformerConfiguration {
  /// Reads a `config.json`. A field that is missing, impossible or not supported is an error; nothing is assumed, because a
  /// wrong assumption gives vectors that look right and are not.
  public init(path: String) throws(ModelError) {
    let file = try ConfigurationFile(
      path: path, advice: "A model directory holds config.json, model.safetensors and tokenizer.json; download all of it.")
    let modelType = try file.require("model_type", file.string("model_type"))
    guard let architecture = Architecture(modelType: modelType) else {
      throw file.unsupported(
        "the model type \(modelType)", "Supported are: \(Architecture.modelTypes.keys.sorted().joined(separator: ", ")).")
    }
    try Self.refuseVariants(file)
    let fields = architecture.fieldNames
    func size(_ key: String, atMost limit: Int) throws(ModelError) -> Int {
      try file.require(key, file.integer(key, in: 1...limit))
    }
    self.init(
      architecture: architecture,
      vocabularySize: try size("vocab_size", atMost: 1 << 24),
      hiddenSize: try size(fields.hiddenSize, atMost: 1 << 16),
      layers: try size(fields.layers, atMost: 1 << 10),
      heads: try size(fields.heads, atMost: 1 << 10),
      intermediateSize: try size(fields.intermediateSize, atMost: 1 << 18),
      maximumPositions: try size("max_position_embeddings", atMost: 1 << 20),
      typeVocabularySize: architecture == .distilBERT ? 0 : try size("type_vocab_size", atMost: 1 << 10),
      layerNormEpsilon: try Self.epsilon(architecture, file),
      activation: try Self.activation(fields.activation, file),
      positionOffset: try Self.positionOffset(architecture, file))
    guard hiddenSize.isMultiple(of: heads) else {
      throw .malformedFile(path: path, reason: "\(heads) heads do not divide a hidden size of \(hiddenSize)")
    }
    guard maximumTokens > 0 else {
      throw .malformedFile(path: path, reason: "\(maximumPositions) positions leave no room behind the padding index")
    }
  }

  private static func refuseVariants(_ file: ConfigurationFile) throws(ModelError) {
    if let kind = try file.string("position_embedding_type"), kind != "absolute" {
      throw file.unsupported("the position embedding \(kind)", "Choose a model with absolute positions.")
    }
    if try file.boolean("is_decoder") == true {
      throw file.unsupported("a decoder", "Choose an encoder model.")
    }
    let sizes = 1...1 << 16
    if let size = try file.integer("embedding_size", in: sizes), try file.integer("hidden_size", in: sizes) != size {
      throw file.unsupported("an embedding size other than the hidden size", "Choose another model.")
    }
  }

  private static func epsilon(_ architecture: Architecture, _ file: ConfigurationFile) throws(ModelError) -> Double {
    // DistilBERT's is a constant of its program, not of its configuration.
    if architecture == .distilBERT { return 1e-12 }
    let epsilon = try file.require("layer_norm_eps", file.number("layer_norm_eps"))
    guard epsilon > 0, epsilon < 1 else { throw .malformedFile(path: file.path, reason: "layer_norm_eps is \(epsilon)") }
    return epsilon
  }

  private static func activation(_ key: String, _ file: ConfigurationFile) throws(ModelError) -> Activation {
    let name = try file.require(key, file.string(key))
    switch name {
    case "gelu", "gelu_python": return .gelu
    case "gelu_new", "gelu_fast", "gelu_pytorch_tanh": return .geluTanh
    case "relu": return .relu
    default: throw file.unsupported("the activation \(name)", "Supported are gelu, gelu_new and relu.")
    }
  }

  private static func positionOffset(_ architecture: Architecture, _ file: ConfigurationFile) throws(ModelError) -> Int {
    guard architecture == .roberta else { return 0 }
    return try file.require("pad_token_id", file.integer("pad_token_id", in: 0...1 << 20)) + 1
  }
}

extension TransformerConfiguration.Architecture {
  /// The `model_type` of `config.json` for each architecture.
  static let modelTypes: [String: Self] = [
    "bert": .bert, "distilbert": .distilBERT, "roberta": .roberta, "xlm-roberta": .roberta, "camembert": .roberta,
  ]

  init?(modelType: String) {
    guard let architecture = Self.modelTypes[modelType] else { return nil }
    self = architecture
  }

  /// What `config.json` calls the fields whose names differ.
  var fieldNames: (hiddenSize: String, layers: String, heads: String, intermediateSize: String, activation: String) {
    switch self {
    case .bert, .roberta: ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act")
    case .distilBERT: ("dim", "n_layers", "n_heads", "hidden_dim", "activation")
    }
  }
}
