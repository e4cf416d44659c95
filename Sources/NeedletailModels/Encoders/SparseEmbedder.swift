public import NeedletailCore
public import NeedletailNumerics
public import NeedletailText
internal import Foundation
internal import Synchronization

/// An embedder of text into weights of a vocabulary's terms: SPLADE and its family.
///
/// Directories are those of the Python class `SparseEncoder` with the modules `MLMTransformer` (or `Transformer`) and
/// `SpladePooling`, or a network with a head of masked language modelling alone. Causal networks (Llama, Mistral, Qwen) read each text
/// twice, and their states are compared with the embeddings of the vocabulary: see `TextEcho`.
///
/// ```swift
/// let embedder = try SparseEmbedder(path: "splade-v3")
/// let vectors = try await embedder.encode(["a needle"], as: .query)
/// ```
public final class SparseEmbedder: Embedder {
  public let profile: EmbedderProfile

  private let directory: ModelDirectory
  public let tokenizer: SubwordTokenizer
  /// For causal networks.
  private let echo: TextEcho?
  private let encoder: SequenceEncoder

  /// Texts whose weights are in memory at a time, as many numbers as the vocabulary has terms for each.
  private static let textsPerWindow = 64

  /// Opens a directory.
  ///
  /// - Parameters:
  ///   - path: of the directory.
  ///   - name: what the model is called; the directory's name if nil.
  ///   - precision: the arithmetic of the layers; the head computes in floats.
  ///   - pool: the threads that encode.
  /// - Throws: when something is missing, or the modules ask for another pooling.
  public init(
    path: String, name: String? = nil, precision: EmbedderPrecision = .float32, pool: WorkerPool = .shared
  ) throws(ModelError) {
    directory = try ModelDirectory(headed: path)
    let weighting = try Self.weighting(path)
    let tokenizer = try directory.tokenizer()
    self.tokenizer = tokenizer
    let limit = directory.maximumTokens
    let isCausal = directory.configuration.architecture == .decoder
    let echo = isCausal ? TextEcho(tokenizer, limit: limit) : nil
    self.echo = echo
    // All texts have these, so that they say nothing of any.
    let hidden = try isCausal ? directory.declaredTokens(["bos_token_id", "eos_token_id", "pad_token_id"]) : []
    let vocabulary = 0..<directory.configuration.vocabularySize
    let frame: [Int32] = if let echo { echo.frame } else { [] }
    let silent = hidden.union(frame).filter { vocabulary.contains(Int($0)) }
    let head = try VocabularyHead(directory, weighting: weighting)
    profile = EmbedderProfile(
      name: name ?? URL(fileURLWithPath: path).lastPathComponent, digest: directory.digest, dimension: head.terms,
      maximumTokens: echo?.maximumTokens ?? limit, similarity: .dot)
    encoder = SequenceEncoder(
      backbone: TransformerBackbone(directory, precision: precision.layers),
      reading: StateReading(width: head.terms) { states, rows, output, place in
        head.weigh(states, rows: echo?.pooled(rows) ?? rows, into: &output, at: place)
        for token in silent { output[place + Int(token)] = 0 }
      },
      maximumLength: limit, pool: pool)
  }

  /// The weights of each text's terms.
  ///
  /// - Throws: `CancellationError` when the task is cancelled, or `ModelError`.
  public func encode(_ inputs: [String], as role: Role) async throws -> SparseVectors {
    try encodeNow(inputs, as: role)
  }

  /// The same on the caller's thread and the pool's.
  public func encodeNow(_ inputs: [String], as role: Role) throws -> SparseVectors {
    var result = SparseVectors(dimension: profile.dimension)
    for first in stride(from: 0, to: inputs.count, by: Self.textsPerWindow) {
      let texts = inputs[first..<min(first + Self.textsPerWindow, inputs.count)]
      let sequences = texts.map { text in
        let framed = tokenizer.encode(directory.prompts[role] + text, maximumTokens: profile.maximumTokens).ids
        return (echo?.sequence(framed) ?? framed)[...]
      }
      try directory.check(sequences)
      guard let weights = encoder.encode(sequences, isCancelled: { Task.isCancelled }) else { throw CancellationError() }
      for row in sequences.indices { try result.append(vector(weights[row * profile.dimension..<(row + 1) * profile.dimension])) }
    }
    return result
  }

  /// The term that a token of the vocabulary spells, for people to read; nil beyond the vocabulary.
  public func term(_ number: UInt32) -> String? { tokenizer.token(Int32(clamping: number)) }

  private func vector(_ weights: ArraySlice<Float>) throws(SparseVectorError) -> SparseVector {
    var entries: [(term: UInt32, weight: Float)] = []
    for (term, weight) in weights.enumerated() where weight > 0 { entries.append((UInt32(term), weight)) }
    return try SparseVector(entries)
  }

  /// How the modules pool; by the maximum if they do not say.
  static func weighting(_ path: String) throws(ModelError) -> VocabularyHead.Weighting {
    guard FileManager.default.fileExists(atPath: path + "/modules.json") else { return .saturated }
    var weighting = VocabularyHead.Weighting.saturated
    for entry in try ConfigurationFile.list(path: path + "/modules.json", advice: "") {
      let type = try entry.require("type", entry.string("type"))
      switch type.split(separator: ".").last {
      case "Transformer", "MLMTransformer": continue
      case "SpladePooling":
        let folder = try entry.require("path", entry.string("path"))
        let settings = try ConfigurationFile(path: "\(path)/\(folder)/config.json", advice: "It says how weights are pooled.")
        let pooling = try settings.string("pooling_strategy") ?? "max", function = try settings.string("activation_function") ?? "relu"
        guard ["max", "sum"].contains(pooling), function == "relu" else {
          throw settings.unsupported("pooling by \(pooling) of log(1 + \(function))", "Supported are maximum and sum of log(1 + relu).")
        }
        if pooling == "sum" { weighting = .summed }
      default: throw entry.unsupported("the module \(type)", "Supported are MLMTransformer and SpladePooling.")
      }
    }
    return weighting
  }
}
