extension WordPieceTokenizer {
  /// Appends the tokens of the text, without special ones, until the sink is full.
  func append(tokensOf text: Span<UInt8>, to sink: inout TokenSink) {
    var scratch = Scratch(keepsOrigins: sink.keepsRanges)
    var position = 0
    while position < text.count, !sink.isFull {
      let match = verbatimTokens.isEmpty ? nil : verbatimTokens.firstMatch(in: text, from: position)
      append(segment: position..<(match?.range.lowerBound ?? text.count), of: text, &scratch, to: &sink)
      if let match { sink.append(match.id, match.range) }
      position = match?.range.upperBound ?? text.count
    }
    sink.cutToLimit()
  }

  /// Buffers that one call reuses from word to word.
  struct Scratch {
    var text: NormalizedText
    var pieces: [WordPiece.Piece] = []

    init(keepsOrigins: Bool) { text = NormalizedText(keepsOrigins: keepsOrigins) }
  }

  /// The text is normalised in stretches of about this many bytes, so that a long one is not read beyond the limit.
  private static let stretch = 4096

  private func append(segment: Range<Int>, of text: Span<UInt8>, _ scratch: inout Scratch, to sink: inout TokenSink) {
    var start = segment.lowerBound
    while start < segment.upperBound, !sink.isFull {
      let end = normalizedTokens.isEmpty ? endOfStretch(start, in: segment, text) : segment.upperBound
      scratch.text.removeAll()
      normalizer.append(text, start..<end, to: &scratch.text)
      append(normalized: &scratch, to: &sink)
      start = end
    }
  }

  /// A place after a blank or line feed: words end there, and nothing is normalised across.
  private func endOfStretch(_ start: Int, in segment: Range<Int>, _ text: Span<UInt8>) -> Int {
    var end = start + Self.stretch
    while end < segment.upperBound {
      let byte = text[end - 1]
      if byte == 0x20 || byte == 0x0A { return end }
      end += 1
    }
    return segment.upperBound
  }

  private func append(normalized scratch: inout Scratch, to sink: inout TokenSink) {
    let bytes = scratch.text.bytes
    var position = 0
    while position < bytes.count {
      let match = normalizedTokens.isEmpty ? nil : normalizedTokens.firstMatch(in: bytes.span, from: position)
      append(wordsIn: position..<(match?.range.lowerBound ?? bytes.count), of: bytes.span, &scratch, to: &sink)
      if let match { sink.append(match.id, scratch.text.source(of: match.range)) }
      position = match?.range.upperBound ?? bytes.count
    }
  }

  /// Splits at white space, which goes, and at punctuation, which stays as words of one scalar.
  private func append(
    wordsIn range: Range<Int>, of text: Span<UInt8>, _ scratch: inout Scratch, to sink: inout TokenSink
  ) {
    let characters = BertCharacters.shared
    let ascii = characters.ascii
    var wordStart = range.lowerBound
    var position = range.lowerBound
    while position < range.upperBound {
      let byte = text[position]
      var length = 1
      var classes = BertCharacters.Class(rawValue: 0)
      if byte < 0x80 {
        classes = BertCharacters.Class(rawValue: UInt16(ascii[Int(byte)]))
      } else {
        let decoded = Scalars.decode(text, at: position)
        length = decoded.length
        classes = characters.classes(of: decoded.scalar)
      }
      if !classes.isDisjoint(with: [.whiteSpace, .punctuation]) {
        if wordStart < position { append(word: wordStart..<position, of: text, &scratch, to: &sink) }
        if classes.contains(.punctuation) { append(word: position..<position + length, of: text, &scratch, to: &sink) }
        if sink.isFull { return }
        wordStart = position + length
      }
      position += length
    }
    if wordStart < range.upperBound { append(word: wordStart..<range.upperBound, of: text, &scratch, to: &sink) }
  }

  private func append(word: Range<Int>, of text: Span<UInt8>, _ scratch: inout Scratch, to sink: inout TokenSink) {
    scratch.pieces.removeAll(keepingCapacity: true)
    model.append(word, of: text, to: &scratch.pieces)
    var start = word.lowerBound
    for piece in scratch.pieces {
      sink.append(piece.id, sink.keepsRanges ? scratch.text.source(of: start..<piece.end) : 0..<0)
      start = piece.end
    }
  }
}
