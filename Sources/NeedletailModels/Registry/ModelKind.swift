internal import Foundation
internal import NeedletailCore

/// What a model makes of texts.
public enum ModelKind: String, Hashable, Codable, Sendable, CaseIterable {
  /// A vector of each text: `TransformerEmbedder`, `WordNetworkEmbedder`, or a shallow model.
  case embedder
  /// A score of a query with a passage: `CrossEncoder`.
  case crossEncoder = "cross-encoder"
  /// Weights of the vocabulary's terms: `SparseEmbedder`.
  case sparse
  /// A vector of each token: `MultiVectorEmbedder`.
  case multiVector = "multi-vector"
  /// The continuation of a text: `LanguageModel`.
  case languageModel = "language-model"

  /// Finds out what a directory holds, by its module files or, without them, by the class that its configuration names.
  ///
  /// A directory that does not tell is taken for an embedder, whose opening says what is missing.
  public init(ofDirectory path: String) throws(ModelError) {
    if ShallowModel.isModel(at: path) {
      self = .embedder
      return
    }
    if try MultiVectorSettings.isModel(at: path) {
      self = .multiVector
      return
    }
    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path + "/" + name) }
    if has("config_sentence_transformers.json") {
      let type = try ConfigurationFile(path: path + "/config_sentence_transformers.json", advice: "").string("model_type")
      switch type {
      case "CrossEncoder":
        self = .crossEncoder
        return
      case "SparseEncoder":
        self = .sparse
        return
      default: break
      }
    }
    if has("modules.json") {
      var kinds: Set<String> = []
      for entry in try ConfigurationFile.list(path: path + "/modules.json", advice: "") {
        kinds.formUnion(try entry.string("type").flatMap { $0.split(separator: ".").last.map(String.init) }.map { [$0] } ?? [])
      }
      self = kinds.isDisjoint(with: ["SpladePooling", "MLMTransformer"]) ? .embedder : .sparse
      return
    }
    guard has("config.json") else {
      self = .embedder
      return
    }
    let architecture = try ConfigurationFile(path: path + "/config.json", advice: "").firstString("architectures") ?? ""
    if architecture.hasSuffix("ForSequenceClassification") {
      self = .crossEncoder
    } else if architecture.hasSuffix("ForMaskedLM") {
      self = .sparse
    } else if architecture.hasSuffix("ForCausalLM") {
      self = .languageModel
    } else {
      self = .embedder
    }
  }

  /// What there is to know of a directory of this kind, its head unread. The dimension of a cross-encoder is that of its score, 1.
  func profile(ofDirectory path: String, named name: String) throws(ModelError) -> EmbedderProfile {
    if ShallowModel.isModel(at: path) { return try ShallowSettings.read(folder: path).profile(named: name) }
    if self == .embedder, WordNetworkEmbedder.isModel(at: path) { return try WordNetworkSettings(directory: path).profile(named: name) }
    let directory = self == .embedder ? try ModelDirectory(path: path) : try ModelDirectory(headed: path)
    if self == .multiVector { return try MultiVectorEmbedder.profile(directory, MultiVectorSettings(directory: path), name) }
    let plain = directory.profile(named: name)
    let dimension = switch self {
    case .embedder, .languageModel, .multiVector: plain.dimension
    case .crossEncoder: 1
    case .sparse: directory.configuration.vocabularySize
    }
    return EmbedderProfile(
      name: name, digest: plain.digest, dimension: dimension, maximumTokens: plain.maximumTokens,
      similarity: self == .sparse ? .dot : plain.similarity)
  }

  /// Opens a directory with its head and its tokenizer, which proves that it can be used.
  func check(_ path: String) throws(ModelError) {
    switch self {
    case .embedder: _ = try ModelDirectory(path: path)
    case .crossEncoder: _ = try CrossEncoder(path: path)
    case .sparse: _ = try SparseEmbedder(path: path)
    case .multiVector: _ = try MultiVectorEmbedder(path: path)
    case .languageModel: _ = try LanguageModel(path: path)
    }
  }

  /// What to do with a model of this kind.
  var advice: String {
    switch self {
    case .embedder: "An embedding model is what `index` and `search` take."
    case .crossEncoder: "A cross-encoder orders answers: `needletail search --rerank NAME`."
    case .sparse: "A sparse model weighs terms: `needletail sparse encode NAME`."
    case .multiVector: "A multi-vector model compares tokens: `needletail multivector build --token-model NAME`."
    case .languageModel: "A language model continues texts: `needletail generate NAME`."
    }
  }
}
