/// A text as a model sees it.
public struct TokenSequence: Hashable, Sendable {
  /// The tokens' numbers in the model's vocabulary.
  public var ids: [Int32]
  /// Where each token comes from, in bytes of the input's UTF-8 form; empty ranges for tokens that the tokenizer added.
  public var byteRanges: [Range<Int>]

  public init(ids: [Int32] = [], byteRanges: [Range<Int>] = []) {
    self.ids = ids
    self.byteRanges = byteRanges
  }
}

/// Cuts text into the pieces that a model has numbers for.
public protocol Tokenizer: Sendable {
  /// The number of tokens that frame each input, such as `[CLS]` and `[SEP]`.
  var specialTokenCount: Int { get }

  /// The tokens of a text, special ones included, cut to `maximumTokens` (nil: not cut).
  func encode(_ text: String, maximumTokens: Int?) -> TokenSequence

  /// Appends the ids that `encode` would give, and returns how many: the fast path of encoders.
  func appendTokens(of text: String, maximumTokens: Int?, to ids: inout [Int32]) -> Int

  /// The number of tokens in UTF-8 bytes, special ones left out.
  func countTokens(in utf8: Span<UInt8>) -> Int

  /// Where the tokens of UTF-8 bytes lie, special ones left out; in order. Only tokens that share a character overlap: each has
  /// the whole of it.
  func tokenRanges(in utf8: Span<UInt8>) -> [Range<Int>]
}
