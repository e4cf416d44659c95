/// Cuts what is too long for a passage and has no better place to cut: between words, or between tokens.
struct TokenCutter {
  let budget: Int
  let tokenizer: any Tokenizer

  /// A piece with the number of its tokens, and what lies before it.
  struct Piece {
    var range: Range<Int>
    var tokens: Int
    var boundary: Boundary
  }

  /// The pieces of `range`, each within the budget unless a single scalar is more than that.
  func pieces(of range: Range<Int>, in text: Span<UInt8>) -> [Piece] {
    var pieces: [Piece] = []
    var position = range.lowerBound
    var boundary = Boundary.word
    while position < range.upperBound {
      let cut = self.cut(position..<range.upperBound, in: text)
      let piece = WhiteSpace.trim(position..<cut.end, of: text)
      if !piece.isEmpty { pieces.append(Piece(range: piece, tokens: cut.tokens, boundary: boundary)) }
      boundary = cut.isBetweenWords ? .word : .token
      position = WhiteSpace.skip(cut.end..<range.upperBound, of: text)
    }
    return pieces
  }

  private struct Cut {
    var end: Int
    var tokens: Int
    var isBetweenWords: Bool
  }

  /// Where the first piece of the range ends.
  private func cut(_ range: Range<Int>, in text: Span<UInt8>) -> Cut {
    // Enough bytes for the budget in any language; looking no further keeps the whole linear.
    let window = range.lowerBound..<align(min(range.upperBound, range.lowerBound + 16 * budget), notBefore: range, in: text)
    let tokens = tokenizer.tokenRanges(in: text.extracting(window))
    var end = window.upperBound
    if tokens.count > budget {
      end = align(window.lowerBound + tokens[budget - 1].upperBound, notBefore: range, in: text)
    } else if end == range.upperBound {
      return Cut(end: end, tokens: tokens.count, isBetweenWords: true)
    }
    if let blank = lastBlank(in: range.lowerBound + (end - range.lowerBound) / 2..<end, of: text) {
      return Cut(end: blank, tokens: count(range.lowerBound..<blank, in: text), isBetweenWords: true)
    }
    // A piece of a word may take more tokens than its share of the whole word did.
    var tokenCount = count(range.lowerBound..<end, in: text)
    while tokenCount > budget {
      let shorter = align(range.lowerBound + (end - range.lowerBound) / 2, notBefore: range, in: text)
      guard shorter < end else { break }
      end = shorter
      tokenCount = count(range.lowerBound..<end, in: text)
    }
    return Cut(end: end, tokens: tokenCount, isBetweenWords: false)
  }

  private func count(_ range: Range<Int>, in text: Span<UInt8>) -> Int {
    tokenizer.countTokens(in: text.extracting(range))
  }

  /// The place after the last blank in the range.
  private func lastBlank(in range: Range<Int>, of text: Span<UInt8>) -> Int? {
    var position = range.upperBound
    while position > range.lowerBound {
      if text[position - 1] == 0x20 || text[position - 1] == 0x0A || text[position - 1] == 0x09 { return position }
      position -= 1
    }
    return nil
  }

  /// The nearest beginning of a scalar at or before `position`, but at least one scalar into the range.
  private func align(_ position: Int, notBefore range: Range<Int>, in text: Span<UInt8>) -> Int {
    var aligned = min(position, range.upperBound)
    while aligned > range.lowerBound, aligned < range.upperBound, Scalars.isContinuation(text[aligned]) { aligned -= 1 }
    if aligned > range.lowerBound { return aligned }
    return min(range.upperBound, range.lowerBound + Scalars.decode(text, at: range.lowerBound).length)
  }
}
