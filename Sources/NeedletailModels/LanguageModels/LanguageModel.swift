internal import NeedletailCore
public import NeedletailNumerics
public import NeedletailText
internal import Foundation

/// A causal transformer that continues texts: Llama, Mistral, Qwen 2 and 3.
///
/// ```swift
/// let model = try LanguageModel(path: "Qwen3-0.6B")
/// var options = GenerationOptions()
/// options.temperature = 0.7
/// let text = model.text(of: try model.generate(after: model.tokens(of: "A needle is"), options))
/// ```
///
/// Directories are those of transformers: config.json, model.safetensors and tokenizer.json. Any number of threads may use one
/// model; each continuation has a memory of its own.
public final class LanguageModel: Sendable {
  public let tokenizer: SubwordTokenizer
  /// Tokens of prompt and continuation together.
  public let maximumTokens: Int
  /// The tokens after which a text is complete.
  public let endTokens: Set<Int32>

  let directory: ModelDirectory
  let backbone: TransformerBackbone
  private let head: PackedMatrix
  private let pool: WorkerPool

  /// Opens a directory.
  ///
  /// - Parameters:
  ///   - path: of the directory.
  ///   - precision: the arithmetic of the layers; scores are computed in floats.
  ///   - pool: the threads that compute.
  /// - Throws: when something is missing, or the model is not causal.
  public init(path: String, precision: EmbedderPrecision = .float32, pool: WorkerPool = .shared) throws(ModelError) {
    directory = try ModelDirectory(headed: path)
    guard directory.configuration.architecture == .decoder, directory.configuration.style.isCausal else {
      throw .unsupported(
        path: path, feature: "continuing texts with \(directory.configuration.architecture.rawValue)",
        advice: "Choose a language model: llama, mistral, qwen2 or qwen3.")
    }
    tokenizer = try directory.tokenizer()
    maximumTokens = directory.maximumTokens
    endTokens = try directory.declaredTokens(["eos_token_id"])
    backbone = TransformerBackbone(directory, precision: precision.layers)
    head = try directory.nextTokenScores()
    self.pool = pool
  }

  /// The tokens of a text, framed as a text of the model's begins.
  public func tokens(of text: String) -> [Int32] {
    var ids = tokenizer.encode(text, maximumTokens: nil).ids
    // A text that is to be continued is not at its end.
    while let last = ids.last, endTokens.contains(last) { ids.removeLast() }
    return ids
  }

  /// The text of tokens; special ones are left out.
  public func text(of tokens: [Int32]) -> String { tokenizer.text(of: tokens.filter { !endTokens.contains($0) }) }

  /// An empty memory, to which `scores` adds.
  public func memory() -> TokenMemory { TokenMemory(self) }

  /// Reads tokens and gives the score of every token to come next.
  ///
  /// - Parameters:
  ///   - tokens: what follows what the memory holds; at least one.
  ///   - memory: what was read before; takes these tokens in.
  /// - Throws: when a token is not in the vocabulary, or the memory is full.
  public func scores(after tokens: [Int32], _ memory: TokenMemory) throws(ModelError) -> [Float] {
    try directory.check([tokens[...]])
    guard !tokens.isEmpty, memory.count + tokens.count <= maximumTokens else {
      throw .invalidRequest(reason: "\(memory.count + tokens.count) tokens where the model takes 1 to \(maximumTokens)")
    }
    var scores: [Float] = []
    var first = 0
    // Long prompts go in steps, so that memory stays bounded.
    while first < tokens.count {
      let part = Array(tokens[first..<min(tokens.count, first + Self.tokensPerStep)])
      first += part.count
      scores = step(part, memory, givesScores: first == tokens.count)
    }
    return scores
  }

  static let tokensPerStep = 256

  private func step(_ tokens: [Int32], _ memory: TokenMemory, givesScores: Bool) -> [Float] {
    let division = WorkDivision(tokenCount: tokens.count, pool: pool)
    let positions = tokens.indices.map { Int32(memory.count + $0) }
    memory.makeRoom(for: tokens.count)
    let space = memory.workspace(for: division, of: pool)
    space.state.embed(tokens, positions: positions, backbone.embeddings)
    for (layer, cache) in zip(backbone.layers, memory.caches) {
      layer.extend(space, positions: positions, cache: cache, past: memory.count, division: division)
    }
    memory.count += tokens.count
    guard givesScores else { return [] }
    let last = tokens.count - 1..<tokens.count
    if let norm = backbone.finalNorm { space.state.normalise(rows: last, norm) }
    let scores = Activations(.float32, rows: 1, columns: head.outputs)
    WorkDivision(tokenCount: 1, pool: pool).forEachColumnRange(of: head.outputs) { columns in
      head.multiply(space.state, rows: last, columns: columns, into: scores, firstRow: 0)
    }
    return scores[0]
  }
}

extension ModelDirectory {
  /// The tokens that the configuration gives a part under some keys, such as `eos_token_id`.
  func declaredTokens(_ keys: [String]) throws(ModelError) -> Set<Int32> {
    var tokens: Set<Int32> = []
    for name in ["generation_config.json", "config.json"] where FileManager.default.fileExists(atPath: path + "/" + name) {
      let file = try ConfigurationFile(path: path + "/" + name, advice: "")
      for key in keys {
        switch file.value(key) {
        case .integer(let id): tokens.insert(Int32(clamping: id))
        case .array(let ids): for case .integer(let id) in ids { tokens.insert(Int32(clamping: id)) }
        default: continue
        }
      }
    }
    return tokens
  }
}
