internal import Foundation
public import NeedletailCore

/// How the vectors of the tokens become one.
public enum Pooling: String, Hashable, Codable, Sendable, CaseIterable {
  /// Their mean.
  case mean
  /// The vector of the first token.
  case cls
  /// The largest value of each component.
  case max
  /// The vector of the last token, which alone has seen all others in a causal network.
  case last = "lasttoken"
}

/// Texts that a model wants in front of its inputs.
public struct Prompts: Hashable, Sendable {
  /// By the name the model gives them.
  public var named: [String: String]
  /// The one to use where no role asks for another.
  public var defaultName: String?

  public init(named: [String: String] = [:], defaultName: String? = nil) {
    self.named = named
    self.defaultName = defaultName
  }

  /// The text to put in front of an input; empty if there is none. Queries take the prompt `query`, documents the first of
  /// `document`, `passage`, `corpus`, both otherwise the default one, as sentence-transformers does.
  public subscript(role: Role) -> String {
    let names = role == .query ? ["query"] : ["document", "passage", "corpus"]
    return (names + [defaultName].compactMap(\.self)).lazy.compactMap { named[$0] }.first ?? ""
  }
}

/// What happens around the network: the modules of a sentence-transformers model and their settings.
public struct SentenceModules: Hashable, Sendable {
  public var pooling: Pooling
  /// Whether vectors are scaled to unit length.
  public var normalises: Bool
  /// The limit the authors set, special tokens included; nil leaves it to the tokenizer and the network.
  public var maximumTokens: Int?
  /// Whether texts are lower-cased before they reach the tokenizer.
  public var lowercases: Bool
  public var prompts: Prompts
  /// The measure the model was trained for.
  public var similarity: Similarity
  /// The folder of network and tokenizer, relative to the model directory; "" for that itself.
  public var transformerFolder = ""

  /// Says explicitly what a plain directory without module files leaves open.
  public init(
    pooling: Pooling, normalises: Bool, maximumTokens: Int? = nil, lowercases: Bool = false, prompts: Prompts = Prompts(),
    similarity: Similarity = .cosine
  ) {
    self.pooling = pooling
    self.normalises = normalises
    self.maximumTokens = maximumTokens
    self.lowercases = lowercases
    self.prompts = prompts
    self.similarity = similarity
  }

  /// Reads `modules.json` and the files it leads to.
  ///
  /// Each has to be there, also where sentence-transformers would fall back on a default: a wrong pooling or a lost prompt
  /// costs quality without any other sign.
  public init(directory: String) throws(ModelError) {
    let modules = try Self.moduleList(directory)
    let transformerFolder = modules.transformer
    let settings = try Self.settingsFile(transformerFolder.isEmpty ? directory : directory + "/" + transformerFolder)
    let task = try settings.string("transformer_task")
    guard task == nil || task == "feature-extraction" else {
      throw settings.unsupported("the task \(task ?? "")", "Choose a model that embeds text.")
    }
    let general = try ConfigurationFile(
      path: directory + "/config_sentence_transformers.json",
      advice: "It holds the prompts and the similarity of the model. Copy it from where the model was published; "
        + "if there is none, and so no prompts, write {} into a new one.")
    let prompts = try Self.prompts(general)
    self.init(
      pooling: try Self.pooling(directory + "/" + modules.pooling, prompts: prompts),
      normalises: modules.normalises,
      maximumTokens: try settings.integer("max_seq_length", in: 1...1 << 20),
      lowercases: try settings.boolean("do_lower_case") ?? false,
      prompts: prompts,
      similarity: try Self.similarity(general))
    self.transformerFolder = transformerFolder
  }
}

extension SentenceModules {
  /// What matters around a network with a head of its own: how long inputs may be, and prompts.
  ///
  /// Such directories have module files since version 5 of sentence-transformers; older ones have none, and need none.
  init(headed directory: String) throws(ModelError) {
    self.init(pooling: .cls, normalises: false)
    func file(_ name: String) throws(ModelError) -> ConfigurationFile? {
      let path = directory + "/" + name
      return FileManager.default.fileExists(atPath: path) ? try ConfigurationFile(path: path, advice: "") : nil
    }
    for name in Self.settingsNames {
      guard let settings = try file(name) else { continue }
      maximumTokens = try settings.integer("max_seq_length", in: 1...1 << 20)
      lowercases = try settings.boolean("do_lower_case") ?? false
      break
    }
    if let general = try file("config_sentence_transformers.json") { prompts = try Self.prompts(general) }
  }
}

// MARK: - Reading

extension SentenceModules {
  /// What the settings of the Transformer module have been called.
  static let settingsNames = ["bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet"]
    .map { "sentence_\($0)_config.json" }

  private static func moduleList(
    _ directory: String
  ) throws(ModelError) -> (transformer: String, pooling: String, normalises: Bool) {
    let path = directory + "/modules.json"
    let entries = try ConfigurationFile.list(
      path: path,
      advice: "It says how token vectors become one. Copy it from where the model was published, or, if the model has none, "
        + "say so: `needletail model add DIR --pooling mean` (or cls, max, lasttoken).")
    var kinds: [String] = []
    var folders: [String] = []
    for entry in entries {
      let type = try entry.require("type", entry.string("type"))
      let folder = try entry.require("path", entry.string("path"))
      guard !folder.hasPrefix("/"), !folder.split(separator: "/").contains("..") else {
        throw .malformedFile(path: path, reason: "the path \(folder) leads out of the model directory")
      }
      kinds.append(type.split(separator: ".").last.map(String.init) ?? type)
      folders.append(folder)
    }
    guard kinds == ["Transformer", "Pooling"] || kinds == ["Transformer", "Pooling", "Normalize"] else {
      throw .unsupported(
        path: path, feature: "the sequence of modules \(kinds.joined(separator: ", "))",
        advice: "Supported are Transformer, Pooling and optionally Normalize, or the modules of a network over words.")
    }
    return (folders[0], folders[1], kinds.count == 3)
  }

  private static func settingsFile(_ folder: String) throws(ModelError) -> ConfigurationFile {
    let paths = settingsNames.map { folder + "/" + $0 }
    let path = paths.first { FileManager.default.fileExists(atPath: $0) } ?? paths[0]
    return try ConfigurationFile(
      path: path, advice: "It holds the maximum length of inputs. Copy it from where the model was published.")
  }

  private static func pooling(_ folder: String, prompts: Prompts) throws(ModelError) -> Pooling {
    let file = try ConfigurationFile(
      path: folder + "/config.json",
      advice: "It says how token vectors become one. Copy it from where the model was published.")
    let modes = try poolingModes(file)
    guard modes.count == 1, let mode = modes.first else {
      throw file.unsupported("a combination of \(modes.count) poolings", "Supported is one of mean, cls, max, lasttoken.")
    }
    guard let pooling = Pooling(rawValue: mode) else {
      throw file.unsupported("the pooling \(mode)", "Supported are mean, cls, max and lasttoken.")
    }
    if try file.boolean("include_prompt") == false, prompts.named.values.contains(where: { !$0.isEmpty }) {
      throw file.unsupported("leaving the prompt out of the pooling", "Choose another model.")
    }
    return pooling
  }

  /// Since version 6 sentence-transformers writes `pooling_mode`; before, a truth value for each mode.
  static func poolingModes(_ file: ConfigurationFile) throws(ModelError) -> [String] {
    switch file.value("pooling_mode") {
    case .string(let mode): return [mode]
    case .array(let modes): return modes.map { $0.string ?? "?" }
    case .some: throw .malformedFile(path: file.path, reason: "the field pooling_mode has to be a string or a list of strings")
    case nil: break
    }
    let flags = [
      "pooling_mode_cls_token": "cls", "pooling_mode_mean_tokens": "mean", "pooling_mode_max_tokens": "max",
      "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens", "pooling_mode_weightedmean_tokens": "weightedmean",
      "pooling_mode_lasttoken": "lasttoken",
    ]
    var modes: [String] = []
    for (key, mode) in flags.sorted(by: { $0.key < $1.key }) where try file.boolean(key) == true { modes.append(mode) }
    return modes
  }

  static func prompts(_ file: ConfigurationFile) throws(ModelError) -> Prompts {
    let prompts = Prompts(named: try file.strings("prompts") ?? [:], defaultName: try file.string("default_prompt_name"))
    if let name = prompts.defaultName, prompts.named[name] == nil {
      throw .malformedFile(path: file.path, reason: "the default prompt \(name) is not among the prompts")
    }
    return prompts
  }

  /// A model that names no measure means the cosine: so its documentation defines the absence.
  static func similarity(_ file: ConfigurationFile) throws(ModelError) -> Similarity {
    guard let name = try file.string("similarity_fn_name") else { return .cosine }
    guard let similarity = Similarity(rawValue: name) else {
      throw file.unsupported("the similarity \(name)", "Supported are cosine, dot and euclidean.")
    }
    return similarity
  }
}

// MARK: - Writing

extension SentenceModules {
  /// Writes the files that `init(directory:)` reads, so that a plain directory becomes a complete one.
  func write(to directory: String, dimension: Int) throws(ModelError) {
    let kinds = ["Transformer", "Pooling"] + (normalises ? ["Normalize"] : [])
    let modules = kinds.enumerated().map { index, kind -> JSONValue in
      .object([
        "idx": .integer(Int64(index)), "name": .string("\(index)"), "type": .string("sentence_transformers.models.\(kind)"),
        "path": .string(index == 0 ? transformerFolder : "\(index)_\(kind)"),
      ])
    }
    let pooling: JSONValue = .object([
      "word_embedding_dimension": .integer(Int64(dimension)), "pooling_mode_cls_token": .bool(pooling == .cls),
      "pooling_mode_mean_tokens": .bool(pooling == .mean), "pooling_mode_max_tokens": .bool(pooling == .max), "pooling_mode_lasttoken": .bool(pooling == .last),
    ])
    let settings: JSONValue = .object([
      "max_seq_length": maximumTokens.map { .integer(Int64($0)) } ?? .null, "do_lower_case": .bool(lowercases),
    ])
    let general: JSONValue = .object([
      "prompts": .object(prompts.named.mapValues { .string($0) }),
      "default_prompt_name": prompts.defaultName.map { .string($0) } ?? .null,
      "similarity_fn_name": .string(similarity.rawValue),
    ])
    try Self.write(.array(modules), to: directory + "/modules.json")
    try Self.write(pooling, to: directory + "/1_Pooling/config.json")
    try Self.write(settings, to: directory + "/" + transformerFolder + "/sentence_bert_config.json")
    try Self.write(general, to: directory + "/config_sentence_transformers.json")
  }

  static func write(_ value: JSONValue, to path: String) throws(ModelError) {
    do {
      let url = URL(fileURLWithPath: path)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try encoder.encode(value).write(to: url)
    } catch {
      throw .cannotWrite(path: path, reason: error.localizedDescription)
    }
  }
}
