internal import Foundation
internal import NeedletailCore
internal import NeedletailNumerics

/// What the files of a network over words say of it, its numbers unread: modules and their sizes, prompts, the digest.
struct WordNetworkSettings: Sendable {
  /// A module that has numbers, in its folder, and one that has none.
  enum Module: Sendable {
    case weights(folder: String)
    case recurrent(folder: String, inputs: Int, units: Int, layerCount: Int, suffixes: [String])
    case convolutions(folder: String, inputs: Int, outputs: Int, sizes: [Int])
    case dense(folder: String, inputs: Int, outputs: Int, hasBias: Bool, function: EntryFunction?)
    case normalised
  }

  /// Where words and their vectors are.
  let embeddingFolder: String
  let embeddingCount: Int
  let embeddingWidth: Int
  /// What happens before pooling.
  let layers: [Module]
  let poolings: [WordPooling]
  /// What happens after pooling.
  let heads: [Module]
  /// Numbers of a word's vector when it is pooled.
  let stateWidth: Int
  let dimension: Int
  let maximumWords: Int
  let prompts: Prompts
  let similarity: Similarity
  let digest: String

  /// Reads a directory.
  init(directory: String) throws(ModelError) {
    let modules = try Self.moduleList(directory)
    guard let first = modules.first, first.kind == "WordEmbeddings" else {
      throw .unsupported(
        path: directory + "/modules.json", feature: "a network over words whose first module is not WordEmbeddings",
        advice: "Open it as another kind of model.")
    }
    func folder(_ entry: ModuleEntry) -> String { entry.folder.isEmpty ? directory : directory + "/" + entry.folder }

    embeddingFolder = folder(first)
    let settings = try Self.settings(embeddingFolder, "wordembedding_config.json")
    let tokenizer = try settings.require("tokenizer_class", settings.string("tokenizer_class"))
    guard tokenizer.split(separator: ".").last == "WhitespaceTokenizer" else {
      throw settings.unsupported("the tokenizer \(tokenizer)", "Supported is WhitespaceTokenizer.")
    }
    maximumWords = min(1 << 20, try settings.integer("max_seq_length", in: 1...Int.max) ?? 1 << 20)
    (embeddingCount, embeddingWidth) = try ModuleNumbers(folder: embeddingFolder).matrixShape("emb_layer.weight")

    var (layers, heads, poolings): ([Module], [Module], [WordPooling]) = ([], [], [])
    var (width, stateWidth) = (embeddingWidth, embeddingWidth)
    for module in modules.dropFirst() {
      let isPooled = !poolings.isEmpty
      switch (module.kind, isPooled) {
      case ("Dropout", _): continue
      case ("WordWeights", false): layers.append(.weights(folder: folder(module)))
      case ("LSTM", false): layers.append(try Self.recurrent(folder(module), &width))
      case ("CNN", false): layers.append(try Self.convolutions(folder(module), &width))
      case ("Pooling", false):
        poolings = try Self.poolings(folder(module))
        stateWidth = width
        width *= poolings.count
      case ("Dense", true): heads.append(try Self.dense(folder(module), &width))
      case ("Normalize", true): heads.append(.normalised)
      default:
        throw .unsupported(
          path: directory + "/modules.json", feature: "the module \(module.kind) \(isPooled ? "after" : "before") the pooling",
          advice: "Supported are WordEmbeddings, WordWeights, LSTM, CNN, Pooling, then Dense and Normalize.")
      }
    }
    guard !poolings.isEmpty else { throw .malformedFile(path: directory + "/modules.json", reason: "no module pools") }
    (self.layers, self.heads, self.poolings, self.stateWidth, dimension) = (layers, heads, poolings, stateWidth, width)

    let general = try ConfigurationFile(
      path: directory + "/config_sentence_transformers.json",
      advice: "It holds the prompts and the similarity of the model. Copy it from where the model was published, or write {} into a new one.")
    prompts = try SentenceModules.prompts(general)
    similarity = try SentenceModules.similarity(general)
    digest = try ModelDigest.compute(
      settings: ["word network"] + modules.map { "\($0.kind) \($0.folder)" }, files: Self.files(of: directory), in: directory, isCached: true)
  }

  /// What the rest of the product needs to know of the model.
  func profile(named name: String) -> EmbedderProfile {
    EmbedderProfile(name: name, digest: digest, dimension: dimension, maximumTokens: maximumWords, similarity: similarity)
  }
}

// MARK: - Files

extension WordNetworkSettings {
  /// One entry of `modules.json`.
  struct ModuleEntry {
    var kind: String
    var folder: String
  }

  /// The modules of a directory in order.
  static func moduleList(_ directory: String) throws(ModelError) -> [ModuleEntry] {
    let path = directory + "/modules.json"
    var entries: [ModuleEntry] = []
    for entry in try ConfigurationFile.list(path: path, advice: "It says what the model consists of.") {
      let type = try entry.require("type", entry.string("type"))
      let folder = try entry.require("path", entry.string("path"))
      guard !folder.hasPrefix("/"), !folder.split(separator: "/").contains("..") else {
        throw .malformedFile(path: path, reason: "the path \(folder) leads out of the model directory")
      }
      entries.append(ModuleEntry(kind: type.split(separator: ".").last.map(String.init) ?? type, folder: folder))
    }
    return entries
  }

  /// The files of a model, relative to its directory, each once: module list, settings and numbers, those in pieces too.
  static func files(of directory: String) throws(ModelError) -> [String] {
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: directory + "/" + name) }
    let settings = ["config.json", "wordembedding_config.json", SplitWords.fileName, "lstm_config.json", "cnn_config.json"]
    var files = ["modules.json", "config_sentence_transformers.json"]
    var folders: Set<String> = []
    for module in try moduleList(directory) where folders.insert(module.folder).inserted {
      let prefix = module.folder.isEmpty ? "" : module.folder + "/"
      files += settings.map { prefix + $0 }
      if exists(prefix + WeightFiles.indexName) || exists(prefix + ModelDirectory.weightsName) {
        files += try WeightFiles(folder: module.folder.isEmpty ? directory : directory + "/" + module.folder).names.map { prefix + $0 }
      }
    }
    return files.filter(exists)
  }
}

// MARK: - Modules

extension WordNetworkSettings {
  private static func settings(_ folder: String, _ name: String) throws(ModelError) -> ConfigurationFile {
    try ConfigurationFile(path: folder + "/" + name, advice: "It holds the shape of the module. Copy it from where the model was published.")
  }

  private static func recurrent(_ folder: String, _ width: inout Int) throws(ModelError) -> Module {
    let file = try settings(folder, "lstm_config.json")
    let units = try file.require("hidden_dim", file.integer("hidden_dim", in: 1...65_536))
    let layerCount = try file.integer("num_layers", in: 1...64) ?? 1
    let suffixes = try file.boolean("bidirectional") ?? true ? ["", "_reverse"] : [""]
    defer { width = units * suffixes.count }
    return .recurrent(folder: folder, inputs: width, units: units, layerCount: layerCount, suffixes: suffixes)
  }

  private static func convolutions(_ folder: String, _ width: inout Int) throws(ModelError) -> Module {
    let file = try settings(folder, "cnn_config.json")
    let outputs = try file.require("out_channels", file.integer("out_channels", in: 1...65_536))
    let sizes = try file.require("kernel_sizes", file.integers("kernel_sizes", in: 1...1_024))
    let strides = try file.integers("stride_sizes", in: 1...1_024) ?? sizes.map { _ in 1 }
    guard !sizes.isEmpty, sizes.allSatisfy({ !$0.isMultiple(of: 2) }), strides.count == sizes.count, strides.allSatisfy({ $0 == 1 }) else {
      throw file.unsupported("convolutions of \(sizes) words in steps of \(strides)", "Supported are odd sizes in steps of one, one result for each word.")
    }
    defer { width = outputs * sizes.count }
    return .convolutions(folder: folder, inputs: width, outputs: outputs, sizes: sizes)
  }

  private static func poolings(_ folder: String) throws(ModelError) -> [WordPooling] {
    let file = try settings(folder, "config.json")
    let modes = try SentenceModules.poolingModes(file)
    let poolings = modes.compactMap(WordPooling.init)
    guard !modes.isEmpty, poolings.count == modes.count else {
      throw file.unsupported("the pooling \(modes.joined(separator: ", "))", "Supported over words are mean, mean_sqrt_len_tokens, max and lasttoken.")
    }
    return poolings
  }

  private static func dense(_ folder: String, _ width: inout Int) throws(ModelError) -> Module {
    let file = try settings(folder, "config.json")
    let outputs = try file.require("out_features", file.integer("out_features", in: 1...65_536))
    let activation = try file.string("activation_function")?.split(separator: ".").last.map(String.init) ?? "Tanh"
    let functions: [String: EntryFunction?] = ["Identity": Optional.none, "Tanh": .tanh, "ReLU": .relu, "Sigmoid": .sigmoid, "GELU": .gelu]
    guard let function = functions[activation] else {
      throw file.unsupported("the function \(activation)", "Supported are Identity, Tanh, ReLU, Sigmoid and GELU.")
    }
    let hasBias = try file.boolean("bias") ?? true
    defer { width = outputs }
    return .dense(folder: folder, inputs: width, outputs: outputs, hasBias: hasBias, function: function)
  }
}
