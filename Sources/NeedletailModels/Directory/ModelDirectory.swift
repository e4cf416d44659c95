internal import Foundation
public import NeedletailCore
internal import NeedletailNumerics

/// A model on disk in the layout of sentence-transformers, read and checked.
///
/// When one exists, every file that matters was there and understood, and the weights hold every tensor of the network in the
/// right shape. The numbers themselves stay on disk until they are asked for.
public struct ModelDirectory: Sendable {
  /// The directory.
  public let path: String
  /// The shape of the network.
  public let configuration: TransformerConfiguration
  /// What happens around the network.
  public let modules: SentenceModules
  /// Tokens per input, special tokens included: what the authors set, and no more than the network has positions for.
  public let maximumTokens: Int
  /// The tensors, memory-mapped.
  public let weights: WeightFiles
  /// What they are called.
  public let tensorNames: TensorNames
  /// SHA-256 over weights, tokenizer and all settings that influence vectors, in hexadecimal.
  public internal(set) var digest: String
  /// What is added to the weights of the file.
  public internal(set) var adapters: [LowRankAdapter] = []

  /// The folder that holds network and tokenizer; nearly always the directory itself.
  public var transformerPath: String { modules.transformerFolder.isEmpty ? path : path + "/" + modules.transformerFolder }
  public var pooling: Pooling { modules.pooling }
  /// Whether vectors are scaled to unit length.
  public var normalises: Bool { modules.normalises }
  public var prompts: Prompts { modules.prompts }
  /// The measure the model was trained for.
  public var similarity: Similarity { modules.similarity }

  /// Opens a directory.
  ///
  /// - Parameters:
  ///   - path: of the directory.
  ///   - modules: what module files would say, for a directory that has none; nil reads them.
  public init(path: String, modules: SentenceModules? = nil) throws(ModelError) {
    try self.init(path: path, modules: modules, cachesDigest: true)
  }

  /// - Parameter cachesDigest: whether digests of files may be kept in the directory.
  init(path: String, modules: SentenceModules?, cachesDigest: Bool) throws(ModelError) {
    try Self.checkIsFolder(path)
    if modules != nil, FileManager.default.fileExists(atPath: path + "/modules.json") {
      throw .invalidRequest(reason: "\(path)/modules.json says what the pooling is. Leave the pooling out, or remove the file.")
    }
    let read: SentenceModules
    if let modules { read = modules } else { read = try SentenceModules(directory: path) }
    try self.init(path: path, checked: read, cachesDigest: cachesDigest)
  }

  /// Opens a model with a head of its own: what its module files say is the head's affair.
  ///
  /// - Parameters:
  ///   - path: of the directory.
  ///   - cachesDigest: whether digests of files may be kept in the directory.
  init(headed path: String, cachesDigest: Bool = true) throws(ModelError) {
    try Self.checkIsFolder(path)
    try self.init(path: path, checked: SentenceModules(headed: path), cachesDigest: cachesDigest)
  }

  private static func checkIsFolder(_ path: String) throws(ModelError) {
    guard (try? FileManager.default.contentsOfDirectory(atPath: path)) != nil else {
      throw .missingFile(path: path, advice: "Give the directory that holds config.json and model.safetensors.")
    }
  }

  private init(path: String, checked modules: SentenceModules, cachesDigest: Bool) throws(ModelError) {
    self.path = path
    self.modules = modules
    let folder = self.modules.transformerFolder.isEmpty ? path : path + "/" + self.modules.transformerFolder
    configuration = try TransformerConfiguration(path: folder + "/config.json")
    let tokenizerFiles = try Self.tokenizerFiles(in: folder)
    maximumTokens = try Self.maximumTokens(self.modules, configuration, in: folder)
    weights = try WeightFiles(folder: folder)
    tensorNames = try Self.checkedNames(configuration, weights)
    digest = try ModelDigest.compute(
      settings: Self.settings(configuration, self.modules, maximumTokens: maximumTokens),
      files: weights.names + tokenizerFiles, in: folder, isCached: cachesDigest)
  }

  /// What the rest of the product needs to know of the model.
  ///
  /// - Parameter name: the name it is registered under.
  public func profile(named name: String) -> EmbedderProfile {
    EmbedderProfile(
      name: name, digest: digest, dimension: configuration.hiddenSize, maximumTokens: maximumTokens, similarity: similarity)
  }

  /// The weight of a part, row after row, with what adapters add to it.
  public func weight(of part: TransformerPart) -> [Float] {
    var values = weights.tensor(named: tensorNames.weight(part)).map(weights.floats) ?? []
    for adapter in adapters { adapter.add(to: &values, of: part) }
    return values
  }

  /// The bias of a part; empty for parts that have none.
  public func bias(of part: TransformerPart) -> [Float] {
    guard configuration.hasBias(part) else { return [] }
    return tensorNames.bias(part).flatMap(weights.tensor(named:)).map(weights.floats) ?? []
  }
}

extension ModelDirectory {
  static let weightsName = "model.safetensors"

  private static func tokenizerFiles(in folder: String) throws(ModelError) -> [String] {
    let exists = { (name: String) in FileManager.default.fileExists(atPath: folder + "/" + name) }
    if exists("tokenizer.json") { return ["tokenizer.json"] }
    let isBytePairs = exists("vocab.json") && exists("merges.txt")
    guard isBytePairs || exists("vocab.txt") else {
      throw .missingFile(
        path: folder + "/tokenizer.json",
        advice: "Copy it (or vocab.txt, or vocab.json and merges.txt) from where the model was published.")
    }
    guard exists("tokenizer_config.json") else {
      throw .missingFile(
        path: folder + "/tokenizer_config.json",
        advice: "Without it nobody knows how the vocabulary is used. Copy it from where the model was published.")
    }
    return (isBytePairs ? ["vocab.json", "merges.txt"] : ["vocab.txt"]) + ["tokenizer_config.json"]
  }

  /// Where the authors of the modules set no limit, the tokenizer's holds (newer versions of sentence-transformers write it
  /// only there); a tokenizer without one says that only the positions limit.
  private static func maximumTokens(
    _ modules: SentenceModules, _ configuration: TransformerConfiguration, in folder: String
  ) throws(ModelError) -> Int {
    if let limit = modules.maximumTokens { return min(limit, configuration.maximumTokens) }
    let file = try ConfigurationFile(
      path: folder + "/tokenizer_config.json",
      advice: "It holds the maximum length of inputs. Copy it from where the model was published.")
    let limit = try file.number("model_max_length") ?? .infinity
    guard limit >= 1 else { throw .malformedFile(path: file.path, reason: "model_max_length is \(limit)") }
    return limit < Double(configuration.maximumTokens) ? Int(limit) : configuration.maximumTokens
  }

  private static func checkedNames(
    _ configuration: TransformerConfiguration, _ weights: WeightFiles
  ) throws(ModelError) -> TensorNames {
    guard let names = TensorNames(for: configuration.architecture, in: weights) else {
      throw .tensor(path: weights.path, name: TensorNames.wordEmbedding(configuration.architecture) + ".weight", reason: "is missing")
    }
    for part in configuration.parts {
      let shape = configuration.weightShape(of: part)
      try check(names.weight(part), shape: shape, in: weights)
      if configuration.hasBias(part), let bias = names.bias(part) { try check(bias, shape: [shape[0]], in: weights) }
    }
    return names
  }

  private static func check(_ name: String, shape: [Int], in weights: WeightFiles) throws(ModelError) {
    guard let tensor = weights.tensor(named: name) else { throw .tensor(path: weights.path, name: name, reason: "is missing") }
    guard tensor.shape == shape else {
      throw .tensor(path: weights.path, name: name, reason: "has the shape \(tensor.shape) where \(shape) is expected")
    }
    guard [.float32, .float16, .bfloat16].contains(tensor.elementType) else {
      throw .tensor(path: weights.path, name: name, reason: "is stored as \(tensor.elementType.rawValue), not as F32, F16 or BF16")
    }
  }

  private static func settings(
    _ configuration: TransformerConfiguration, _ modules: SentenceModules, maximumTokens: Int
  ) -> [String] {
    [
      "architecture \(configuration.architecture.rawValue)", "layers \(configuration.layers)", "heads \(configuration.heads)",
      "epsilon \(configuration.layerNormEpsilon)", "activation \(configuration.activation.rawValue)",
      "offset \(configuration.positionOffset)", "pooling \(modules.pooling.rawValue)", "normalises \(modules.normalises)",
      "tokens \(maximumTokens)", "lowercases \(modules.lowercases)", "query \(modules.prompts[.query])",
      "document \(modules.prompts[.document])",
    ] + (configuration.style == LayerStyle() ? [] : ["style \(configuration.style)"])
  }
}
