public import NeedletailText

/// Counts words where no model says what a token is: for collections that are searched by words only.
///
/// Words are what white space separates; of a longer word each 16 bytes count as one. The ids are hashes, good for nothing
/// but telling words apart.
public struct WordTokenizer: Tokenizer {
  private static let longestPiece = 16

  public init() {}

  public var specialTokenCount: Int { 0 }

  public func encode(_ text: String, maximumTokens: Int?) -> TokenSequence {
    let bytes = Array(text.utf8)
    let ranges = Array(tokenRanges(in: bytes.span).prefix(maximumTokens ?? .max))
    return TokenSequence(ids: ranges.map { Self.hash(bytes[$0]) }, byteRanges: ranges)
  }

  public func appendTokens(of text: String, maximumTokens: Int?, to ids: inout [Int32]) -> Int {
    let tokens = encode(text, maximumTokens: maximumTokens)
    ids += tokens.ids
    return tokens.ids.count
  }

  public func countTokens(in utf8: Span<UInt8>) -> Int { tokenRanges(in: utf8).count }

  public func tokenRanges(in utf8: Span<UInt8>) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start: Int?
    for index in utf8.indices {
      let byte = utf8[index]
      let isSpace = byte == 0x20 || (0x09...0x0D).contains(byte)
      if let open = start {
        // A piece ends at white space, or before a character once it is long enough.
        let isFull = index - open >= Self.longestPiece && byte & 0xC0 != 0x80
        if isSpace || isFull {
          ranges.append(open..<index)
          start = isSpace ? nil : index
        }
      } else if !isSpace {
        start = index
      }
    }
    if let start { ranges.append(start..<utf8.count) }
    return ranges
  }

  /// FNV-1a, 32 bits, without the sign.
  private static func hash(_ bytes: ArraySlice<UInt8>) -> Int32 {
    let hash = bytes.reduce(UInt32(0x811C_9DC5)) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    return Int32(hash & 0x7FFF_FFFF)
  }
}
