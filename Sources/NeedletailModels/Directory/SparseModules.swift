internal import NeedletailCore

/// The files that make a network with a head of masked language modelling a `SparseEncoder` of sentence-transformers: the modules
/// `MLMTransformer` and `SpladePooling`, by the maximum of log(1 + relu).
struct SparseModules {
  let prompts: Prompts
  let maximumTokens: Int
  let lowercases: Bool

  /// Writes them into a directory that holds the network.
  func write(to directory: String) throws(ModelError) {
    let folder = "1_SpladePooling"
    let modules = [("MLMTransformer", ""), ("SpladePooling", folder)].enumerated().map { index, module -> JSONValue in
      .object([
        "idx": .integer(Int64(index)), "name": .string("\(index)"), "path": .string(module.1),
        "type": .string("sentence_transformers.sparse_encoder.models.\(module.0)"),
      ])
    }
    let pooling: JSONValue = .object(["pooling_strategy": .string("max"), "activation_function": .string("relu")])
    let settings: JSONValue = .object(["max_seq_length": .integer(Int64(maximumTokens)), "do_lower_case": .bool(lowercases)])
    let general: JSONValue = .object([
      "model_type": .string("SparseEncoder"), "prompts": .object(prompts.named.mapValues { .string($0) }),
      "default_prompt_name": prompts.defaultName.map { .string($0) } ?? .null, "similarity_fn_name": .string("dot"),
    ])
    try SentenceModules.write(.array(modules), to: directory + "/modules.json")
    try SentenceModules.write(pooling, to: directory + "/\(folder)/config.json")
    try SentenceModules.write(settings, to: directory + "/sentence_bert_config.json")
    try SentenceModules.write(general, to: directory + "/config_sentence_transformers.json")
  }
}

extension ModelDirectory {
  /// Opens a network that is to learn weights of terms: a model of sparse vectors, or one without modules, or one that embeds, whose
  /// pooling does not matter then.
  ///
  /// - Throws: as for models with heads; also when the modules pool by anything but the maximum of log(1 + relu).
  public init(sparse path: String) throws(ModelError) {
    try self.init(headed: path)
    guard try ModelKind(ofDirectory: path) == .sparse else { return }
    guard try SparseEmbedder.weighting(path) == .saturated else {
      throw .unsupported(path: path, feature: "training terms that are pooled by the sum", advice: "Choose a model with `pooling_strategy` max.")
    }
  }
}
