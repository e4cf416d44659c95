/// A word of a text as an index knows it.
public struct AnalyzedTerm: Hashable, Sendable {
  /// What is compared: lower case, perhaps cut to its stem.
  public var term: String
  /// Where it stands in the text's UTF-8 bytes.
  public var byteRange: Range<Int>

  public init(term: String, byteRange: Range<Int>) {
    self.term = term
    self.byteRange = byteRange
  }
}

/// Turns text into the terms that lexical search compares.
///
/// Words are those of Unicode Standard Annex 29. Scripts without spaces between words (Han, Kana, and Hangul for its
/// particles; Thai, Lao, Khmer, Burmese) become overlapping pairs of characters, which finds words without a dictionary.
///
/// The value may be used from any number of threads.
public struct Analyzer: Sendable {
  public let specification: AnalyzerSpecification
  private let stopWords: Set<String>
  private let stemmer: String?

  /// Longer words are cut here; they are keys and hashes, which nobody types.
  static let maximumTermBytes = 255

  /// - Throws: ``TextError/unknownLanguage(_:known:)`` if the installed libstemmer lacks the language.
  public init(_ specification: AnalyzerSpecification) throws(TextError) {
    self.specification = specification
    stopWords = specification.removesStopWords ? StopWords.of(specification.language) : []
    stemmer = specification.stems ? specification.language.stemmer : nil
    if let stemmer, Stemmer(algorithm: stemmer) == nil {
      let known = AnalyzerSpecification.Language.allCases.filter { language in
        language.stemmer.map { Stemmer(algorithm: $0) != nil } ?? true
      }
      throw .unknownLanguage(specification.language.rawValue, known: known.map(\.rawValue))
    }
  }

  /// The terms of a text in their order; pairs of characters overlap.
  public func terms(in text: String) -> [AnalyzedTerm] {
    let bytes = Array(text.utf8)
    let segmenter = WordSegmenter()
    var builder = TermBuilder(specification, stopWords: stopWords, stemmer: stemmer.flatMap { Stemmer(algorithm: $0) })
    builder.reserve(bytes.count / 7)
    var position = 0
    while position < bytes.count {
      let segment = segmenter.segment(of: bytes.span, from: position)
      builder.append(position..<segment.end, segment, of: bytes.span)
      position = segment.end
    }
    builder.finish(bytes.span)
    return builder.terms
  }
}

extension AnalyzerSpecification.Language {
  /// The name of the Snowball algorithm.
  var stemmer: String? {
    switch self {
    case .any: nil
    case .english: "porter"
    default: rawValue
    }
  }
}
