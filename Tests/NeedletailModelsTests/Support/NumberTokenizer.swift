import NeedletailText

/// Texts that are lists of token ids.
struct NumberTokenizer: Tokenizer {
  let specialTokenCount = 0

  func encode(_ text: String, maximumTokens: Int?) -> TokenSequence {
    let ids = text.split(separator: " ").compactMap { Int32($0) }.prefix(maximumTokens ?? .max)
    return TokenSequence(ids: Array(ids), byteRanges: ids.map { _ in 0..<0 })
  }

  func appendTokens(of text: String, maximumTokens: Int?, to ids: inout [Int32]) -> Int {
    let found = encode(text, maximumTokens: maximumTokens).ids
    ids += found
    return found.count
  }

  func countTokens(in utf8: Span<UInt8>) -> Int { 0 }
  func tokenRanges(in utf8: Span<UInt8>) -> [Range<Int>] { [] }
}
