/// A question of words as it is typed: words, "phrases in quotes", and beginnings of words with a star behind them.
struct LexicalQuestion: Hashable {
  /// Texts between quotation marks, whose words have to follow each other.
  private(set) var phrases: [String] = []
  /// Beginnings of words, in lower case.
  private(set) var prefixes: [String] = []

  /// Shorter beginnings stand for too many words.
  private static let shortestPrefix = 2

  init(_ text: String) {
    var rest = Substring(text)
    // A mark that nothing closes is taken for what it is in a text.
    while let opening = rest.firstIndex(where: { "\"\u{201C}\u{201E}".contains($0) }) {
      let inner = rest[rest.index(after: opening)...]
      guard let closing = inner.firstIndex(where: { "\"\u{201D}\u{201C}".contains($0) }) else { break }
      addPrefixes(in: rest[..<opening])
      phrases.append(String(inner[..<closing]))
      rest = inner[inner.index(after: closing)...]
    }
    addPrefixes(in: rest)
  }

  private mutating func addPrefixes(in text: Substring) {
    for word in text.split(whereSeparator: \.isWhitespace) where word.last == "*" {
      let beginning = word.dropLast()
      guard beginning.count >= Self.shortestPrefix, beginning.allSatisfy({ $0.isLetter || $0.isNumber }) else { continue }
      prefixes.append(beginning.lowercased())
    }
  }
}
