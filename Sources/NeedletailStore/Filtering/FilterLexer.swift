/// A piece of a filter expression.
struct FilterToken {
  enum Kind {
    case word(Word)
    case comparison(Comparison)
    case open, close, comma, and, or, not, end
  }

  /// A field name or a value.
  struct Word {
    var text: String
    var isQuoted: Bool
  }

  enum Comparison: String {
    case equal = ":"
    case greater = ">"
    case greaterOrEqual = ">="
    case less = "<"
    case lessOrEqual = "<="
  }

  var kind: Kind
  /// In characters from the start of the text.
  var position: Int
}

/// Cuts a filter expression into tokens.
///
/// What ends a word depends on where it stands: `-` starts a negation in front of a condition but is an ordinary
/// character of a value (`modified:2024-05-01`), and so are `:` and `(` (`url:http://x/(a)`), so the lexer remembers
/// whether a comparison came just before.
struct FilterLexer {
  private let characters: [Character]
  private let text: String
  private var index = 0
  private var tokens: [FilterToken] = []
  private var expectsValue = false

  private init(_ text: String) {
    self.text = text
    characters = Array(text)
  }

  /// The tokens, the last one `.end`.
  static func tokens(of text: String) throws(StoreError) -> [FilterToken] {
    var lexer = FilterLexer(text)
    try lexer.run()
    return lexer.tokens
  }

  private mutating func run() throws(StoreError) {
    while true {
      let start = index
      while index < characters.count, characters[index].isWhitespace { index += 1 }
      guard index < characters.count else { break }
      if index > start { try checkList() }
      try scan()
    }
    append(.end, length: 0)
  }

  /// `a:b, c:d` is more likely two conditions than a list with the value `c:d`, so it is neither.
  private func checkList() throws(StoreError) {
    if characters[index] != "," {
      guard case .comma? = tokens.last?.kind else { return }
    }
    throw .filterSyntax(text: text, position: index, reason: "the values of a list are written without spaces, as in field:a,b")
  }

  private mutating func scan() throws(StoreError) {
    let character = characters[index]
    switch character {
    case "\"": try scanQuoted()
    case "(" where !expectsValue: append(.open, length: 1)
    case ")": append(.close, length: 1)
    case ",": append(.comma, length: 1)
    case ":" where !expectsValue, "=" where !expectsValue: append(.comparison(.equal), length: 1)
    case "<" where !expectsValue: appendBound(strict: .less, other: .lessOrEqual)
    case ">" where !expectsValue: appendBound(strict: .greater, other: .greaterOrEqual)
    case "-" where !expectsValue: append(.not, length: 1)
    default: scanWord()
    }
  }

  private mutating func appendBound(strict: FilterToken.Comparison, other: FilterToken.Comparison) {
    let isOther = index + 1 < characters.count && characters[index + 1] == "="
    append(.comparison(isOther ? other : strict), length: isOther ? 2 : 1)
  }

  private mutating func append(_ kind: FilterToken.Kind, length: Int) {
    tokens.append(FilterToken(kind: kind, position: index))
    index += length
    switch kind {
    case .comparison, .comma: expectsValue = true
    default: expectsValue = false
    }
  }

  private mutating func scanQuoted() throws(StoreError) {
    let start = index
    var word = ""
    index += 1
    while index < characters.count, characters[index] != "\"" {
      if characters[index] == "\\", index + 1 < characters.count, characters[index + 1] == "\"" || characters[index + 1] == "\\" { index += 1 }
      word.append(characters[index])
      index += 1
    }
    guard index < characters.count else { throw .filterSyntax(text: text, position: start, reason: "the quotation that starts here has no end") }
    tokens.append(FilterToken(kind: .word(FilterToken.Word(text: word, isQuoted: true)), position: start))
    index += 1
    expectsValue = false
  }

  private mutating func scanWord() {
    let start = index
    var depth = 0  // a value may contain balanced parentheses
    while index < characters.count, !endsWord(characters[index], depth: depth) {
      if characters[index] == "(" { depth += 1 }
      if characters[index] == ")" { depth -= 1 }
      index += 1
    }
    let word = String(characters[start..<index])
    let kind: FilterToken.Kind =
      switch word {
      case "AND" where !expectsValue: .and
      case "OR" where !expectsValue: .or
      case "NOT" where !expectsValue: .not
      default: .word(FilterToken.Word(text: word, isQuoted: false))
      }
    tokens.append(FilterToken(kind: kind, position: start))
    expectsValue = false
  }

  private func endsWord(_ character: Character, depth: Int) -> Bool {
    if character.isWhitespace { return true }
    if expectsValue { return character == "," || (character == ")" && depth == 0) }
    return [":", "=", "<", ">", "(", ")", ",", "\""].contains(character)
  }
}
