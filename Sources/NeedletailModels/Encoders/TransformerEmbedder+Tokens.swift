public import NeedletailCore
internal import NeedletailText

/// Which tokens of a text get a vector of their own.
public struct TokenSelection: Hashable, Sendable {
  /// Tokens of a text that are looked at, special ones included; the model's limit if that is lower.
  public var maximumTokens: Int
  /// Whether tokens without a letter or a digit are left out.
  public var skipsPunctuation: Bool

  public init(maximumTokens: Int = .max, skipsPunctuation: Bool = true) {
    self.maximumTokens = maximumTokens
    self.skipsPunctuation = skipsPunctuation
  }
}

extension TransformerEmbedder {
  /// The vectors of the last layer, one for each token, of unit length: for late interaction.
  ///
  /// Tokens that frame the text, such as `[CLS]`, are left out. A model that was not trained for late interaction still gives
  /// meaningful matches of tokens.
  ///
  /// - Parameters:
  ///   - texts: any number; windows of them are encoded at a time.
  ///   - role: what the texts are.
  ///   - selection: which tokens count.
  /// - Returns: an item for each text, in order; one without tokens has no vectors.
  /// - Throws: `ModelError`, or `CancellationError` when the task is cancelled.
  public func tokenVectors(
    of texts: [String], as role: Role, selection: TokenSelection = TokenSelection()
  ) throws -> TokenVectors {
    var result = TokenVectors(dimension: profile.dimension)
    let prompt = directory.prompts[role]
    let limit = min(max(1, selection.maximumTokens), profile.maximumTokens)
    for first in stride(from: 0, to: texts.count, by: Self.tokenTextsPerWindow) {
      try Task.checkCancellation()
      let window = texts[first..<min(first + Self.tokenTextsPerWindow, texts.count)].map { prompt + $0 }
      let sequences = window.map { tokenizer.encode($0, maximumTokens: limit) }
      try check(sequences.map { $0.ids[...] })
      guard let vectors = encoder.encodeTokens(sequences.map { $0.ids[...] }, isCancelled: { Task.isCancelled }) else {
        throw CancellationError()
      }
      var start = 0
      for (text, sequence) in zip(window, sequences) {
        let bytes = Array(text.utf8)
        var kept: [Float] = []
        for (place, range) in sequence.byteRanges.enumerated() {
          guard range.lowerBound >= prompt.utf8.count, !range.isEmpty else { continue }
          if selection.skipsPunctuation, !bytes[range].contains(where: Self.isWordByte) { continue }
          kept += vectors[(start + place) * profile.dimension..<(start + place + 1) * profile.dimension]
        }
        result.append(kept)
        start += sequence.ids.count
      }
    }
    return result
  }

  private static let tokenTextsPerWindow = 256

  /// A letter or a digit, or a part of a character beyond ASCII.
  private static func isWordByte(_ byte: UInt8) -> Bool {
    byte >= 0x80 || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}

/// An embedder that gives a vector to each token, by the last layer of another.
public struct TransformerTokenEmbedder: Embedder {
  public let embedder: TransformerEmbedder
  public let selection: TokenSelection

  /// - Parameters:
  ///   - embedder: whose tokens get vectors.
  ///   - selection: which tokens.
  public init(_ embedder: TransformerEmbedder, selection: TokenSelection = TokenSelection()) {
    self.embedder = embedder
    self.selection = selection
  }

  public var profile: EmbedderProfile { embedder.profile }

  public func encode(_ inputs: [String], as role: Role) async throws -> TokenVectors {
    try embedder.tokenVectors(of: inputs, as: role, selection: selection)
  }
}
