import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import Testing

@Suite struct ModelDirectoryTests {
  @Test func readsBERT() throws {
    let model = try ModelOnDisk()
    let directory = try ModelDirectory(path: model.path)
    #expect(
      directory.configuration
        == TransformerConfiguration(
          architecture: .bert, vocabularySize: 10, hiddenSize: 8, layers: 2, heads: 2, intermediateSize: 16, maximumPositions: 12,
          typeVocabularySize: 2, layerNormEpsilon: 1e-12))
    #expect(directory.pooling == .mean && directory.normalises && !directory.modules.lowercases)
    #expect(directory.maximumTokens == 9)
    #expect(directory.similarity == .cosine)
    #expect(directory.prompts[.query] == "" && directory.prompts[.document] == "")
    #expect(directory.profile(named: "tiny").dimension == 8)
    #expect(directory.weight(of: .expansion(layer: 1)) == (0..<128).map(Float.init))
    #expect(directory.bias(of: .expansion(layer: 1)) == (0..<16).map(Float.init))
    #expect(directory.bias(of: .wordEmbedding).isEmpty)
  }

  @Test(arguments: ["", "distilbert."]) func readsDistilBERT(prefix: String) throws {
    let model = try ModelOnDisk(ModelOnDisk.distilBERT, prefix: prefix)
    let directory = try ModelDirectory(path: model.path)
    #expect(directory.configuration.architecture == .distilBERT)
    #expect(directory.configuration.typeVocabularySize == 0 && directory.configuration.layerNormEpsilon == 1e-12)
    #expect(directory.tensorNames.weight(.query(layer: 1)) == prefix + "transformer.layer.1.attention.q_lin.weight")
    #expect(!directory.configuration.parts.contains(.typeEmbedding))
  }

  @Test(arguments: ["", "roberta."]) func positionsOfRoBERTaBeginBehindThePadding(prefix: String) throws {
    let model = try ModelOnDisk(ModelOnDisk.roberta, prefix: prefix)
    try model.write(["max_seq_length": 512], to: "sentence_bert_config.json")
    let directory = try ModelDirectory(path: model.path)
    #expect(directory.configuration.architecture == .roberta)
    #expect(directory.configuration.positionOffset == 2)
    #expect(directory.maximumTokens == 12)
  }

  @Test func readsWhatNewerVersionsWrite() throws {
    let model = try ModelOnDisk()
    let types = ["base.modules.transformer.Transformer", "sentence_transformer.modules.pooling.Pooling"]
    try model.write(
      zip(types, ["", "1_Pooling"]).enumerated().map { ["idx": $0, "name": "\($0)", "path": $1.1, "type": "sentence_transformers." + $1.0] },
      to: "modules.json")
    try model.write(["embedding_dimension": 8, "pooling_mode": "cls", "include_prompt": true], to: "1_Pooling/config.json")
    try model.write(["transformer_task": "feature-extraction"], to: "sentence_bert_config.json")
    try model.write(
      ["prompts": ["query": "find: ", "passage": "text: "], "default_prompt_name": NSNull(), "similarity_fn_name": "dot"],
      to: "config_sentence_transformers.json")
    let directory = try ModelDirectory(path: model.path)
    #expect(directory.pooling == .cls && !directory.normalises)
    #expect(directory.prompts[.query] == "find: " && directory.prompts[.document] == "text: ")
    #expect(directory.similarity == .dot)
    #expect(directory.maximumTokens == 12)
    try model.write(["model_max_length": 7], to: "tokenizer_config.json")
    #expect(try ModelDirectory(path: model.path).maximumTokens == 7)
    try model.write(#"{"model_max_length": 1000000000000000019884624838656}"#, to: "tokenizer_config.json")
    #expect(try ModelDirectory(path: model.path).maximumTokens == 12)
  }

  @Test func theDefaultPromptServesRolesWithoutTheirOwn() {
    let prompts = Prompts(named: ["document": "d", "other": "o"], defaultName: "other")
    #expect(prompts[.query] == "o" && prompts[.document] == "d")
  }

  @Test func readsOldNamesOfNormsAndNestedNetworks() throws {
    let model = try ModelOnDisk()
    let tensors = ModelOnDisk.tensors(ModelOnDisk.bert, prefix: "bert.").map { name, shape in
      name.contains("LayerNorm") ? (name.replacingOccurrences(of: ".weight", with: ".gamma").replacingOccurrences(of: ".bias", with: ".beta"), shape) : (name, shape)
    }
    try model.writeWeights(tensors + [("cls.predictions.bias", [10])])
    for name in ["config.json", "tokenizer.json", "model.safetensors", "sentence_bert_config.json"] {
      try FileManager.default.createDirectory(atPath: model.path + "/0_BERT", withIntermediateDirectories: true)
      try FileManager.default.moveItem(atPath: model.path + "/" + name, toPath: model.path + "/0_BERT/" + name)
    }
    try model.write(ModelOnDisk.modules(["Transformer", "Pooling"], folders: ["0_BERT", "1_Pooling"]), to: "modules.json")
    let directory = try ModelDirectory(path: model.path)
    #expect(directory.transformerPath == model.path + "/0_BERT")
    #expect(directory.tensorNames.bias(.embeddingNorm) == "bert.embeddings.LayerNorm.beta")
  }

  // MARK: - Damage

  /// Whatever is missing, the error names it and says what to do.
  @Test(arguments: [
    "config.json", "model.safetensors", "modules.json", "1_Pooling/config.json", "sentence_bert_config.json",
    "config_sentence_transformers.json", "tokenizer.json",
  ])
  func saysWhichFileIsMissing(name: String) throws {
    let model = try ModelOnDisk()
    try model.remove(name)
    let error = #expect(throws: ModelError.self) { try ModelDirectory(path: model.path) }
    guard case .missingFile(model.path + "/" + name, let advice) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(!advice.isEmpty && error?.category == .notFound)
  }

  @Test(arguments: [
    "config.json", "modules.json", "1_Pooling/config.json", "sentence_bert_config.json", "config_sentence_transformers.json",
  ], ["", "{", "[1]", "7", "{\"model_type\": 3, \"prompts\": 3, \"max_seq_length\": \"9\", \"pooling_mode\": {}}"])
  func saysWhichFileIsUnreadable(name: String, text: String) throws {
    let model = try ModelOnDisk()
    try model.write(text, to: name)
    let error = #expect(throws: ModelError.self) { try ModelDirectory(path: model.path) }
    guard case .malformedFile(model.path + "/" + name, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test(arguments: [
    ("model_type", "electra"), ("hidden_act", "mish"), ("position_embedding_type", "relative_key"), ("is_decoder", "true"), ("embedding_size", "4"),
  ])
  func refusesOtherNetworks(field: String, value: String) throws {
    let model = try ModelOnDisk(
      ModelOnDisk.bert.merging([field: value == "true" ? true : Int(value) as Any? ?? value]) { $1 })
    let error = #expect(throws: ModelError.self) { try ModelDirectory(path: model.path) }
    guard case .unsupported(model.path + "/config.json", _, let advice) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(!advice.isEmpty)
  }

  @Test(arguments: [
    "model_type", "hidden_act", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
    "max_position_embeddings", "type_vocab_size", "vocab_size", "layer_norm_eps",
  ])
  func assumesNoField(field: String) throws {
    let model = try ModelOnDisk()
    for value in [nil, -1, NSNull()] as [Any?] {
      var configuration = ModelOnDisk.bert
      configuration[field] = value
      try model.write(configuration, to: "config.json")
      let error = #expect(throws: ModelError.self) { try ModelDirectory(path: model.path) }
      guard case .malformedFile(model.path + "/config.json", let reason) = error else {
        Issue.record("\(field): \(String(describing: error))")
        return
      }
      #expect(reason.contains(field))
    }
  }

  @Test func refusesImpossibleConfigurations() throws {
    for change in [["num_attention_heads": 3], ["layer_norm_eps": 0], ["hidden_size": 1 << 40], ["vocab_size": 0]] as [ModelOnDisk.Fields] {
      let model = try ModelOnDisk()
      try model.write(ModelOnDisk.bert.merging(change) { $1 }, to: "config.json")
      #expect(throws: ModelError.self, "\(change)") { try ModelDirectory(path: model.path) }
    }
  }

  @Test func refusesModulesItCannotCompute() throws {
    let model = try ModelOnDisk()
    for kinds in [[], ["Transformer"], ["Pooling", "Transformer"], ["Transformer", "Pooling", "Dense"], ["Transformer", "Pooling", "Dense", "Normalize"]] {
      try model.write(ModelOnDisk.modules(kinds), to: "modules.json")
      let error = #expect(throws: ModelError.self) { try ModelDirectory(path: model.path) }
      guard case .unsupported = error else {
        Issue.record("\(kinds): \(String(describing: error))")
        return
      }
    }
  }

  @Test(arguments: ["../elsewhere", "/etc", "a/../../b"]) func modulesCannotLeadOutOfTheDirectory(folder: String) throws {
    let model = try ModelOnDisk()
    try model.write(ModelOnDisk.modules(["Transformer", "Pooling"], folders: ["", folder]), to: "modules.json")
    let error = #expect(throws: ModelError.self) { try ModelDirectory(path: model.path) }
    #expect(error?.description.contains("leads out") == true)
  }

  @Test(arguments: [
    ["pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true], ["pooling_mode_mean_sqrt_len_tokens": true],
    ["pooling_mode_weightedmean_tokens": true], ["pooling_mode_mean_tokens": false], [:],
  ])
  func refusesOtherPoolings(flags: [String: Bool]) throws {
    let model = try ModelOnDisk()
    try model.write(flags, to: "1_Pooling/config.json")
    let error = #expect(throws: ModelError.self) { try ModelDirectory(path: model.path) }
    guard case .unsupported(model.path + "/1_Pooling/config.json", _, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func refusesOtherSimilaritiesPromptsAndTasks() throws {
    let model = try ModelOnDisk()
    for fields in [["similarity_fn_name": "manhattan"], ["default_prompt_name": "absent"], ["prompts": ["query": 3]]] as [ModelOnDisk.Fields] {
      try model.write(fields, to: "config_sentence_transformers.json")
      #expect(throws: ModelError.self, "\(fields)") { try ModelDirectory(path: model.path) }
    }
    try model.write(["prompts": ["query": "q: "]], to: "config_sentence_transformers.json")
    try model.write(["pooling_mode": "mean", "include_prompt": false], to: "1_Pooling/config.json")
    #expect(throws: ModelError.self) { try ModelDirectory(path: model.path) }
  }

  @Test func namesTheTensorThatIsMissingOrWrong() throws {
    let model = try ModelOnDisk()
    let tensors = ModelOnDisk.tensors(ModelOnDisk.bert)
    for index in tensors.indices {
      var wrong = tensors
      wrong[index].shape[0] += 1
      try model.writeWeights(wrong)
      var error = #expect(throws: ModelError.self) { try ModelDirectory(path: model.path) }
      #expect(error?.description.contains(tensors[index].name) == true)
      wrong.remove(at: index)
      try model.writeWeights(wrong)
      error = #expect(throws: ModelError.self) { try ModelDirectory(path: model.path) }
      #expect(error?.description.contains(tensors[index].name) == true)
    }
    try model.writeWeights(tensors, type: "I32")
    #expect(throws: ModelError.self) { try ModelDirectory(path: model.path) }
    try model.write("no tensors", to: "model.safetensors")
    let error = #expect(throws: ModelError.self) { try ModelDirectory(path: model.path) }
    guard case .file(.malformed(model.path + "/model.safetensors", _, _)) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func neverReadsPickles() throws {
    let model = try ModelOnDisk()
    try FileManager.default.moveItem(atPath: model.path + "/model.safetensors", toPath: model.path + "/pytorch_model.bin")
    let error = #expect(throws: ModelError.self) { try ModelDirectory(path: model.path) }
    #expect(error?.description.contains("convert it to safetensors") == true)
  }

  @Test func aVocabularyNeedsItsConfiguration() throws {
    let model = try ModelOnDisk()
    try model.remove("tokenizer.json")
    try model.write("[PAD]\n", to: "vocab.txt")
    _ = try ModelDirectory(path: model.path)
    try model.remove("tokenizer_config.json")
    let error = #expect(throws: ModelError.self) { try ModelDirectory(path: model.path) }
    #expect(error?.description.contains("tokenizer_config.json") == true)
  }

  @Test func aPlainDirectoryNeedsAnExplicitPooling() throws {
    let model = try ModelOnDisk()
    let modules = SentenceModules(pooling: .mean, normalises: true)
    #expect(throws: ModelError.self) { try ModelDirectory(path: model.path, modules: modules) }
    for name in ["modules.json", "1_Pooling", "sentence_bert_config.json", "config_sentence_transformers.json"] { try model.remove(name) }
    let error = #expect(throws: ModelError.self) { try ModelDirectory(path: model.path) }
    #expect(error?.description.contains("--pooling mean") == true)
    #expect(try ModelDirectory(path: model.path, modules: modules).maximumTokens == 12)
  }

  @Test func aPathThatIsNoDirectoryIsRefused() {
    #expect(throws: ModelError.self) { try ModelDirectory(path: "/nowhere") }
  }

  // MARK: - Digest

  @Test func theDigestChangesWithWhateverChangesVectors() throws {
    let model = try ModelOnDisk()
    var digests = [try ModelDirectory(path: model.path).digest]
    #expect(try ModelDirectory(path: model.path).digest == digests[0])
    try model.write("about", to: "README.md")
    try model.write(["similarity_fn_name": "dot"], to: "config_sentence_transformers.json")
    #expect(try ModelDirectory(path: model.path).digest == digests[0])

    func expectChange(_ what: String) throws {
      digests.append(try ModelDirectory(path: model.path).digest)
      #expect(Set(digests).count == digests.count, "\(what)")
    }
    try model.write(["prompts": ["query": "q"]], to: "config_sentence_transformers.json")
    try expectChange("prompt")
    try model.write(["max_seq_length": 8], to: "sentence_bert_config.json")
    try expectChange("length")
    try model.write(["max_seq_length": 8, "do_lower_case": true], to: "sentence_bert_config.json")
    try expectChange("case")
    try model.write(["pooling_mode": "max"], to: "1_Pooling/config.json")
    try expectChange("pooling")
    try model.write(ModelOnDisk.modules(["Transformer", "Pooling"]), to: "modules.json")
    try expectChange("normalisation")
    try model.write(ModelOnDisk.bert.merging(["hidden_act": "relu"]) { $1 }, to: "config.json")
    try expectChange("activation")
    try model.write("{ }", to: "tokenizer.json")
    try expectChange("tokenizer")
    var bytes = try Data(contentsOf: URL(fileURLWithPath: model.path + "/model.safetensors"))
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: URL(fileURLWithPath: model.path + "/model.safetensors"))
    try expectChange("weights")
    #expect(digests.allSatisfy { $0.count == 64 })
  }

  @Test func theDigestDoesNotDependOnItsCache() throws {
    let model = try ModelOnDisk()
    let digest = try ModelDirectory(path: model.path).digest
    let cache = model.path + "/.needletail-digests.json"
    #expect(FileManager.default.fileExists(atPath: cache))
    try model.write("damaged", to: ".needletail-digests.json")
    #expect(try ModelDirectory(path: model.path).digest == digest)
    try FileManager.default.removeItem(atPath: cache)
    #expect(try ModelDirectory(path: model.path).digest == digest)
  }
}
