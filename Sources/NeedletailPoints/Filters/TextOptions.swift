internal import NeedletailCore
internal import Foundation
internal import NeedletailText

/// How a text index cuts strings into tokens.
public struct TextOptions: Hashable, Sendable {
  public enum Tokenizer: String, Sendable {
    /// At everything that is neither letter nor digit.
    case word
    /// At white space only.
    case whitespace
    /// As `word`, then all beginnings of each token.
    case prefix
    /// As `word`.
    case multilingual
  }

  public var tokenizer = Tokenizer.word
  public var minimumLength: Int?
  public var maximumLength: Int?
  public var lowercases = true
  public var foldsAccents = false
  /// Whether the order of tokens is kept, which phrases need.
  public var matchesPhrases = false
  public var stopWords: Set<String> = []
  /// The language of a Snowball stemmer.
  public var stemmer: String?

  public init() {}

  /// Reads the options of an index from its schema.
  init(schema: Payload) {
    self.init()
    tokenizer = schema["tokenizer"]?.string.flatMap(Tokenizer.init) ?? .word
    minimumLength = schema["min_token_len"]?.double.map { Int(min(max($0, 0), 1e6)) }
    maximumLength = schema["max_token_len"]?.double.map { Int(min(max($0, 0), 1e6)) }
    if case .bool(let value)? = schema["lowercase"] { lowercases = value }
    foldsAccents = schema["ascii_folding"] == .bool(true)
    matchesPhrases = schema["phrase_matching"] == .bool(true)
    switch schema["stopwords"] {
    case .string(let language)?: stopWords = Self.stopWords(of: language)
    case .object(let set)?:
      if case .array(let languages)? = set["languages"] {
        for language in languages { stopWords.formUnion(Self.stopWords(of: language.string ?? "")) }
      }
      if case .array(let custom)? = set["custom"] { stopWords.formUnion(custom.compactMap { $0.string?.lowercased() }) }
    default: break
    }
    if case .object(let members)? = schema["stemmer"], members["type"]?.string == "snowball" { stemmer = members["language"]?.string }
  }

  private static func stopWords(of language: String) -> Set<String> { language == "english" ? StopWords.english : [] }

  /// The tokens of a stored text, in order.
  func tokens(of text: String) -> [String] { tokens(of: text, isQuery: false) }

  /// The tokens of a query: as those of a text, but of beginnings only the longest.
  func queryTokens(of text: String) -> [String] { tokens(of: text, isQuery: true) }

  private func tokens(of text: String, isQuery: Bool) -> [String] {
    let pieces: [Substring]
    switch tokenizer {
    case .whitespace: pieces = text.split(whereSeparator: \.isWhitespace)
    default: pieces = text.unicodeScalars.split { !$0.properties.isAlphabetic && !Self.isNumeric($0) }.map { Substring($0) }
    }
    let stemming = stemmer.flatMap(Stemming.init)
    var tokens: [String] = []
    for piece in pieces {
      var token = String(piece)
      if foldsAccents { token = token.folding(options: .diacriticInsensitive, locale: nil) }
      if lowercases { token = token.lowercased() }
      guard !stopWords.contains(token) else { continue }
      if let stemming { token = stemming.stem(of: token) }
      guard tokenizer == .prefix else {
        let length = token.unicodeScalars.count
        if length >= minimumLength ?? 0, length <= maximumLength ?? .max { tokens.append(token) }
        continue
      }
      let scalars = Array(token.unicodeScalars)
      let shortest = max(1, minimumLength ?? 1)
      let longest = min(scalars.count, maximumLength ?? .max)
      guard longest >= shortest else { continue }
      for length in (isQuery ? longest : shortest)...longest {
        tokens.append(String(String.UnicodeScalarView(scalars[..<length])))
      }
    }
    return tokens
  }

  private static func isNumeric(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.numericType != nil }
}

/// A stemmer that an optional can hold.
private final class Stemming {
  private let stemmer: Stemmer

  init?(_ language: String) {
    guard let stemmer = Stemmer(algorithm: language) else { return nil }
    self.stemmer = stemmer
  }

  func stem(of word: String) -> String {
    var bytes = Array(word.utf8)
    stemmer.stem(&bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A full-text test made ready: its text cut into tokens once.
struct TextMatcher {
  private enum Kind { case all, any, phrase }

  private let kind: Kind
  private let options: TextOptions
  private let isIndexed: Bool
  private let query: [String]

  /// Nil if the test is none of text, or nothing can pass it.
  init?(_ test: FieldTest, options: TextOptions?) {
    isIndexed = options != nil
    self.options = options ?? TextOptions()
    switch test {
    case .text(let text): (kind, query) = (.all, self.options.queryTokens(of: text))
    case .anyWord(let text): (kind, query) = (.any, self.options.queryTokens(of: text))
    case .phrase(let text):
      guard options?.matchesPhrases ?? true else { return nil }
      (kind, query) = (.phrase, self.options.queryTokens(of: text))
    default: return nil
    }
    guard !query.isEmpty else { return nil }
  }

  /// With an index the words of all strings count together, without one each string by itself.
  func matches(_ strings: [String]) -> Bool {
    guard isIndexed, kind != .phrase else { return strings.contains { matches(tokens: options.tokens(of: $0)) } }
    return matches(tokens: strings.flatMap { options.tokens(of: $0) })
  }

  private func matches(tokens: [String]) -> Bool {
    switch kind {
    case .all: return Set(query).isSubset(of: tokens)
    case .any: return tokens.contains(where: query.contains)
    case .phrase:
      guard tokens.count >= query.count else { return false }
      return (0...(tokens.count - query.count)).contains { tokens[$0..<$0 + query.count].elementsEqual(query) }
    }
  }
}
