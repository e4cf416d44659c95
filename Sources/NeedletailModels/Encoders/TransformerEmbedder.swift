public import NeedletailCore
public import NeedletailNumerics
public import NeedletailText
internal import Dispatch
internal import Foundation
internal import Synchronization

/// An embedder by a transformer: tokens, transformer layers, pooling.
///
/// ```swift
/// let embedder = try TransformerEmbedder(directory: try ModelDirectory(path: "all-MiniLM-L6-v2"))
/// let vectors = try await embedder.encode(["a needle", "a haystack"], as: .document)
/// ```
///
/// Texts of any mixture of lengths may be given together: they are packed without padding, and the work is the sum of their lengths.
/// Memory beyond the weights is bounded by the pool's threads (some 10 MB each), not by the number of texts. Any number of
/// threads may use one embedder.
public final class TransformerEmbedder: TextEmbedder {
  public let profile: EmbedderProfile
  public let tokenizer: any Tokenizer
  /// What is computed in, which may differ from what was asked for; see `EmbedderPrecision`.
  public let precision: EmbedderPrecision

  let encoder: SequenceEncoder
  let directory: ModelDirectory

  /// Texts that are tokenised before the network sees them: enough for full blocks, few enough to take little memory.
  private static let textsPerWindow = 2048
  private static let textsPerTask = 16

  /// Loads a model and its tokenizer.
  ///
  /// - Parameters:
  ///   - directory: the model.
  ///   - name: the name it is registered under; the directory's if nil.
  ///   - precision: the arithmetic; `.float32` agrees with the reference to 1e-6, the others are faster.
  ///   - pool: the threads that encode.
  /// - Throws: when the tokenizer cannot be read or is of a kind that is not supported.
  public convenience init(
    directory: ModelDirectory, name: String? = nil, precision: EmbedderPrecision = .float32, pool: WorkerPool = .shared
  ) throws(ModelError) {
    self.init(directory: directory, tokenizer: try directory.tokenizer(), name: name, precision: precision, pool: pool)
  }

  /// Loads a model that is used with a tokenizer made elsewhere.
  public init(
    directory: ModelDirectory, tokenizer: any Tokenizer, name: String? = nil, precision: EmbedderPrecision = .float32,
    pool: WorkerPool = .shared
  ) {
    self.directory = directory
    self.tokenizer = tokenizer
    self.precision = precision.effective
    profile = directory.profile(named: name ?? URL(fileURLWithPath: directory.path).lastPathComponent)
    encoder = SequenceEncoder(
      backbone: TransformerBackbone(directory, precision: precision.layers),
      reading: StateReading(directory.pooling.reduction, scaled: directory.normalises, width: directory.configuration.hiddenSize),
      maximumLength: directory.maximumTokens, pool: pool)
  }

  /// Embeds texts on the pool's threads without blocking the caller's; one short text, such as a query, is embedded on the spot.
  ///
  /// - Throws: `CancellationError` when the task is cancelled; what `encodeNow` throws.
  public func encode(_ texts: [String], as role: Role) async throws -> DenseVectors {
    if texts.count == 1 && texts[0].utf8.count < 2000 { return try encodeNow(texts, as: role) }
    let cancellation = Cancellation()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { [self] in
          continuation.resume(with: Result { () throws -> DenseVectors in
            do throws(ModelError) {
              return try embed(texts, as: role, cancellation)
            } catch {
              if case .cancelled = error { throw CancellationError() }
              throw error
            }
          })
        }
      }
    } onCancel: {
      cancellation.cancel()
    }
  }

  /// Embeds texts on the caller's thread and the pool's.
  ///
  /// - Returns: one vector for each text, in order. Texts longer than `profile.maximumTokens` are cut.
  /// - Throws: when the tokenizer gives a token that the network does not know.
  public func encodeNow(_ texts: [String], as role: Role) throws(ModelError) -> DenseVectors {
    try embed(texts, as: role, Cancellation())
  }

  /// - Throws: `cancelled` when the flag says so; what `check` throws.
  private func embed(_ texts: [String], as role: Role, _ cancellation: Cancellation) throws(ModelError) -> DenseVectors {
    var values: [Float] = []
    values.reserveCapacity(texts.count * profile.dimension)
    for first in stride(from: 0, to: texts.count, by: Self.textsPerWindow) {
      let window = texts[first..<min(first + Self.textsPerWindow, texts.count)]
      let sequences = tokenise(Array(window), as: role)
      try check(sequences)
      guard let vectors = encoder.encode(sequences, isCancelled: { cancellation.isCancelled }) else { throw .cancelled }
      values += vectors
    }
    return DenseVectors(dimension: profile.dimension, values: values)
  }

  private func tokenise(_ texts: [String], as role: Role) -> [ArraySlice<Int32>] {
    let prompt = directory.prompts[role]
    let tasks = (texts.count + Self.textsPerTask - 1) / Self.textsPerTask
    let sequences = Mutex([ArraySlice<Int32>](repeating: [], count: texts.count))
    encoder.pool.forEach(tasks) { task in
      let part = task * Self.textsPerTask..<min((task + 1) * Self.textsPerTask, texts.count)
      var ids: [Int32] = []
      var ends = [0]
      for text in texts[part] {
        _ = tokenizer.appendTokens(of: prompt + text, maximumTokens: profile.maximumTokens, to: &ids)
        ends.append(ids.count)
      }
      let found = zip(ends, ends.dropFirst()).map { ids[$0..<$1] }
      sequences.withLock { $0.replaceSubrange(part, with: found) }
    }
    return sequences.withLock { $0 }
  }

  /// The tokenizer's vocabulary may be larger than the table of embeddings.
  func check(_ sequences: [ArraySlice<Int32>]) throws(ModelError) { try directory.check(sequences) }
}

extension ModelDirectory {
  /// Makes sure that the network has an embedding for each token.
  func check(_ sequences: [ArraySlice<Int32>]) throws(ModelError) {
    let vocabularySize = configuration.vocabularySize
    for sequence in sequences {
      if let id = sequence.first(where: { $0 < 0 || Int($0) >= vocabularySize }) {
        throw .malformedFile(
          path: transformerPath, reason: "the tokenizer gives the token \(id) where the network knows \(vocabularySize)")
      }
    }
  }

  /// The tokenizer beside the network.
  public func tokenizer() throws(ModelError) -> SubwordTokenizer {
    do {
      return try SubwordTokenizer(directory: transformerPath)
    } catch {
      throw ModelError(error)
    }
  }
}

extension ModelError {
  fileprivate init(_ error: TextError) {
    switch error {
    case .unreadable(let file, let reason): self = .malformedFile(path: file, reason: reason)
    case .malformed(let file, let key, let reason): self = .malformedFile(path: file, reason: "\(key): \(reason)")
    case .unsupported(let file, let key, let value, let supported):
      self = .unsupported(path: file, feature: "\(key) \(value)", advice: "Supported: \(supported).")
    case .unknownLanguage: self = .invalidRequest(reason: "\(error)")
    }
  }
}

/// A flag that work in progress looks at between blocks.
private final class Cancellation: Sendable {
  private let flag = Atomic(false)
  var isCancelled: Bool { flag.load(ordering: .relaxed) }
  func cancel() { flag.store(true, ordering: .relaxed) }
}

extension Pooling {
  var reduction: Activations.Reduction {
    switch self {
    case .mean: .mean
    case .cls: .first
    case .max: .maximum
    case .last: .last
    }
  }
}
