internal import NeedletailCore
public import NeedletailIndex
internal import NeedletailNumerics
public import NeedletailText

/// Finds passages of a training by the words of a query (BM25): where examples lack negatives, or a teacher.
public struct WordSearch: Sendable {
  private let analyzer: Analyzer
  private let index: LexicalIndex

  /// - Parameters:
  ///   - passages: what is searched.
  ///   - language: how words are read.
  /// - Throws: `TextError` where the language is not installed.
  public init(_ passages: [String], language: AnalyzerSpecification = .english) throws(TextError) {
    analyzer = try Analyzer(language)
    var builder = LexicalIndexBuilder()
    for passage in passages { builder.add(terms: analyzer.terms(in: passage).lazy.map(\.term)) }
    index = builder.build()
  }

  /// The places of the passages with words of a query, the best first.
  public func passages(for query: String, limit: Int) throws(IndexError) -> [Int] {
    try index.search(analyzer.terms(in: query).map(\.term), options: SearchOptions(limit: limit)).map { Int($0.row) }
  }

  /// The scores of some passages, 0 for those without a word of the query.
  public func scores(of passages: [Int], for query: String) throws(IndexError) -> [Double] {
    let options = SearchOptions(limit: passages.count, within: RowSet(passages.map { Row($0) }), isExact: true)
    let found = try index.search(analyzer.terms(in: query).map(\.term), options: options)
    let scores = Dictionary(found.map { (Int($0.row), Double($0.score)) }) { first, _ in first }
    return passages.map { scores[$0] ?? 0 }
  }
}

extension TrainingExamples {
  /// Gives each example the passages that share most words with its query and are not known to answer it, as negatives (Karpukhin et al.,
  /// "Dense Passage Retrieval for Open-Domain Question Answering", EMNLP 2020, section 3.2).
  ///
  /// - Parameters:
  ///   - search: over `passages`.
  ///   - count: how many an example gets, behind those that it has. Examples that a teacher has scored stay as they are.
  public mutating func addNegatives(by search: WordSearch, count: Int) throws(IndexError) {
    for place in examples.indices where examples[place].teacherScores.isEmpty {
      let example = examples[place]
      let known = (relevant[example.query] ?? []).union(example.negatives)
      let found = try search.passages(for: queries[example.query], limit: count + known.count)
      examples[place].negatives += found.filter { !known.contains($0) }.prefix(count)
    }
  }

  /// Takes the scores of word search for those of a teacher, so that an encoder learns what words say (Chen et al., "Salient Phrase Aware
  /// Dense Retrieval", 2021, section 3.2, and Zhang et al., "LED: Lexicon-Enlightened Dense Retriever", WWW 2023, section 3.3; both teach
  /// the order, as `Distillation.Target.pairwiseOrder` does). Examples that have a teacher keep it.
  public mutating func addTeacher(_ search: WordSearch) throws(IndexError) {
    for place in examples.indices where examples[place].teacherScores.isEmpty {
      let example = examples[place]
      examples[place].teacherScores = try search.scores(of: example.positives + example.negatives, for: queries[example.query])
    }
  }
}
