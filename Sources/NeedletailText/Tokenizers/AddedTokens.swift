/// A token that is found as it is written, before the text is cut into words: `[SEP]`, say.
struct AddedToken: Hashable, Sendable {
  var content: String
  var id: Int32
  /// Only where no word character stands next to it.
  var isSingleWord = false
  /// Takes the white space before it along.
  var stripsLeft = false
  /// Takes the white space after it along.
  var stripsRight = false
  /// Is looked for in the normalised text rather than in the text as given.
  var isNormalized = false
}

/// Finds added tokens in a text: the leftmost, and among those the longest.
struct AddedTokens: Sendable {
  private let tokens: [AddedToken]
  private let trie: ByteTrie
  /// Whether a token begins with the byte.
  private let begins: [Bool]

  var isEmpty: Bool { tokens.isEmpty }

  /// - Parameter tokens: their contents are distinct and not empty.
  init(_ tokens: [AddedToken]) {
    self.tokens = tokens
    trie = ByteTrie(keys: tokens.map { Array($0.content.utf8) }, values: tokens.indices.map(Int32.init))
    var begins = Array(repeating: false, count: 256)
    for token in tokens { if let first = token.content.utf8.first { begins[Int(first)] = true } }
    self.begins = begins
  }

  /// An occurrence: the bytes it takes, white space included.
  struct Match {
    var id: Int32
    var range: Range<Int>
  }

  /// The first occurrence at or after `start`, if any.
  func firstMatch(in text: Span<UInt8>, from start: Int) -> Match? {
    var position = start
    while position < text.count {
      guard begins[Int(text[position])], let found = longest(in: text, at: position) else {
        position += 1
        continue
      }
      let token = tokens[found.token]
      if token.isSingleWord, !standsAlone(position..<found.end, in: text) {
        position = found.end
        continue
      }
      let lower = token.stripsLeft ? max(start, endOfWord(before: position, in: text)) : position
      let upper = token.stripsRight ? startOfWord(after: found.end, in: text) : found.end
      return Match(id: token.id, range: lower..<upper)
    }
    return nil
  }

  private func longest(in text: Span<UInt8>, at start: Int) -> (token: Int, end: Int)? {
    var node = ByteTrie.root
    var best: (token: Int, end: Int)?
    var position = start
    while position < text.count, let next = trie.child(of: node, text[position]) {
      position += 1
      node = next
      if trie.value(at: node) >= 0 { best = (Int(trie.value(at: node)), position) }
    }
    return best
  }

  private func standsAlone(_ range: Range<Int>, in text: Span<UInt8>) -> Bool {
    if range.lowerBound > 0 {
      let before = previousScalar(before: range.lowerBound, in: text)
      if Self.isWordCharacter(Scalars.decode(text, at: before).scalar) { return false }
    }
    return range.upperBound == text.count || !Self.isWordCharacter(Scalars.decode(text, at: range.upperBound).scalar)
  }

  private func endOfWord(before position: Int, in text: Span<UInt8>) -> Int {
    var end = position
    while end > 0 {
      let previous = previousScalar(before: end, in: text)
      guard Self.isWhiteSpace(Scalars.decode(text, at: previous).scalar) else { break }
      end = previous
    }
    return end
  }

  private func startOfWord(after position: Int, in text: Span<UInt8>) -> Int {
    var start = position
    while start < text.count {
      let (scalar, length) = Scalars.decode(text, at: start)
      guard Self.isWhiteSpace(scalar) else { break }
      start += length
    }
    return start
  }

  private func previousScalar(before position: Int, in text: Span<UInt8>) -> Int {
    var previous = position - 1
    while previous > 0, Scalars.isContinuation(text[previous]) { previous -= 1 }
    return previous
  }

  private static func isWhiteSpace(_ scalar: UInt32) -> Bool {
    Unicode.Scalar(scalar)?.properties.isWhitespace ?? false
  }

  /// `\w` of Unicode Technical Standard 18, annex C.
  private static func isWordCharacter(_ value: UInt32) -> Bool {
    guard let scalar = Unicode.Scalar(value) else { return false }
    if scalar.properties.isAlphabetic || scalar.properties.isJoinControl { return true }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
    default: return false
    }
  }
}
