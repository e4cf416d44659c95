internal import Foundation
internal import NeedletailCore
public import NeedletailNumerics
internal import NeedletailText

/// A network of BERT's kind before it has learnt anything, in a size of one's own choice.
///
/// It takes the tokenizer of another model, cut down to the tokens that the texts at hand use most. Weights are normally distributed
/// (Devlin et al., NAACL 2019: standard deviation 0.02); the head of masked language modelling begins at the frequencies of the tokens.
public struct UntrainedModel: Hashable, Sendable {
  public var layers = 2
  public var hiddenSize = 128
  public var heads = 4
  public var intermediateSize = 512
  /// The most tokens that are kept, special ones included.
  public var vocabularySize = 8000
  /// Tokens per input, special ones included.
  public var maximumTokens = 128
  public var pooling = Pooling.cls
  /// Of the weights.
  public var seed: UInt64 = 1

  private static let specialTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
  private static let deviation: Float = 0.02

  public init() {}

  /// Writes the model as a directory.
  ///
  /// - Parameters:
  ///   - path: of the directory, made if need be.
  ///   - base: the model whose tokenizer is taken.
  ///   - texts: what the vocabulary is chosen by.
  ///   - pool: the threads that count.
  /// - Throws: when the tokenizer is none of WordPiece with a `tokenizer_config.json`, or heads do not divide the hidden size.
  public func write(to path: String, tokenizerOf base: ModelDirectory, texts: [String], pool: WorkerPool = .shared) throws(ModelError) {
    guard layers > 0, heads > 0, hiddenSize.isMultiple(of: heads), intermediateSize > 0, maximumTokens > 2 else {
      throw .invalidRequest(reason: "\(heads) heads, \(hiddenSize) components and \(maximumTokens) tokens make no network. Choose heads that divide the components.")
    }
    let tokenizer = try base.tokenizer()
    let settings = base.transformerPath + "/tokenizer_config.json"
    guard Self.specialTokens.allSatisfy({ tokenizer.id(of: $0) != nil }), FileManager.default.fileExists(atPath: settings) else {
      throw .unsupported(
        path: base.transformerPath, feature: "an untrained model with this tokenizer",
        advice: "Take the tokenizer of a BERT that has tokenizer_config.json, such as all-MiniLM-L6-v2.")
    }
    let tokens = chosenTokens(tokenizer, Self.counts(texts, tokenizer, pool))
    let configuration = TransformerConfiguration(
      architecture: .bert, vocabularySize: tokens.count, hiddenSize: hiddenSize, layers: layers, heads: heads,
      intermediateSize: intermediateSize, maximumPositions: maximumTokens, typeVocabularySize: 2, layerNormEpsilon: 1e-12)
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      let list = tokens.map(\.spelling).joined(separator: "\n") + "\n"
      try Data(list.utf8).write(to: URL(fileURLWithPath: path + "/vocab.txt"))
      try Data(contentsOf: URL(fileURLWithPath: settings)).write(to: URL(fileURLWithPath: path + "/tokenizer_config.json"))
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try encoder.encode(json(of: configuration)).write(to: URL(fileURLWithPath: path + "/config.json"))
    } catch {
      throw .cannotWrite(path: path, reason: error.localizedDescription)
    }
    try SentenceModules(pooling: pooling, normalises: true, maximumTokens: maximumTokens).write(to: path, dimension: hiddenSize)
    do {
      let entries = entries(of: configuration, frequencies: tokens.map(\.count))
      try SafetensorsWriter.write(entries, metadata: ["format": "pt"], to: path + "/model.safetensors")
    } catch {
      throw .file(error)
    }
  }

  /// How often each token occurs in the texts.
  private static func counts(_ texts: [String], _ tokenizer: SubwordTokenizer, _ pool: WorkerPool) -> [Int] {
    let size = max(1, (texts.count + 15) / 16)
    let parts = pool.map(texts.count, tasksOf: size) { part -> [[Int]] in
      var counts = [Int](repeating: 0, count: tokenizer.vocabularySize)
      var ids: [Int32] = []
      for text in texts[part] {
        ids.removeAll(keepingCapacity: true)
        _ = tokenizer.appendTokens(of: text, maximumTokens: nil, to: &ids)
        for id in ids where Int(id) < counts.count { counts[Int(id)] += 1 }
      }
      return [counts]
    }
    return parts.reduce(into: [Int](repeating: 0, count: tokenizer.vocabularySize)) { sum, part in
      for (id, count) in part.enumerated() { sum[id] += count }
    }
  }

  /// Special tokens, all single letters that occur or belong to ASCII so that every word can be spelled, then the most frequent.
  private func chosenTokens(_ tokenizer: SubwordTokenizer, _ counts: [Int]) -> [(spelling: String, count: Int)] {
    let special = Set(Self.specialTokens)
    var chosen: Set<Int> = []
    var others: [Int] = []
    for id in counts.indices {
      guard let spelling = tokenizer.token(Int32(id)), !special.contains(spelling) else { continue }
      let letters = spelling.hasPrefix("##") ? spelling.dropFirst(2) : spelling[...]
      if letters.count == 1, counts[id] > 0 || letters.utf8.count == 1 { chosen.insert(id) } else if counts[id] > 0 { others.append(id) }
    }
    others.sort { (counts[$1], $0) < (counts[$0], $1) }
    chosen.formUnion(others.prefix(max(0, vocabularySize - special.count - chosen.count)))
    let ordinary = chosen.sorted().compactMap { id in tokenizer.token(Int32(id)).map { ($0, counts[id]) } }
    return Self.specialTokens.map { ($0, 0) } + ordinary
  }

  private func json(of configuration: TransformerConfiguration) -> JSONValue {
    func number(_ value: Int) -> JSONValue { .integer(Int64(value)) }
    return .object([
      "model_type": .string("bert"), "architectures": .array([.string("BertModel")]), "vocab_size": number(configuration.vocabularySize),
      "hidden_size": number(hiddenSize), "num_hidden_layers": number(layers), "num_attention_heads": number(heads),
      "intermediate_size": number(intermediateSize), "max_position_embeddings": number(maximumTokens), "type_vocab_size": number(2),
      "hidden_act": .string("gelu"), "layer_norm_eps": .number(configuration.layerNormEpsilon), "pad_token_id": number(0),
      "hidden_dropout_prob": .number(0.1), "attention_probs_dropout_prob": .number(0.1), "initializer_range": .number(Double(Self.deviation)),
    ])
  }

  private func entries(of configuration: TransformerConfiguration, frequencies: [Int]) -> [SafetensorsWriter.Entry] {
    let names = TensorNames(writing: .bert)
    var entries: [SafetensorsWriter.Entry] = []
    func add(_ name: String, _ shape: [Int], _ values: @escaping (Int) -> [Float]) {
      entries.append(.init(name: name, shape: shape) { values(shape.reduce(1, *)) })
    }
    func constant(_ value: Float) -> (Int) -> [Float] { { [Float](repeating: value, count: $0) } }
    func normal() -> (Int) -> [Float] {
      let part = UInt64(entries.count)
      return { count in
        var generator = SeededGenerator(seed: seed, part: part)
        return (0..<count).map { _ in generator.normalFloat() * Self.deviation }
      }
    }
    for part in configuration.parts {
      let shape = configuration.weightShape(of: part)
      add(names.weight(part), shape, part.isNorm ? constant(1) : normal())
      if let bias = names.bias(part) { add(bias, [shape[0]], constant(0)) }
    }
    if let dense = names.head(.vocabularyDense), let norm = names.head(.vocabularyNorm), let bias = names.vocabularyBias {
      add(dense + ".weight", [hiddenSize, hiddenSize], normal())
      add(dense + ".bias", [hiddenSize], constant(0))
      add(norm + ".weight", [hiddenSize], constant(1))
      add(norm + ".bias", [hiddenSize], constant(0))
      let total = Float(frequencies.reduce(frequencies.count, +))
      add(bias, [frequencies.count]) { _ in frequencies.map { log(Float($0 + 1) / total) } }
    }
    return entries
  }
}
