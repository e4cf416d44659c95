/// The tokenizer of BERT and its family: normalise, split at blanks and punctuation, cut words into pieces.
///
/// Ids are those of the Python package `tokenizers` for the same `tokenizer.json`. The value is immutable and may be used
/// from any number of threads.
///
/// ```swift
/// let tokenizer = try WordPieceTokenizer(directory: "all-MiniLM-L6-v2")
/// tokenizer.encode("Needles in haystacks", maximumTokens: 256).ids
/// ```
public struct WordPieceTokenizer: Tokenizer {
  let normalizer: BertNormalizer
  let model: WordPiece
  /// Added tokens that are looked for in the text as given, and in the normalised text.
  let verbatimTokens: AddedTokens
  let normalizedTokens: AddedTokens
  /// The special tokens before and after each input.
  let prefix: [Int32]
  let suffix: [Int32]

  /// The number of ids that the vocabulary and the added tokens define.
  public let vocabularySize: Int
  /// Where the files say that inputs are to be cut, special tokens included; a model's own limit comes first.
  public let declaredMaximumTokens: Int?

  /// The token for words that are not in the vocabulary.
  public var unknownID: Int32 { model.unknownID }

  public var specialTokenCount: Int { prefix.count + suffix.count }

  /// The number of a token of the vocabulary, if it has one.
  public func id(of token: String) -> Int32? { model.id(of: token) }

  public func encode(_ text: String, maximumTokens: Int?) -> TokenSequence {
    var sink = TokenSink(keepsRanges: true, limit: limit(maximumTokens))
    append(tokensOf: Array(text.utf8).span, to: &sink)
    var result = TokenSequence()
    result.ids = prefix + sink.ids + suffix
    let end = sink.ranges.last?.upperBound ?? 0
    result.byteRanges = prefix.map { _ in 0..<0 } + sink.ranges + suffix.map { _ in end..<end }
    if let maximumTokens, result.ids.count > maximumTokens {
      result.ids.removeSubrange(max(0, maximumTokens)...)
      result.byteRanges.removeSubrange(max(0, maximumTokens)...)
    }
    return result
  }

  public func appendTokens(of text: String, maximumTokens: Int?, to ids: inout [Int32]) -> Int {
    let count = ids.count
    ids.append(contentsOf: prefix)
    var sink = TokenSink(keepsRanges: false, limit: limit(maximumTokens))
    swap(&sink.ids, &ids)
    sink.limit += sink.ids.count
    append(tokensOf: Array(text.utf8).span, to: &sink)
    swap(&sink.ids, &ids)
    ids.append(contentsOf: suffix)
    if let maximumTokens, ids.count - count > maximumTokens { ids.removeSubrange((count + max(0, maximumTokens))...) }
    return ids.count - count
  }

  public func countTokens(in utf8: Span<UInt8>) -> Int {
    var sink = TokenSink(keepsRanges: false, limit: .max)
    append(tokensOf: utf8, to: &sink)
    return sink.ids.count
  }

  public func tokenRanges(in utf8: Span<UInt8>) -> [Range<Int>] {
    var sink = TokenSink(keepsRanges: true, limit: .max)
    append(tokensOf: utf8, to: &sink)
    return sink.ranges
  }

  /// How many tokens of the text itself fit.
  private func limit(_ maximumTokens: Int?) -> Int {
    maximumTokens.map { max(0, $0 - specialTokenCount) } ?? Int(Int32.max)
  }
}

/// Collects tokens until a limit is reached.
struct TokenSink {
  var ids: [Int32] = []
  var ranges: [Range<Int>] = []
  let keepsRanges: Bool
  /// No more ids than this.
  var limit: Int

  init(keepsRanges: Bool, limit: Int) {
    self.keepsRanges = keepsRanges
    self.limit = limit
  }

  var isFull: Bool { ids.count >= limit }

  mutating func append(_ id: Int32, _ range: Range<Int>) {
    ids.append(id)
    if keepsRanges { ranges.append(range) }
  }

  mutating func cutToLimit() {
    guard ids.count > limit else { return }
    ids.removeSubrange(limit...)
    if keepsRanges { ranges.removeSubrange(limit...) }
  }
}
