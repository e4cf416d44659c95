/// The tokenizer that a model's `tokenizer.json` describes: normalise, split into words, cut words into pieces.
///
/// Pieces are those of WordPiece (BERT and its family), of byte pairs (GPT-2, RoBERTa, Llama, Mistral, Qwen) or of a unigram model
/// (XLM-R, T5). Ids are those of the Python package `tokenizers` for the same file; what the file asks for and is not implemented
/// is an error that names it. The value is immutable and may be used from any number of threads.
///
/// ```swift
/// let tokenizer = try SubwordTokenizer(directory: "all-MiniLM-L6-v2")
/// tokenizer.encode("Needles in haystacks", maximumTokens: 256).ids
/// ```
public struct SubwordTokenizer: Tokenizer {
  let normalizer: Normalizer
  let preTokenizer: PreTokenizer
  let model: SubwordModel
  /// All tokens as the files spell them, added ones included.
  let vocabulary: TokenTable
  /// Added tokens that are looked for in the text as given, and in the normalised text.
  let verbatimTokens: AddedTokens
  let normalizedTokens: AddedTokens
  /// Added tokens that are no text, such as `[SEP]`.
  let specialIDs: Set<Int32>
  let frame: TokenizerFile.Frame
  /// The special tokens before and after each input.
  let prefix: [Int32]
  let suffix: [Int32]
  /// Whether parts of a long text, cut before blanks, have the tokens of the whole.
  let worksInStretches: Bool

  /// The number of ids that the vocabulary and the added tokens define.
  public let vocabularySize: Int
  /// Where the files say that inputs are to be cut, special tokens included; a model's own limit comes first.
  public let declaredMaximumTokens: Int?

  /// The token for what the vocabulary has no pieces for; nil if there is none, as in byte-level models.
  public let unknownID: Int32?

  public var specialTokenCount: Int { prefix.count + suffix.count }
  /// The special tokens before and after each input.
  public var specialTokens: (before: [Int32], after: [Int32]) { (prefix, suffix) }
  /// Those of them that stand in front of a text.
  public var leadingTokenCount: Int { prefix.count }

  /// The number of a token of the vocabulary, or of an added one, if it has one; byte-level models spell a blank `Ġ`.
  public func id(of token: String) -> Int32? { vocabulary.id(of: token.utf8) }

  /// How a token is spelled in the vocabulary; nil if the number stands for none.
  public func token(_ id: Int32) -> String? {
    let spelling = vocabulary.spelling(of: id)
    return spelling.isEmpty ? nil : String(decoding: spelling, as: UTF8.self)
  }

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
