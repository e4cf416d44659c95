internal import Foundation
internal import NeedletailCore
internal import NeedletailNumerics

extension LowRankAdapter {
  static let configurationName = "adapter_config.json"
  static let weightsName = "adapter_model.safetensors"
  private static let prefix = "base_model.model."

  /// Whether a directory holds an adapter rather than a model.
  public static func isAdapter(at path: String) -> Bool { FileManager.default.fileExists(atPath: path + "/" + configurationName) }

  /// What an adapter's directory says it was made for; nil if it says nothing.
  public static func base(ofAdapter path: String) throws(ModelError) -> String? { try configuration(path).string("base_model_name_or_path") }

  /// Reads an adapter in the layout of PEFT.
  ///
  /// - Parameters:
  ///   - path: the directory.
  ///   - directory: the model that it is for.
  /// - Throws: when something is missing or damaged, of a kind that is not supported, or does not fit the model.
  public init(path: String, for directory: ModelDirectory) throws(ModelError) {
    let settings = try Self.configuration(path)
    try Self.checkKind(settings)
    let rank = try settings.require("r", settings.integer("r", in: 1...65_536))
    let alpha = try settings.require("lora_alpha", settings.number("lora_alpha"))
    guard alpha.isFinite else { throw .malformedFile(path: settings.path, reason: "lora_alpha is \(alpha)") }
    let file: SafetensorsFile
    do {
      file = try SafetensorsFile(path: path + "/" + Self.weightsName)
    } catch {
      throw .file(error)
    }
    let parts = directory.configuration.parts.filter(\.isLinear)
    let modules = Dictionary(parts.map { (directory.tensorNames.module($0), $0) }) { first, _ in first }
    var halves: [TransformerPart: (down: [Float]?, up: [Float]?)] = [:]
    for tensor in file.tensors {
      let (module, isDown) = try Self.place(of: tensor.name, in: file.path)
      // the layer behind the first token's state serves no vector
      if module.hasPrefix("pooler.") { continue }
      guard let part = modules[module] else {
        throw .tensor(path: file.path, name: tensor.name, reason: "adds to \(module), which the network has not or which is not linear")
      }
      let shape = directory.configuration.weightShape(of: part)
      let wanted = isDown ? [rank, shape[1]] : [shape[0], rank]
      guard tensor.shape == wanted, [.float32, .float16, .bfloat16].contains(tensor.elementType) else {
        throw .tensor(path: file.path, name: tensor.name, reason: "is \(tensor.elementType.rawValue) of \(tensor.shape), not floats of \(wanted)")
      }
      let values = file.floats(tensor)
      guard values.allSatisfy(\.isFinite) else { throw .tensor(path: file.path, name: tensor.name, reason: "holds numbers that are not finite") }
      if isDown { halves[part, default: (nil, nil)].down = values } else { halves[part, default: (nil, nil)].up = values }
    }
    var additions: [TransformerPart: Addition] = [:]
    for (part, half) in halves {
      guard let down = half.down, let up = half.up else {
        throw .tensor(path: file.path, name: directory.tensorNames.module(part), reason: "has only one of lora_A and lora_B")
      }
      additions[part] = Addition(down: down, up: up)
    }
    guard !additions.isEmpty else { throw .malformedFile(path: file.path, reason: "it adds to nothing") }
    self.init(
      rank: rank, alpha: alpha, isRankStabilized: try settings.boolean("use_rslora") ?? false, additions: additions,
      base: try settings.string("base_model_name_or_path"))
  }

  /// Writes the adapter in the layout of PEFT.
  ///
  /// - Parameters:
  ///   - path: a directory, made if need be.
  ///   - directory: the model that it is for, whose names of modules are used.
  public func write(to path: String, for directory: ModelDirectory) throws(ModelError) {
    let parts = directory.configuration.parts.filter { additions[$0] != nil }
    // Full names: PEFT takes a short one for every module that ends in it.
    let names = parts.map(directory.tensorNames.module)
    let settings: JSONValue = .object([
      "peft_type": "LORA", "task_type": "FEATURE_EXTRACTION", "base_model_name_or_path": base.map { .string($0) } ?? .null,
      "r": .integer(Int64(rank)), "lora_alpha": Int64(exactly: alpha).map { .integer($0) } ?? .number(alpha), "lora_dropout": 0.0,
      "use_rslora": .bool(isRankStabilized), "use_dora": false, "bias": "none", "fan_in_fan_out": false, "inference_mode": true,
      "modules_to_save": nil, "target_modules": .array(names.map { .string($0) }),
    ])
    var entries: [SafetensorsWriter.Entry] = []
    for (part, name) in zip(parts, names) {
      guard let addition = additions[part] else { continue }
      let shape = directory.configuration.weightShape(of: part)
      entries.append(.init(name: "\(Self.prefix)\(name).lora_A.weight", shape: [rank, shape[1]]) { addition.down })
      entries.append(.init(name: "\(Self.prefix)\(name).lora_B.weight", shape: [shape[0], rank]) { addition.up })
    }
    do throws(FileError) {
      do {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(settings).write(to: URL(fileURLWithPath: path + "/" + Self.configurationName), options: .atomic)
      } catch {
        throw FileError.cannotWrite(path: path, code: EIO)
      }
      try SafetensorsWriter.write(entries, metadata: ["format": "pt"], to: path + "/" + Self.weightsName)
    } catch {
      throw .file(error)
    }
  }

  private static func configuration(_ path: String) throws(ModelError) -> ConfigurationFile {
    try ConfigurationFile(path: path + "/" + configurationName, advice: "An adapter is a directory as PEFT writes it; give that.")
  }

  private static func checkKind(_ settings: ConfigurationFile) throws(ModelError) {
    let kind = try settings.string("peft_type") ?? "?"
    guard kind == "LORA" else { throw settings.unsupported("an adapter of the type \(kind)", "Supported is LORA.") }
    for key in ["use_dora", "fan_in_fan_out"] where try settings.boolean(key) == true {
      throw settings.unsupported("\(key)", "Supported are plain low-rank additions to linear layers.")
    }
    let bias = try settings.string("bias") ?? "none"
    guard bias == "none" else { throw settings.unsupported("a trained bias (\(bias))", "Supported is the bias none.") }
    for key in ["rank_pattern", "alpha_pattern", "modules_to_save"] {
      guard let value = settings.value(key) else { continue }
      switch value {
      case .object(let fields) where fields.isEmpty: continue
      case .array(let values) where values.isEmpty: continue
      default: throw settings.unsupported("\(key)", "Supported is one rank and scale for all layers, and no module saved in full.")
      }
    }
  }

  /// The module that a tensor adds to, as a model without a head calls it, and which of the two matrices it is.
  private static func place(of name: String, in path: String) throws(ModelError) -> (module: String, isDown: Bool) {
    for (ending, isDown) in [(".lora_A.weight", true), (".lora_B.weight", false)] where name.hasSuffix(ending) && name.hasPrefix(prefix) {
      let module = String(name.dropFirst(prefix.count).dropLast(ending.count))
      return (TensorNames.withoutPrefix(module), isDown)
    }
    throw .tensor(path: path, name: name, reason: "is not one of an adapter: their names begin in \(prefix) and end in lora_A.weight or lora_B.weight")
  }
}
