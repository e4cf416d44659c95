internal import NeedletailCore

/// What `config.json` says of layers that differ from BERT's.
extension TransformerConfiguration {
  /// ModernBERT (Warner et al., 2024): norms first, gated, rotary positions, most layers local.
  mutating func readModernStyle(_ file: ConfigurationFile) throws(ModelError) {
    style.normsFirst = true
    style.isGated = true
    let attention = try file.require("attention_bias", file.boolean("attention_bias"))
    style.biases = LayerStyle.Biases(
      projections: attention, attentionOutput: attention, feedForward: try file.require("mlp_bias", file.boolean("mlp_bias")),
      norms: try file.require("norm_bias", file.boolean("norm_bias")))
    style.reach = try file.require("local_attention", file.integer("local_attention", in: 2...1 << 20)) / 2
    if let kinds = file.value("layer_types") {
      style.localLayers = try Self.localLayers(kinds, file)
    } else {
      let every = try file.require("global_attn_every_n_layers", file.integer("global_attn_every_n_layers", in: 1...1 << 10))
      style.localLayers = (0..<layers).map { $0 % every != 0 }
    }
    if case .object(let parameters) = file.value("rope_parameters") {
      style.rotary = try Self.rotary(parameters["full_attention"], file)
      style.localRotary = try Self.rotary(parameters["sliding_attention"], file)
    } else {
      style.rotary = RotaryPositions(base: try file.require("global_rope_theta", file.number("global_rope_theta")))
      style.localRotary = RotaryPositions(base: try file.require("local_rope_theta", file.number("local_rope_theta")))
    }
  }

  /// NomicBERT (Nussbaum et al., 2024): BERT with rotary positions and gated inner layers, without biases but in norms.
  mutating func readNomicStyle(_ file: ConfigurationFile) throws(ModelError) {
    style.isGated = true
    style.biases = LayerStyle.Biases(projections: false, attentionOutput: false, feedForward: false)
    for key in ["prenorm", "use_rms_norm", "rotary_emb_interleaved", "causal", "qkv_proj_bias", "mlp_fc1_bias", "mlp_fc2_bias"]
    where try file.boolean(key) == true {
      throw file.unsupported("\(key)", "Choose another model.")
    }
    if let fraction = try file.number("rotary_emb_fraction"), fraction != 1 {
      throw file.unsupported("turning \(fraction) of each head", "Choose another model.")
    }
    if let value = file.value("rope_parameters") {
      style.rotary = try Self.rotary(value, file)
    } else {
      style.rotary = RotaryPositions(base: try file.require("rotary_emb_base", file.number("rotary_emb_base")))
      if activation == .silu || file.value("activation_function")?.string == "swiglu" { activation = .silu }
    }
  }

  /// Llama (Touvron et al., 2023), Mistral (Jiang et al., 2023) and Qwen 2 and 3: norms first by root mean square, rotary positions,
  /// fewer heads of keys than of queries, gated; biases and norms of heads as each has them.
  mutating func readDecoderStyle(_ modelType: String, _ file: ConfigurationFile) throws(ModelError) {
    style.normsFirst = true
    style.usesRootMeanSquare = true
    style.isGated = true
    style.normalisesHeads = modelType == "qwen3"
    let declared = try file.boolean("attention_bias") ?? false
    let attention = modelType == "qwen2" || declared
    style.biases = LayerStyle.Biases(
      projections: attention, attentionOutput: modelType != "qwen2" && attention, feedForward: try file.boolean("mlp_bias") ?? false,
      norms: false)
    // Embedders made of a language model say so when they let tokens see what follows.
    let isBidirectional = try file.boolean("use_bidirectional_attention") ?? false
    style.isCausal = try file.boolean("is_causal") ?? !isBidirectional
    style.rotary = try readRotary(file)
    try readWindow(modelType, file)
  }

  private func readRotary(_ file: ConfigurationFile) throws(ModelError) -> RotaryPositions {
    if let value = file.value("rope_parameters") { return try Self.rotary(value, file) }
    let base = try file.require("rope_theta", file.number("rope_theta"))
    var parameters: [String: JSONValue] = ["rope_theta": .number(base)]
    if case .object(let scaling) = file.value("rope_scaling") { parameters.merge(scaling) { _, new in new } }
    return try Self.rotary(.object(parameters), file)
  }

  private mutating func readWindow(_ modelType: String, _ file: ConfigurationFile) throws(ModelError) {
    guard let window = try file.integer("sliding_window", in: 1...1 << 24) else { return }
    if modelType != "mistral", try file.boolean("use_sliding_window") != true { return }
    style.reach = window - 1
    if let kinds = file.value("layer_types") {
      style.localLayers = try Self.localLayers(kinds, file)
    } else {
      let first = try modelType == "mistral" ? 0 : file.require("max_window_layers", file.integer("max_window_layers", in: 0...1 << 10))
      style.localLayers = (0..<layers).map { $0 >= first }
    }
  }

  private static func localLayers(_ value: JSONValue, _ file: ConfigurationFile) throws(ModelError) -> [Bool] {
    guard case .array(let kinds) = value else { throw .malformedFile(path: file.path, reason: "the field layer_types has to be a list") }
    var result: [Bool] = []
    for kind in kinds {
      switch kind.string {
      case "full_attention": result.append(false)
      case "sliding_attention": result.append(true)
      default: throw file.unsupported("a layer of the type \(kind.string ?? "?")", "Supported are full_attention and sliding_attention.")
      }
    }
    return result
  }

  private static func rotary(_ value: JSONValue?, _ file: ConfigurationFile) throws(ModelError) -> RotaryPositions {
    guard case .object(let parameters) = value else {
      throw .malformedFile(path: file.path, reason: "rope_parameters does not say how positions turn")
    }
    func number(_ key: String) throws(ModelError) -> Double {
      let number: Double? = switch parameters[key] {
      case .integer(let value): Double(value)
      case .number(let value): value
      default: nil
      }
      guard let number, number > 0, number.isFinite else {
        throw .malformedFile(path: file.path, reason: "the rotary positions have no \(key) that is a positive number")
      }
      return number
    }
    var rotary = RotaryPositions(base: try number("rope_theta"))
    switch parameters["rope_type"]?.string ?? parameters["type"]?.string ?? "default" {
    case "default": break
    case "linear": rotary.scaling = .linear(factor: try number("factor"))
    case "llama3":
      rotary.scaling = .llama3(
        factor: try number("factor"), lowFrequency: try number("low_freq_factor"), highFrequency: try number("high_freq_factor"),
        trainedPositions: try number("original_max_position_embeddings"))
    case let type: throw file.unsupported("the scaling \(type) of rotary positions", "Supported are default, linear and llama3.")
    }
    return rotary
  }
}
