/// Says how an analyser turns text into terms. Indexes keep it, so that questions are read as the documents were.
public struct AnalyzerSpecification: Codable, Hashable, Sendable {
  /// The language of stop words and stems.
  public enum Language: String, Codable, CaseIterable, Sendable {
    /// None in particular: words as they are.
    case any
    case arabic, armenian, basque, catalan, danish, dutch, english, finnish, french, german, greek, hindi, hungarian, indonesian
    case irish, italian, lithuanian, nepali, norwegian, portuguese, romanian, russian, serbian, spanish, swedish, tamil, turkish
    case yiddish
  }

  public var language: Language
  /// Leaves out words that carry no meaning of their own. Only English has such a list; elsewhere common words count little
  /// anyway, because they are in most documents.
  public var removesStopWords: Bool
  /// Cuts words to their stems.
  public var stems: Bool
  /// Drops accents, after stemming: "café" finds "cafe".
  public var foldsAccents: Bool
  /// Splits identifiers of programs: `parseHTTPHeader` and `parse_http_header` are three words each.
  public var splitsIdentifiers: Bool

  public init(
    language: Language, removesStopWords: Bool = true, stems: Bool = true, foldsAccents: Bool = true, splitsIdentifiers: Bool = false
  ) {
    self.language = language
    self.removesStopWords = removesStopWords
    self.stems = stems
    self.foldsAccents = foldsAccents
    self.splitsIdentifiers = splitsIdentifiers
  }

  /// English prose.
  public static let english = AnalyzerSpecification(language: .english)

  /// Programs, with comments in English.
  public static let code = AnalyzerSpecification(language: .english, splitsIdentifiers: true)

  /// Words as they are, in lower case.
  public static let plain = AnalyzerSpecification(language: .any, removesStopWords: false, stems: false)

  /// Prose in a language.
  public static func language(_ language: Language) -> AnalyzerSpecification { AnalyzerSpecification(language: language) }

  /// Changes whenever the same text could give other terms: with the specification, or with the way terms are made.
  public var fingerprint: String {
    let options = [
      removesStopWords ? "stop" : nil, stems ? "stem" : nil, foldsAccents ? "fold" : nil, splitsIdentifiers ? "identifiers" : nil,
    ]
    return "terms-\(Self.version):\(language.rawValue):\(options.compactMap { $0 }.joined(separator: "+"))"
  }

  /// Raised with each change of ``Analyzer`` that changes terms.
  private static let version = 1
}
