/// The part of a tokenizer that gives a piece of text its ids.
enum SubwordModel: Sendable {
  case wordPiece(WordPiece)
  case bytePairs(BytePairEncoding)
  case unigram(Unigram)

  /// Appends the tokens of the piece `text[piece]`.
  @inline(__always)
  func append(_ piece: Range<Int>, of text: Span<UInt8>, to tokens: inout [TokenPiece], _ room: inout ModelRoom) {
    switch self {
    case .wordPiece(let model): model.append(piece, of: text, to: &tokens)
    case .bytePairs(let model): model.append(piece, of: text, to: &tokens, &room.merges)
    case .unigram(let model): model.append(piece, of: text, to: &tokens, &room.viterbi)
    }
  }
}

/// Memory that models work in.
struct ModelRoom {
  var merges = MergeRoom()
  var viterbi = ViterbiRoom()
}

/// Buffers that one call reuses from word to word.
struct TokenScratch {
  var text: NormalizedText
  var spare: NormalizedText
  var pieces: [Range<Int>] = []
  var sparePieces: [Range<Int>] = []
  var tokens: [TokenPiece] = []
  var room = ModelRoom()

  init(keepsOrigins: Bool) {
    text = NormalizedText(keepsOrigins: keepsOrigins)
    spare = NormalizedText(keepsOrigins: keepsOrigins)
  }
}
