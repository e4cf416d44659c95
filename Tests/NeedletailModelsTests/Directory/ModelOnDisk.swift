import Foundation

/// A tiny model directory in a temporary folder, complete until a test damages it.
final class ModelOnDisk {
  let path: String

  /// A JSON object to be changed field by field.
  typealias Fields = [String: Any]

  static var bert: Fields {
    [
      "model_type": "bert", "hidden_act": "gelu", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
      "intermediate_size": 16, "max_position_embeddings": 12, "type_vocab_size": 2, "vocab_size": 10, "layer_norm_eps": 1e-12,
    ]
  }

  static var distilBERT: Fields {
    [
      "model_type": "distilbert", "activation": "gelu", "dim": 8, "n_layers": 2, "n_heads": 2, "hidden_dim": 16,
      "max_position_embeddings": 12, "vocab_size": 10,
    ]
  }

  static var roberta: Fields {
    let differences: Fields = [
      "model_type": "xlm-roberta", "type_vocab_size": 1, "pad_token_id": 1, "layer_norm_eps": 1e-5, "max_position_embeddings": 14,
    ]
    return bert.merging(differences) { $1 }
  }

  /// - Parameter prefix: in front of every tensor's name.
  init(_ configuration: Fields = bert, prefix: String = "") throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("needletail-\(UUID().uuidString)").path
    try write(configuration, to: "config.json")
    try write("{}", to: "tokenizer.json")
    try write(["model_max_length": 512, "do_lower_case": true], to: "tokenizer_config.json")
    try write(Self.modules(["Transformer", "Pooling", "Normalize"]), to: "modules.json")
    try write(["word_embedding_dimension": 8, "pooling_mode_mean_tokens": true, "pooling_mode_cls_token": false], to: "1_Pooling/config.json")
    try write(["max_seq_length": 9, "do_lower_case": false], to: "sentence_bert_config.json")
    try write(["__version__": ["sentence_transformers": "2.0.0"]], to: "config_sentence_transformers.json")
    try writeWeights(Self.tensors(configuration, prefix: prefix))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  static func modules(_ kinds: [String], folders: [String]? = nil) -> [Fields] {
    kinds.enumerated().map { index, kind in
      [
        "idx": index, "name": "\(index)", "path": folders?[index] ?? (index == 0 ? "" : "\(index)_\(kind)"),
        "type": "sentence_transformers.models.\(kind)",
      ]
    }
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }

  func write(_ text: String, to name: String) throws {
    let url = URL(fileURLWithPath: path + "/" + name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  func write(_ object: Any, to name: String) throws {
    try write(String(decoding: JSONSerialization.data(withJSONObject: object), as: UTF8.self), to: name)
  }

  // MARK: - Weights

  /// Names and shapes of all tensors, spelt out independently of the product.
  static func tensors(_ configuration: Fields, prefix: String = "") -> [(name: String, shape: [Int])] {
    let type = configuration["model_type"] as? String
    let positions = configuration["max_position_embeddings"] as? Int ?? 0
    var tensors: [(String, [Int])] = [("embeddings.word_embeddings.weight", [10, 8]), ("embeddings.position_embeddings.weight", [positions, 8])]
    if let types = configuration["type_vocab_size"] as? Int { tensors.append(("embeddings.token_type_embeddings.weight", [types, 8])) }
    tensors += pair("embeddings.LayerNorm", [8])
    for layer in 0..<2 {
      let names =
        type == "distilbert"
        ? ["attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin", "sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm"]
          .map { "transformer.layer.\(layer).\($0)" }
        : [
          "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "attention.output.LayerNorm",
          "intermediate.dense", "output.dense", "output.LayerNorm",
        ].map { "encoder.layer.\(layer).\($0)" }
      for (name, shape) in zip(names, [[8, 8], [8, 8], [8, 8], [8, 8], [8], [16, 8], [8, 16], [8]]) { tensors += pair(name, shape) }
    }
    return tensors.map { (prefix + $0.0, $0.1) }
  }

  private static func pair(_ name: String, _ shape: [Int]) -> [(String, [Int])] { [(name + ".weight", shape), (name + ".bias", [shape[0]])] }

  /// Writes single-precision tensors whose numbers count from 0 in each.
  func writeWeights(_ tensors: [(name: String, shape: [Int])], type: String = "F32") throws {
    var header: Fields = [:]
    var data = Data()
    for (name, shape) in tensors {
      let count = shape.reduce(1, *)
      let start = data.count
      for number in 0..<count { data.append(contentsOf: littleEndian(UInt64(Float(number).bitPattern)).prefix(4)) }
      header[name] = ["dtype": type, "shape": shape, "data_offsets": [start, data.count]]
    }
    let json = try JSONSerialization.data(withJSONObject: header)
    try (Data(littleEndian(UInt64(json.count))) + json + data).write(to: URL(fileURLWithPath: path + "/model.safetensors"))
  }

  private func littleEndian(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
}
