public import NeedletailCore
public import NeedletailNumerics
internal import NeedletailText
internal import Foundation

/// An embedder of texts into a vector for each token, by a network that learnt late interaction: ColBERT (Khattab and Zaharia, SIGIR 2020)
/// and its family.
///
/// The state of a token passes a linear layer and is scaled to unit length. Queries may be filled up with a token of their own; documents may
/// leave punctuation out. Directories are those of the Python classes `MultiVectorEncoder` (sentence-transformers) and `ColBERT` (PyLate),
/// and those of ColBERT's authors.
///
/// ```swift
/// let embedder = try MultiVectorEmbedder(path: "colbertv2.0")
/// let vectors = try await embedder.encode(["a needle"], as: .query)
/// ```
public final class MultiVectorEmbedder: Embedder {
  public let profile: EmbedderProfile

  private let directory: ModelDirectory
  private let settings: MultiVectorSettings
  private let tokenizer: SubwordTokenizer
  private let encoder: SequenceEncoder
  private let projection: PackedMatrix
  /// Tokens behind the first one, and texts in front of the others.
  private let markers: [Role: [Int32]]
  private let prompts: [Role: String]
  /// What queries are filled up with.
  private let filler: Int32?
  private let skipped: Set<Int32>

  private static let textsPerWindow = 256

  /// Opens a directory.
  ///
  /// - Parameters:
  ///   - path: of the directory.
  ///   - name: what the model is called; the directory's name if nil.
  ///   - precision: the arithmetic of the layers; the projection computes in floats.
  ///   - pool: the threads that encode.
  /// - Throws: when something is missing, or the modules are others than those of the family.
  public init(
    path: String, name: String? = nil, precision: EmbedderPrecision = .float32, pool: WorkerPool = .shared
  ) throws(ModelError) {
    directory = try ModelDirectory(headed: path)
    settings = try MultiVectorSettings(directory: path)
    projection = try settings.projection(of: directory)
    profile = try Self.profile(directory, settings, name ?? URL(fileURLWithPath: path).lastPathComponent)
    let tokenizer = try directory.tokenizer()
    self.tokenizer = tokenizer
    var markers: [Role: [Int32]] = [:]
    var prompts: [Role: String] = [:]
    for (role, marker) in [(Role.query, settings.queryMarker), (.document, settings.documentMarker)] {
      let prompt = directory.prompts[role]
      // a marker is one token where the vocabulary has it, with or without the blank behind it, and a text otherwise
      let word = String(marker.prefix { $0 != " " })
      if !marker.isEmpty, let id = tokenizer.id(of: marker) ?? tokenizer.id(of: word) {
        (markers[role], prompts[role]) = ([id], prompt.hasPrefix(marker) ? String(prompt.dropFirst(marker.count)) : prompt)
      } else {
        prompts[role] = prompt.hasPrefix(marker) ? prompt : marker + prompt
      }
    }
    (self.markers, self.prompts) = (markers, prompts)
    filler = try settings.expansion.map { expansion throws(ModelError) in
      let names = expansion.token.map { [$0] } ?? ["[MASK]", "<mask>"]
      guard let id = names.lazy.compactMap(tokenizer.id).first else {
        throw .unsupported(
          path: path, feature: "filling queries up with \(names[0]), which the tokenizer does not know", advice: "Get the model's own tokenizer.")
      }
      return id
    }
    if let expansion = settings.expansion {
      let reach = directory.configuration.style.reach ?? .max
      guard expansion.length <= directory.configuration.maximumTokens, expansion.isSeen || expansion.length <= reach else {
        throw .unsupported(
          path: path, feature: "queries of \(expansion.length) tokens", advice: "The network has not as many positions, or tokens see less far.")
      }
    }
    skipped = Set(settings.skipped.compactMap(tokenizer.id))
    encoder = SequenceEncoder(
      backbone: TransformerBackbone(directory, precision: precision.layers),
      reading: StateReading(.first, scaled: true, width: directory.configuration.hiddenSize),
      maximumLength: directory.configuration.maximumTokens, pool: pool)
  }

  /// What there is to know of a directory without its weights.
  static func profile(_ directory: ModelDirectory, _ settings: MultiVectorSettings, _ name: String) throws(ModelError) -> EmbedderProfile {
    EmbedderProfile(
      name: name, digest: try settings.digest(of: directory), dimension: try settings.components(of: directory),
      maximumTokens: min(directory.maximumTokens, settings.documentLength ?? .max), similarity: .cosine)
  }

  /// The vectors of each text's tokens.
  ///
  /// - Throws: `CancellationError` when the task is cancelled, or `ModelError`.
  public func encode(_ inputs: [String], as role: Role) async throws -> TokenVectors { try encodeNow(inputs, as: role) }

  /// The same on the caller's thread and the pool's.
  public func encodeNow(_ inputs: [String], as role: Role) throws -> TokenVectors {
    let dimension = profile.dimension
    var result = TokenVectors(dimension: dimension)
    let skips = role == .query ? settings.skipsInQueries : settings.skipsInDocuments
    for first in stride(from: 0, to: inputs.count, by: Self.textsPerWindow) {
      let tokens = inputs[first..<min(first + Self.textsPerWindow, inputs.count)].map { self.tokens(of: $0, as: role) }
      let sequences = tokens.map { $0.ids[...] }
      try directory.check(sequences)
      let found = encoder.encodeTokens(
        sequences, seenCounts: tokens.map(\.seenCount), projection: projection, isCancelled: { Task.isCancelled })
      guard let vectors = found else { throw CancellationError() }
      var row = 0
      for sequence in sequences {
        var kept: [Float] = []
        for id in sequence {
          if !skips || !skipped.contains(id) { kept += vectors[row * dimension..<(row + 1) * dimension] }
          row += 1
        }
        result.append(kept)
      }
    }
    return result
  }

  /// The tokens of a text, and how many of them, from the first on, the others see.
  private func tokens(of text: String, as role: Role) -> (ids: [Int32], seenCount: Int) {
    let expansion = role == .query ? settings.expansion : nil
    let own = role == .query ? settings.queryLength : settings.documentLength
    var limit = min(directory.maximumTokens, own ?? .max)
    if let expansion { limit = expansion.cuts ? expansion.length : max(limit, expansion.length) }
    let marker = markers[role] ?? []
    var ids = tokenizer.encode((prompts[role] ?? "") + text, maximumTokens: max(0, limit - marker.count)).ids
    ids.insert(contentsOf: marker, at: min(ids.count, tokenizer.leadingTokenCount))
    let count = ids.count
    guard let expansion, let filler, count < expansion.length else { return (ids, count) }
    ids += [Int32](repeating: filler, count: expansion.length - count)
    return (ids, expansion.isSeen ? ids.count : count)
  }
}
