internal import Foundation
public import NeedletailCore
public import NeedletailNumerics
internal import NeedletailText

/// An embedder into a summary and term weights together: the state of the first token, and what the other tokens call to mind.
///
/// The network needs a head of masked language modelling, as `needletail train` with the objective `reconstruction` writes it. A term's
/// weight is the largest score over all tokens but the first, without the bias; only the largest weights above zero are kept.
///
/// Source: Xiao and Liu, "RetroMAE v2: Duplex Masked Auto-Encoder" (arXiv 2211.08769), 2022. Deviations: no linear map is learnt for
/// either part, and both are scaled to unit length, so that they count alike before anything was fine-tuned.
public final class JoinedEmbedder: Sendable {
  public let profile: EmbedderProfile
  /// How many terms a text keeps.
  public let termCount: Int

  private let directory: ModelDirectory
  private let tokenizer: SubwordTokenizer
  private let encoder: SequenceEncoder
  private let vocabularySize: Int

  /// Texts whose scores are in memory at a time, as many numbers as the vocabulary has terms for each.
  private static let textsPerWindow = 64

  /// Opens a model directory.
  ///
  /// - Parameters:
  ///   - directory: a model with a head of masked language modelling.
  ///   - termCount: how many terms a text keeps.
  ///   - name: what the model is called; the directory's name if nil.
  ///   - pool: the threads that encode.
  /// - Throws: when the head is missing.
  public init(
    _ directory: ModelDirectory, termCount: Int = 384, name: String? = nil, pool: WorkerPool = .shared
  ) throws(ModelError) {
    guard termCount > 0 else { throw .invalidRequest(reason: "A text has to keep one term at least, not \(termCount).") }
    self.directory = directory
    self.termCount = termCount
    tokenizer = try directory.tokenizer()
    let head = try VocabularyHead(directory, weighting: .linear)
    vocabularySize = head.terms
    let size = directory.configuration.hiddenSize
    profile = EmbedderProfile(
      name: name ?? URL(fileURLWithPath: directory.path).lastPathComponent, digest: directory.digest, dimension: size,
      maximumTokens: directory.maximumTokens, similarity: .dot)
    encoder = SequenceEncoder(
      backbone: TransformerBackbone(directory, precision: EmbedderPrecision.float32.layers),
      reading: StateReading(width: size + head.terms) { states, rows, output, place in
        states.reduce(rows: rows, .first, scaled: true, into: &output, at: place)
        let others = rows.count > 1 ? rows.lowerBound + 1..<rows.upperBound : rows
        head.weigh(states, rows: others, into: &output, at: place + size)
      },
      maximumLength: directory.maximumTokens, pool: pool)
  }

  /// The vectors of each text.
  ///
  /// - Throws: `CancellationError` when the task is cancelled, or `ModelError`.
  public func encodeNow(_ inputs: [String], as role: Role) throws -> JoinedVectors {
    let size = profile.dimension
    var summaries: [Float] = []
    var terms = SparseVectors(dimension: vocabularySize)
    for first in stride(from: 0, to: inputs.count, by: Self.textsPerWindow) {
      let texts = inputs[first..<min(first + Self.textsPerWindow, inputs.count)]
      let sequences = texts.map { text in
        tokenizer.encode(directory.prompts[role] + text, maximumTokens: profile.maximumTokens).ids[...]
      }
      try directory.check(sequences)
      guard let values = encoder.encode(sequences, isCancelled: { Task.isCancelled }) else { throw CancellationError() }
      for row in sequences.indices {
        let start = row * (size + vocabularySize)
        summaries += values[start..<start + size]
        try terms.append(largest(of: values[start + size..<start + size + vocabularySize]))
      }
    }
    return JoinedVectors(summaries: DenseVectors(dimension: size, values: summaries), terms: terms)
  }

  /// The term that a token of the vocabulary spells, for people to read; nil beyond the vocabulary.
  public func term(_ number: UInt32) -> String? { tokenizer.token(Int32(clamping: number)) }

  private func largest(of scores: ArraySlice<Float>) throws(SparseVectorError) -> SparseVector {
    var top = TopK(capacity: termCount)
    for (term, score) in scores.enumerated() where score > 0 { top.insert(row: UInt32(term), score: score) }
    let entries = top.ranked
    let length = entries.reduce(0) { $0 + $1.score * $1.score }.squareRoot()
    return try SparseVector(entries.map { ($0.row, length > 0 ? $0.score / length : 0) })
  }
}
