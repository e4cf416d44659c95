internal import NeedletailCore

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
    let fields = try FieldNames(architecture, file)
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
      maximumPositions: try size(fields.positions, atMost: 1 << 21),
      typeVocabularySize: try architecture.hasTypes ? file.require("type_vocab_size", file.integer("type_vocab_size", in: 0...1 << 10)) : 0,
      layerNormEpsilon: try Self.epsilon(architecture, fields.epsilon, file),
      activation: try Self.activation(fields.activation, file),
      positionOffset: try Self.positionOffset(architecture, file))
    try readHeads(file)
    try readStyle(modelType, file)
    guard maximumTokens > 0 else {
      throw .malformedFile(path: path, reason: "\(maximumPositions) positions leave no room behind the padding index")
    }
  }

  private static func refuseVariants(_ file: ConfigurationFile) throws(ModelError) {
    if let kind = try file.string("position_embedding_type"), kind != "absolute" {
      throw file.unsupported("the position embedding \(kind)", "Choose a model with absolute positions.")
    }
    if try file.boolean("is_decoder") == true {
      throw file.unsupported("a decoder with cross-attention", "Choose an encoder or a language model.")
    }
    let sizes = 1...1 << 16
    if let size = try file.integer("embedding_size", in: sizes), try file.integer("hidden_size", in: sizes) != size {
      throw file.unsupported("an embedding size other than the hidden size", "Choose another model.")
    }
  }

  private static func epsilon(_ architecture: Architecture, _ key: String, _ file: ConfigurationFile) throws(ModelError) -> Double {
    // DistilBERT's is a constant of its program, not of its configuration.
    if architecture == .distilBERT { return 1e-12 }
    let epsilon = try file.require(key, file.number(key))
    guard epsilon > 0, epsilon < 1 else { throw .malformedFile(path: file.path, reason: "\(key) is \(epsilon)") }
    return epsilon
  }

  static func activation(_ key: String, _ file: ConfigurationFile) throws(ModelError) -> Activation {
    let name = try file.require(key, file.string(key))
    switch name {
    case "gelu", "gelu_python": return .gelu
    case "gelu_new", "gelu_fast", "gelu_pytorch_tanh": return .geluTanh
    case "relu": return .relu
    case "silu", "swish", "swiglu": return .silu
    default: throw file.unsupported("the activation \(name)", "Supported are gelu, gelu_new, relu and silu.")
    }
  }

  private static func positionOffset(_ architecture: Architecture, _ file: ConfigurationFile) throws(ModelError) -> Int {
    guard architecture == .roberta || architecture == .mpnet else { return 0 }
    return try file.require("pad_token_id", file.integer("pad_token_id", in: 0...1 << 20)) + 1
  }

  private mutating func readHeads(_ file: ConfigurationFile) throws(ModelError) {
    keyValueHeads = try architecture == .decoder ? file.integer("num_key_value_heads", in: 1...1 << 10) ?? heads : heads
    guard heads.isMultiple(of: keyValueHeads) else {
      throw .malformedFile(path: file.path, reason: "\(keyValueHeads) heads of keys do not divide \(heads) heads of queries")
    }
    if architecture == .decoder, let size = try file.integer("head_dim", in: 1...1 << 12) {
      headSize = size
    } else if !hiddenSize.isMultiple(of: heads) {
      throw .malformedFile(path: file.path, reason: "\(heads) heads do not divide a hidden size of \(hiddenSize)")
    }
  }

  private mutating func readStyle(_ modelType: String, _ file: ConfigurationFile) throws(ModelError) {
    switch architecture {
    case .bert, .distilBERT, .roberta: break
    case .mpnet:
      style.relativeBuckets = try file.require(
        "relative_attention_num_buckets", file.integer("relative_attention_num_buckets", in: 4...1 << 12))
    case .modernBERT: try readModernStyle(file)
    case .nomicBERT: try readNomicStyle(file)
    case .decoder: try readDecoderStyle(modelType, file)
    }
    guard style.rotary == nil || headSize.isMultiple(of: 2) else {
      throw .malformedFile(path: file.path, reason: "heads of \(headSize) components cannot be turned in pairs")
    }
  }
}

/// What `config.json` calls the fields whose names differ.
private struct FieldNames {
  var hiddenSize = "hidden_size"
  var layers = "num_hidden_layers"
  var heads = "num_attention_heads"
  var intermediateSize = "intermediate_size"
  var positions = "max_position_embeddings"
  var activation = "hidden_act"
  var epsilon = "layer_norm_eps"

  init(_ architecture: TransformerConfiguration.Architecture, _ file: ConfigurationFile) throws(ModelError) {
    switch architecture {
    case .bert, .roberta, .mpnet: break
    case .distilBERT: (hiddenSize, layers, heads, intermediateSize, activation) = ("dim", "n_layers", "n_heads", "hidden_dim", "activation")
    case .modernBERT: (activation, epsilon) = ("hidden_activation", "norm_eps")
    case .nomicBERT where file.value("n_embd") != nil:
      // as first published, with the names of GPT-2
      (hiddenSize, layers, heads, intermediateSize) = ("n_embd", "n_layer", "n_head", "n_inner")
      (positions, activation, epsilon) = ("n_positions", "activation_function", "layer_norm_epsilon")
    case .nomicBERT: break
    case .decoder: epsilon = "rms_norm_eps"
    }
  }
}

extension TransformerConfiguration.Architecture {
  /// The `model_type` of `config.json` for each architecture.
  static let modelTypes: [String: Self] = [
    "bert": .bert, "distilbert": .distilBERT, "roberta": .roberta, "xlm-roberta": .roberta, "camembert": .roberta, "mpnet": .mpnet,
    "modernbert": .modernBERT, "nomic_bert": .nomicBERT, "llama": .decoder, "mistral": .decoder, "qwen2": .decoder, "qwen3": .decoder,
  ]

  init?(modelType: String) {
    guard let architecture = Self.modelTypes[modelType] else { return nil }
    self = architecture
  }

  /// Whether tokens have types, of which each has an embedding.
  var hasTypes: Bool {
    switch self {
    case .bert, .roberta, .nomicBERT: true
    case .distilBERT, .mpnet, .modernBERT, .decoder: false
    }
  }
}
