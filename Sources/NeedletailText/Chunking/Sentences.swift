/// Finds where sentences begin: after final punctuation, unless it belongs to an abbreviation, an initial or a number.
enum Sentences {
  /// The first bytes of the sentences in `range`, the first of which begins at its lower bound.
  static func starts(in range: Range<Int>, of text: Span<UInt8>) -> [Int] {
    var starts = [range.lowerBound]
    var position = range.lowerBound
    while position < range.upperBound {
      let (scalar, length) = Scalars.decode(text, at: position)
      let first = position
      position += length
      guard let kind = Ending(scalar) else { continue }
      let run = skipEndings(position..<range.upperBound, of: text)
      position = run.position
      let next = WhiteSpace.skip(position..<range.upperBound, of: text)
      guard next < range.upperBound else { break }
      if kind == .ideographic || run.isIdeographic {
        starts.append(next)
      } else if next > position, !beginsSmall(text, at: next) {
        let isPlainPoint = kind == .point && position == first + 1
        if !isPlainPoint || !isAbbreviation(endingAt: first, notBefore: range.lowerBound, of: text) { starts.append(next) }
      }
      position = max(position, next)
    }
    return starts
  }

  private enum Ending {
    case point
    /// Ends a sentence with a blank after it.
    case mark
    /// Ends a sentence without a blank after it.
    case ideographic

    init?(_ scalar: UInt32) {
      switch scalar {
      case 0x2E: self = .point
      case 0x21, 0x3F, 0x2026, 0x203C, 0x2047...0x2049, 0x589, 0x61F, 0x6D4, 0x964, 0x965, 0x1362, 0x104A, 0x104B, 0x17D4: self = .mark
      case 0x3002, 0xFF01, 0xFF1F, 0xFF61: self = .ideographic
      default: return nil
      }
    }
  }

  /// Passes further final punctuation, and the quotes and brackets that close behind it.
  private static func skipEndings(_ range: Range<Int>, of text: Span<UInt8>) -> (position: Int, isIdeographic: Bool) {
    var position = range.lowerBound
    var isIdeographic = false
    while position < range.upperBound {
      let (scalar, length) = Scalars.decode(text, at: position)
      if let ending = Ending(scalar) {
        isIdeographic = isIdeographic || ending == .ideographic
      } else if !isCloser(scalar) {
        break
      }
      position += length
    }
    return (position, isIdeographic)
  }

  private static func isCloser(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x22, 0x27, 0x29, 0x5D, 0x7D, 0xBB, 0x2019, 0x201D, 0x203A, 0x300B, 0x300D, 0x300F, 0x3011, 0xFF09: true
    default: false
    }
  }

  private static func beginsSmall(_ text: Span<UInt8>, at position: Int) -> Bool {
    let (value, _) = Scalars.decode(text, at: position)
    if value < 0x80 { return (0x61...0x7A).contains(value) }
    return Unicode.Scalar(value)?.properties.isLowercase ?? false
  }

  /// Whether the point at `end` belongs to the word before it.
  private static func isAbbreviation(endingAt end: Int, notBefore start: Int, of text: Span<UInt8>) -> Bool {
    let lowest = max(start, end - longestAbbreviation - 1)
    var position = end
    var hasPoint = false
    while position > lowest, isLetter(text[position - 1]) || text[position - 1] == 0x2E {
      position -= 1
      hasPoint = hasPoint || text[position] == 0x2E
    }
    let length = end - position
    if length == 0 { return isNumberedItem(endingAt: end, notBefore: start, of: text) }
    // More letters, or a byte of another script, stand before: a long word, or one that is not known.
    if position == lowest, lowest > start { return false }
    if position > start, text[position - 1] >= 0x80 || isDigit(text[position - 1]) { return false }
    let word = String(decoding: (position..<end).map { text[$0] | 0x20 }, as: UTF8.self)
    return length == 1 && word != "i" || hasPoint && length <= 5 || abbreviations.contains(word)
  }

  /// "1. " at the beginning of a line numbers it.
  private static func isNumberedItem(endingAt end: Int, notBefore start: Int, of text: Span<UInt8>) -> Bool {
    var position = end
    while position > start, end - position < 4, isDigit(text[position - 1]) { position -= 1 }
    guard position < end else { return false }
    return position == start || text[position - 1] == 0x0A
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
  private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

  private static let longestAbbreviation = 8

  /// Words that are written with a point and rarely end a sentence. Points are letters here: `| 0x20` maps them to themselves.
  private static let abbreviations: Set<String> = [
    "mr", "mrs", "ms", "dr", "prof", "st", "sen", "rep", "gen", "col", "capt", "lt", "sgt", "rev", "hon", "jr", "sr", "vs", "cf", "etc", "al",
    "fig", "figs", "eq", "eqs", "ref", "refs", "sec", "ch", "chap", "vol", "no", "nos", "pp", "ed", "eds", "approx", "ca", "inc", "ltd", "co",
    "corp", "dept", "est", "resp", "viz", "ibid", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
    "bzw", "usw", "vgl", "nr", "str", "abb", "mme", "mlle", "bd", "av",
  ]
}
