/// Cuts text at the word boundaries of Unicode Standard Annex 29 (default rules WB1 to WB999).
struct WordSegmenter {
  private let data = WordBreak.shared

  /// A stretch between two neighbouring boundaries.
  struct Segment {
    var end: Int
    /// Something in it is worth a term.
    var bearsMeaning: Bool
    /// It has letters that become pairs.
    var hasSyllables: Bool
    /// Each byte is an ASCII letter or digit.
    var isSimple: Bool
  }

  /// The segment that begins at `start`, which is a boundary before the end of the text.
  func segment(of text: Span<UInt8>, from start: Int) -> Segment {
    var end = start
    while end < text.count, Self.isAlphanumeric(text[end]) { end += 1 }
    if end > start, end == text.count || Self.endsWord(text[end]) {
      return Segment(end: end, bearsMeaning: true, hasSyllables: false, isSimple: true)
    }
    return generalSegment(of: text, from: start)
  }

  /// What the rules look at while they go from scalar to scalar.
  private struct State {
    /// The scalar before the current place.
    var last: WordBreak.Property
    /// The same with ignored scalars passed over.
    var base: WordBreak.Property
    /// How many regional indicators stand in a row.
    var indicators = 0
    /// The letter or digit before the base, where that is punctuation inside a word or number.
    var bridged: WordBreak.Property?
  }

  private func generalSegment(of text: Span<UInt8>, from start: Int) -> Segment {
    let (first, length) = property(of: text, at: start)
    var segment = Segment(end: start + length, bearsMeaning: first.bearsMeaning, hasSyllables: first.hasPairs, isSimple: false)
    var state = State(last: first, base: first)
    if first.wordBreak == .regionalIndicator { state.indicators = 1 }
    while segment.end < text.count {
      let (next, length) = property(of: text, at: segment.end)
      guard continues(state, with: next, after: segment.end + length, in: text) else { break }
      segment.end += length
      segment.bearsMeaning = segment.bearsMeaning || next.bearsMeaning
      segment.hasSyllables = segment.hasSyllables || next.hasPairs
      state.last = next
      if !next.isIgnored {
        state.bridged = next.isMiddle ? state.base : nil
        state.base = next
        state.indicators += next.wordBreak == .regionalIndicator ? 1 : 0
      }
    }
    return segment
  }

  /// Whether no boundary lies before `next`.
  private func continues(
    _ state: State, with next: WordBreak.Property, after position: Int, in text: Span<UInt8>
  ) -> Bool {
    if state.last.isLineEnd || next.isLineEnd {
      return state.last.wordBreak == .carriageReturn && next.wordBreak == .lineFeed  // WB3, WB3a, WB3b
    }
    if state.last.wordBreak == .zeroWidthJoiner, next.isPictograph { return true }  // WB3c
    if state.last.wordBreak == .blank, next.wordBreak == .blank { return true }  // WB3d
    if next.isIgnored { return true }  // WB4
    let base = state.base
    switch next.wordBreak {
    case .letter, .hebrewLetter:  // WB5, WB7, WB7c, WB10, WB13b
      return base.isLetter || base.wordBreak == .numeric || base.wordBreak == .extendNumLet || state.bridged?.isLetter == true
    case .numeric:  // WB8, WB9, WB11, WB13b
      return base.isLetter || base.wordBreak == .numeric || base.wordBreak == .extendNumLet
        || state.bridged?.wordBreak == .numeric
    case .katakana:  // WB13, WB13b
      return base.wordBreak == .katakana || base.wordBreak == .extendNumLet
    case .extendNumLet:  // WB13a
      return base.isLetter || [.numeric, .katakana, .extendNumLet].contains(base.wordBreak)
    case .midLetter, .midNumLet, .singleQuote, .midNum, .doubleQuote:
      return bridges(base, next, after: position, in: text)
    case .regionalIndicator:  // WB15, WB16
      return base.wordBreak == .regionalIndicator && !state.indicators.isMultiple(of: 2)
    default:
      return false
    }
  }

  /// Whether punctuation stands between two letters or two digits (WB6, WB7a, WB7b, WB12).
  private func bridges(
    _ base: WordBreak.Property, _ middle: WordBreak.Property, after position: Int, in text: Span<UInt8>
  ) -> Bool {
    if base.wordBreak == .hebrewLetter, middle.wordBreak == .singleQuote { return true }
    guard base.isLetter || base.wordBreak == .numeric, let following = significant(from: position, in: text) else { return false }
    switch middle.wordBreak {
    case .midNumLet, .singleQuote:
      return base.isLetter ? following.isLetter : following.wordBreak == .numeric
    case .midLetter:
      return base.isLetter && following.isLetter
    case .midNum:
      return base.wordBreak == .numeric && following.wordBreak == .numeric
    default:
      return base.wordBreak == .hebrewLetter && following.wordBreak == .hebrewLetter
    }
  }

  /// The next scalar that is not ignored.
  private func significant(from start: Int, in text: Span<UInt8>) -> WordBreak.Property? {
    var position = start
    while position < text.count {
      let (next, length) = property(of: text, at: position)
      if !next.isIgnored { return next }
      position += length
    }
    return nil
  }

  @inline(__always)
  private func property(of text: Span<UInt8>, at position: Int) -> (WordBreak.Property, Int) {
    let (scalar, length) = Scalars.decode(text, at: position)
    return (data.property(of: scalar), length)
  }

  // MARK: The fast path

  @inline(__always)
  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10
  }

  /// Whether an ASCII character ends a word of letters and digits whatever follows: it joins nothing in the rules.
  @inline(__always)
  private static func endsWord(_ byte: UInt8) -> Bool {
    guard byte < 0x80 else { return false }
    switch byte {
    case 0x22, 0x27, 0x2C, 0x2E, 0x3A, 0x3B, 0x5F: return false  // " ' , . : ; _
    default: return true
    }
  }
}

extension WordBreak.Property {
  /// Whether it becomes part of pairs rather than of words.
  var hasPairs: Bool { isSyllable || isComplex }

  /// Whether it may stand inside a word or number.
  var isMiddle: Bool {
    switch wordBreak {
    case .midLetter, .midNumLet, .singleQuote, .midNum, .doubleQuote: true
    default: false
    }
  }
}
