extension SubwordTokenizer {
  /// Appends the tokens of the text, without special ones, until the sink is full.
  func append(tokensOf text: Span<UInt8>, to sink: inout TokenSink) {
    var scratch = TokenScratch(keepsOrigins: sink.keepsRanges || (preTokenizer.asksForOrigins && !normalizer.steps.isEmpty))
    var position = 0
    while position < text.count, !sink.isFull {
      let match = verbatimTokens.isEmpty ? nil : verbatimTokens.firstMatch(in: text, from: position)
      append(segment: position..<(match?.range.lowerBound ?? text.count), of: text, &scratch, to: &sink)
      if let match { sink.append(match.id, match.range) }
      position = match?.range.upperBound ?? text.count
    }
    sink.cutToLimit()
  }

  /// The text is normalised in stretches of about this many bytes, so that a long one is not read beyond the limit.
  private static let stretch = 4096

  private func append(segment: Range<Int>, of text: Span<UInt8>, _ scratch: inout TokenScratch, to sink: inout TokenSink) {
    var start = segment.lowerBound
    while start < segment.upperBound, !sink.isFull {
      let end = worksInStretches ? endOfStretch(start, in: segment, text) : segment.upperBound
      normalizer.write(text, start..<end, to: &scratch.text, spare: &scratch.spare)
      if normalizedTokens.isEmpty {
        append(piecesOf: &scratch, isStart: start == 0, to: &sink)
      } else {
        append(normalized: scratch.text, isStart: start == 0, &scratch, to: &sink)
      }
      start = end
    }
  }

  /// A place between an ASCII character that is not white space and a blank: no word, and no normal form, reaches across.
  private func endOfStretch(_ start: Int, in segment: Range<Int>, _ text: Span<UInt8>) -> Int {
    var end = start + Self.stretch
    while end < segment.upperBound {
      if text[end] == 0x20, text[end - 1] > 0x20, text[end - 1] < 0x7F { return end }
      end += 1
    }
    return segment.upperBound
  }

  /// Splits a normalised text at the tokens that are looked for in it.
  private func append(
    normalized text: NormalizedText, isStart: Bool, _ scratch: inout TokenScratch, to sink: inout TokenSink
  ) {
    var position = 0
    while position < text.bytes.count, !sink.isFull {
      let match = normalizedTokens.firstMatch(in: text.bytes.span, from: position)
      let end = match?.range.lowerBound ?? text.bytes.count
      if position < end {
        scratch.text.removeAll()
        scratch.text.append(copying: text, position..<end)
        append(piecesOf: &scratch, isStart: isStart && position == 0, to: &sink)
      }
      if let match { sink.append(match.id, text.source(of: match.range)) }
      position = match?.range.upperBound ?? text.bytes.count
    }
  }

  private func append(piecesOf scratch: inout TokenScratch, isStart: Bool, to sink: inout TokenSink) {
    preTokenizer.split(&scratch, isStart: isStart)
    let text = scratch.text.bytes
    for piece in scratch.pieces {
      scratch.tokens.removeAll(keepingCapacity: true)
      model.append(piece, of: text.span, to: &scratch.tokens, &scratch.room)
      var start = piece.lowerBound
      for token in scratch.tokens {
        sink.append(token.id, sink.keepsRanges && start < token.end ? scratch.text.source(of: start..<token.end) : 0..<0)
        start = token.end
      }
      if sink.isFull { return }
    }
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
