internal import Foundation
internal import NeedletailCore
internal import NeedletailNumerics

extension WordNetwork {
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

  /// Reads a directory and checks that its numbers fit together.
  init(directory: String) throws(ModelError) {
    let modules = try Self.moduleList(directory)
    guard let first = modules.first, first.kind == "WordEmbeddings" else {
      throw .unsupported(
        path: directory + "/modules.json", feature: "a network over words whose first module is not WordEmbeddings",
        advice: "Open it as another kind of model.")
    }
    func folder(_ entry: ModuleEntry) -> String { entry.folder.isEmpty ? directory : directory + "/" + entry.folder }

    let settings = try Self.settings(folder(first), "wordembedding_config.json")
    let tokenizer = try settings.require("tokenizer_class", settings.string("tokenizer_class"))
    guard tokenizer.split(separator: ".").last == "WhitespaceTokenizer" else {
      throw settings.unsupported("the tokenizer \(tokenizer)", "Supported is WhitespaceTokenizer.")
    }
    words = try SplitWords(folder: folder(first))
    maximumWords = min(1 << 20, try settings.integer("max_seq_length", in: 1...Int.max) ?? 1 << 20)
    let matrix = try ModuleNumbers(folder: folder(first)).matrix("emb_layer.weight", rows: nil, columns: nil)
    guard words.count <= matrix.rows else {
      throw .malformedFile(path: folder(first), reason: "there are \(words.count) words, and vectors of \(matrix.rows)")
    }
    (embeddings, embeddingWidth) = (matrix.values, matrix.columns)

    var (layers, heads, poolings): ([WordLayer], [WordHead], [WordPooling]) = ([], [], [])
    var (width, stateWidth) = (matrix.columns, matrix.columns)
    for module in modules.dropFirst() {
      let isPooled = !poolings.isEmpty
      switch (module.kind, isPooled) {
      case ("Dropout", _): continue
      case ("WordWeights", false):
        layers.append(.weights(try ModuleNumbers(folder: folder(module)).matrix("emb_layer.weight", rows: matrix.rows, columns: 1).values))
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
      settings: ["word network"] + modules.map { "\($0.kind) \($0.folder)" }, files: Self.files(of: directory), in: directory, isCached: false)
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

  /// Copies the files of a model, and what its authors say of it, into an empty folder, and opens what was copied.
  static func copy(_ directory: String, to folder: String) throws(ModelError) {
    for name in try files(of: directory) {
      try ModelDirectory.place(directory + "/" + name, at: folder + "/" + name, linking: !name.hasSuffix(".json"))
    }
    for name in ModelDirectory.remarks where FileManager.default.fileExists(atPath: directory + "/" + name) {
      try ModelDirectory.place(directory + "/" + name, at: folder + "/" + name, linking: false)
    }
    _ = try WordNetwork(directory: folder)
  }

  private static func settings(_ folder: String, _ name: String) throws(ModelError) -> ConfigurationFile {
    try ConfigurationFile(path: folder + "/" + name, advice: "It holds the shape of the module. Copy it from where the model was published.")
  }

  // MARK: - Modules

  private static func recurrent(_ folder: String, _ width: inout Int) throws(ModelError) -> WordLayer {
    let file = try settings(folder, "lstm_config.json")
    let units = try file.require("hidden_dim", file.integer("hidden_dim", in: 1...65_536))
    let layerCount = try file.integer("num_layers", in: 1...64) ?? 1
    let suffixes = try file.boolean("bidirectional") ?? true ? ["", "_reverse"] : [""]
    let numbers = try ModuleNumbers(folder: folder)
    var layers: [[RecurrentMatrices]] = []
    for layer in 0..<layerCount {
      var directions: [RecurrentMatrices] = []
      for suffix in suffixes {
        let name = "l\(layer)\(suffix)"
        directions.append(RecurrentMatrices(
          inputs: width, units: units,
          input: try numbers.matrix("encoder.weight_ih_\(name)", rows: 4 * units, columns: width).values,
          hidden: try numbers.matrix("encoder.weight_hh_\(name)", rows: 4 * units, columns: units).values,
          inputBias: try numbers.vector("encoder.bias_ih_\(name)", count: 4 * units),
          hiddenBias: try numbers.vector("encoder.bias_hh_\(name)", count: 4 * units)))
      }
      layers.append(directions)
      width = units * suffixes.count
    }
    return .recurrent(layers)
  }

  private static func convolutions(_ folder: String, _ width: inout Int) throws(ModelError) -> WordLayer {
    let file = try settings(folder, "cnn_config.json")
    let outputs = try file.require("out_channels", file.integer("out_channels", in: 1...65_536))
    let sizes = try file.require("kernel_sizes", file.integers("kernel_sizes", in: 1...1_024))
    let strides = try file.integers("stride_sizes", in: 1...1_024) ?? sizes.map { _ in 1 }
    guard !sizes.isEmpty, sizes.allSatisfy({ !$0.isMultiple(of: 2) }), strides.count == sizes.count, strides.allSatisfy({ $0 == 1 }) else {
      throw file.unsupported("convolutions of \(sizes) words in steps of \(strides)", "Supported are odd sizes in steps of one, one result for each word.")
    }
    let numbers = try ModuleNumbers(folder: folder)
    var convolutions: [WordConvolution] = []
    for (number, size) in sizes.enumerated() {
      let stored = try numbers.values("convs.\(number).weight", shape: [outputs, width, size])
      // From [outputs, inputs, words] to [outputs, words, inputs].
      var weight = [Float](repeating: 0, count: stored.count)
      for output in 0..<outputs {
        for input in 0..<width {
          for word in 0..<size { weight[(output * size + word) * width + input] = stored[(output * width + input) * size + word] }
        }
      }
      convolutions.append(
        WordConvolution(outputs: outputs, size: size, weight: weight, bias: try numbers.vector("convs.\(number).bias", count: outputs)))
    }
    width = outputs * sizes.count
    return .convolutions(convolutions)
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

  private static func dense(_ folder: String, _ width: inout Int) throws(ModelError) -> WordHead {
    let file = try settings(folder, "config.json")
    let outputs = try file.require("out_features", file.integer("out_features", in: 1...65_536))
    let activation = try file.string("activation_function")?.split(separator: ".").last.map(String.init) ?? "Tanh"
    let functions: [String: EntryFunction?] = ["Identity": Optional.none, "Tanh": .tanh, "ReLU": .relu, "Sigmoid": .sigmoid, "GELU": .gelu]
    guard let function = functions[activation] else {
      throw file.unsupported("the function \(activation)", "Supported are Identity, Tanh, ReLU, Sigmoid and GELU.")
    }
    let numbers = try ModuleNumbers(folder: folder)
    let weight = try numbers.matrix("linear.weight", rows: outputs, columns: width).values
    let bias = try file.boolean("bias") ?? true ? try numbers.vector("linear.bias", count: outputs) : []
    width = outputs
    return .dense(weight: weight, bias: bias, outputs: outputs, function: function)
  }
}

/// The numbers of one module, each tensor checked for its shape and for numbers that are none.
private struct ModuleNumbers {
  private let files: WeightFiles

  init(folder: String) throws(ModelError) { files = try WeightFiles(folder: folder) }

  func values(_ name: String, shape: [Int]) throws(ModelError) -> [Float] {
    guard let tensor = files.tensor(named: name) else { throw .tensor(path: files.path, name: name, reason: "is missing") }
    guard tensor.shape == shape else {
      throw .tensor(path: files.path, name: name, reason: "has the shape \(tensor.shape) where \(shape) is expected")
    }
    guard [.float32, .float16, .bfloat16].contains(tensor.elementType) else {
      throw .tensor(path: files.path, name: name, reason: "is stored as \(tensor.elementType.rawValue), not as F32, F16 or BF16")
    }
    let values = files.floats(tensor)
    guard values.allSatisfy(\.isFinite) else { throw .tensor(path: files.path, name: name, reason: "holds numbers that are not finite") }
    return values
  }

  func vector(_ name: String, count: Int) throws(ModelError) -> [Float] { try values(name, shape: [count]) }

  /// - Parameters:
  ///   - rows: nil takes as many as there are.
  ///   - columns: likewise.
  func matrix(_ name: String, rows: Int?, columns: Int?) throws(ModelError) -> (rows: Int, columns: Int, values: [Float]) {
    let found = files.tensor(named: name)?.shape ?? []
    guard found.count == 2 || found.isEmpty else {
      throw .tensor(path: files.path, name: name, reason: "has the shape \(found) where a matrix is expected")
    }
    let shape = [rows ?? found.first ?? 0, columns ?? found.last ?? 0]
    let values = try values(name, shape: shape)
    guard !values.isEmpty else { throw .tensor(path: files.path, name: name, reason: "is empty") }
    return (shape[0], shape[1], values)
  }
}
