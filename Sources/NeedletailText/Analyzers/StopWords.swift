/// Words that are left out of an index because they carry no meaning of their own.
package enum StopWords {
  /// The 33 English words that Lucene leaves out.
  package static let english: Set<String> = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no", "not", "of", "on", "or", "such",
    "that", "the", "their", "then", "there", "these", "they", "this", "to", "was", "will", "with",
  ]

  /// The list of a language; empty where there is none.
  static func of(_ language: AnalyzerSpecification.Language) -> Set<String> {
    language == .english ? english : []
  }
}
