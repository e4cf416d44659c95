internal import Foundation
internal import NeedletailCore

/// What a model of late interaction wants around its network: tokens that are added, tokens that get no vector, and the projection.
///
/// Read from the three layouts there are: that of the Python class `MultiVectorEncoder` of sentence-transformers, that of PyLate (modules
/// Transformer and Dense, the rest beside the prompts), and that of the authors of ColBERT (`HF_ColBERT` with `artifact.metadata`).
struct MultiVectorSettings: Hashable, Sendable {
  /// A token that queries are filled up with, whose vectors count as well (Khattab and Zaharia, SIGIR 2020, section 3.2).
  struct Expansion: Hashable, Sendable {
    /// How the vocabulary spells it; nil takes the tokenizer's mask.
    var token: String?
    /// Tokens that a query has afterwards, special ones included.
    var length: Int
    /// Whether the other tokens see those that are added.
    var isSeen: Bool
    /// Whether longer queries are cut.
    var cuts: Bool
  }

  /// Where the projection is.
  enum Projection: Hashable, Sendable {
    /// A folder with a Dense module.
    case module(String)
    /// Among the weights of the network, as `linear.weight`.
    case inline
  }

  var projection = Projection.inline
  var expansion: Expansion?
  /// Tokens that are looked at, special ones included; nil takes the model's limit.
  var queryLength: Int?
  var documentLength: Int?
  /// Tokens that stand behind the first one and say what a text is, where they are no texts.
  var queryMarker = ""
  var documentMarker = ""
  /// Tokens without a vector, as the vocabulary spells them, and of which texts.
  var skipped: [String] = []
  var skipsInQueries = false
  var skipsInDocuments = true

  private static let punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".map(String.init)
  private static let lengths = 1...1 << 20

  /// Whether a directory holds such a model.
  static func isModel(at path: String) throws(ModelError) -> Bool {
    func file(_ name: String) throws(ModelError) -> ConfigurationFile? {
      FileManager.default.fileExists(atPath: path + "/" + name) ? try ConfigurationFile(path: path + "/" + name, advice: "") : nil
    }
    if try file("config.json")?.firstString("architectures") == "HF_ColBERT" { return true }
    return ["MultiVectorEncoder", "ColBERT"].contains(try file("config_sentence_transformers.json")?.string("model_type"))
  }

  /// Reads the files of a directory that `isModel` recognises.
  init(directory path: String) throws(ModelError) {
    let configuration = try ConfigurationFile(path: path + "/config.json", advice: "It tells what the network is.")
    guard try configuration.firstString("architectures") != "HF_ColBERT" else {
      try readMetadata(path)
      return
    }
    let general = try ConfigurationFile(path: path + "/config_sentence_transformers.json", advice: "It holds the prompts of the model.")
    let advice = "It says which modules the model consists of. Copy it from where the model was published."
    var kinds: [String] = []
    for entry in try ConfigurationFile.list(path: path + "/modules.json", advice: advice) {
      let type = try entry.require("type", entry.string("type"))
      let folder = try entry.string("path") ?? ""
      guard !folder.hasPrefix("/"), !folder.split(separator: "/").contains("..") else {
        throw .malformedFile(path: entry.path, reason: "the path \(folder) leads out of the model directory")
      }
      let kind = type.split(separator: ".").last.map(String.init) ?? type
      kinds.append(kind)
      switch kind {
      case "Transformer" where folder.isEmpty, "Normalize": break
      case "Dense": projection = .module(folder)
      case "MultiVectorMask": try readMask(path + "/" + folder)
      default: throw entry.unsupported("the module \(type)", "Supported are Transformer, Dense, MultiVectorMask and Normalize.")
      }
    }
    let isOlder = kinds == ["Transformer", "Dense"]
    guard isOlder || kinds == ["Transformer", "Dense", "MultiVectorMask", "Normalize"] else {
      throw .unsupported(
        path: path + "/modules.json", feature: "the sequence of modules \(kinds.joined(separator: ", "))",
        advice: "Supported are Transformer, Dense, and with them MultiVectorMask and Normalize.")
    }
    if isOlder {
      try readOlder(general)
    } else {
      try readLengths(path)
    }
  }
}

// MARK: - The three layouts

extension MultiVectorSettings {
  /// Of the authors of ColBERT.
  private mutating func readMetadata(_ path: String) throws(ModelError) {
    let file = path + "/artifact.metadata"
    let metadata = FileManager.default.fileExists(atPath: file) ? try ConfigurationFile(path: file, advice: "") : nil
    queryMarker = try metadata?.string("query_token_id") ?? "[unused0]"
    documentMarker = try metadata?.string("doc_token_id") ?? "[unused1]"
    documentLength = try metadata?.integer("doc_maxlen", in: Self.lengths)
    expansion = Expansion(
      token: nil, length: try metadata?.integer("query_maxlen", in: Self.lengths) ?? 32,
      isSeen: try metadata?.boolean("attend_to_mask_tokens") ?? false, cuts: true)
    skipped = try metadata?.boolean("mask_punctuation") ?? true ? Self.punctuation : []
  }

  /// Of PyLate, in the file that also has the prompts.
  private mutating func readOlder(_ file: ConfigurationFile) throws(ModelError) {
    queryMarker = try file.string("query_prefix") ?? ""
    documentMarker = try file.string("document_prefix") ?? ""
    documentLength = try file.integer("document_length", in: Self.lengths)
    let length = try file.integer("query_length", in: Self.lengths)
    if try file.boolean("do_query_expansion") ?? true {
      expansion = Expansion(
        token: nil, length: length ?? 32, isSeen: try file.boolean("attend_to_expansion_tokens") ?? false, cuts: true)
    } else {
      queryLength = length
    }
    skipped = try file.texts("skiplist_words") ?? Self.punctuation
  }

  /// Of sentence-transformers, beside the network.
  private mutating func readLengths(_ path: String) throws(ModelError) {
    let names = SentenceModules.settingsNames.map { path + "/" + $0 }
    guard let name = names.first(where: { FileManager.default.fileExists(atPath: $0) }) else { return }
    let file = try ConfigurationFile(path: name, advice: "")
    queryLength = try file.integer("query_length", in: Self.lengths)
    documentLength = try file.integer("document_length", in: Self.lengths)
    guard let settings = try file.object("query_expansion") else { return }
    let strategy = try settings.require("query_expansion.strategy", settings.string("strategy"))
    guard ["fixed", "min"].contains(strategy) else {
      throw file.unsupported("the expansion of queries \(strategy)", "Supported are fixed and min.")
    }
    expansion = Expansion(
      token: try settings.string("token"), length: try settings.require("length", settings.integer("length", in: Self.lengths)),
      isSeen: try settings.boolean("attend") ?? false, cuts: strategy == "fixed")
  }

  private mutating func readMask(_ folder: String) throws(ModelError) {
    let file = try ConfigurationFile(path: folder + "/config.json", advice: "It says which tokens have no vector.")
    guard file.value("keep_only_token_ids") == nil else {
      throw file.unsupported("keep_only_token_ids", "Choose a model of texts.")
    }
    skipped = try file.texts("skiplist_words") ?? []
    let tasks = try file.texts("skiplist_tasks") ?? ["document"]
    skipsInQueries = tasks.contains("query")
    skipsInDocuments = tasks.contains("document")
  }
}
