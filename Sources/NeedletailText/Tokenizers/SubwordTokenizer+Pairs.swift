/// Two texts as a model sees them together.
public struct TokenPair: Hashable, Sendable {
  /// The tokens' numbers in the model's vocabulary, special ones included.
  public var ids: [Int32]
  /// For each token the kind of text it belongs to, as models with token types want it: mostly 0 for the first text, 1 for the second.
  public var types: [Int32]

  public init(ids: [Int32] = [], types: [Int32] = []) {
    self.ids = ids
    self.types = types
  }
}

extension SubwordTokenizer {
  /// Whether the files say how two texts are put together.
  public var encodesPairs: Bool { frame.pair != nil }

  /// The tokens of two texts, a query and a passage say, in the frame that the model was trained with.
  ///
  /// What is too long loses tokens at the end of the longer text until both are equally long, then of both.
  ///
  /// - Precondition: `encodesPairs`.
  /// - Parameters:
  ///   - first: a text.
  ///   - second: a text.
  ///   - maximumTokens: special tokens included; nil does not cut.
  public func encodePair(_ first: String, _ second: String, maximumTokens: Int?) -> TokenPair {
    guard let pieces = frame.pair else { preconditionFailure("the tokenizer does not say how two texts are put together") }
    let specialCount = pieces.count { !$0.isText }
    let room = maximumTokens.map { max(0, $0 - specialCount) }
    let texts = (tokens(of: first, limit: room), tokens(of: second, limit: room))
    let lengths = Self.lengths(texts.0.count, texts.1.count, room: room)
    var pair = TokenPair()
    for piece in pieces {
      switch piece {
      case .special(let id, let type):
        pair.ids.append(id)
        pair.types.append(type)
      case .text(let isSecond, let type):
        let ids = isSecond ? texts.1.prefix(lengths.second) : texts.0.prefix(lengths.first)
        pair.ids += ids
        pair.types += ids.map { _ in type }
      }
    }
    return pair
  }

  private func tokens(of text: String, limit: Int?) -> [Int32] {
    var sink = TokenSink(keepsRanges: false, limit: limit ?? Int(Int32.max))
    append(tokensOf: Array(text.utf8).span, to: &sink)
    return sink.ids
  }

  private static func lengths(_ first: Int, _ second: Int, room: Int?) -> (first: Int, second: Int) {
    guard let room, first + second > room else { return (first, second) }
    let shorter = min(first, second)
    var lengths = (shorter: shorter, longer: max(shorter, room - shorter))
    if lengths.shorter + lengths.longer > room { lengths = (room / 2, room / 2 + room % 2) }
    return first > second ? (lengths.longer, lengths.shorter) : (lengths.shorter, lengths.longer)
  }
}
