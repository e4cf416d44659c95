public import NeedletailCore
public import NeedletailStore
internal import NeedletailText

/// Answers questions from one collection.
///
/// A value that may be shared by any number of tasks; each search sees the collection as it is at that moment. Hybrid
/// questions are answered by words alone where a collection has no vectors.
public struct Searcher: Retriever {
  /// Most answers that can be asked for at once.
  public static let largestLimit = 10_000

  public let collection: DocumentCollection
  public var mode: SearchMode
  public var options: SearcherOptions
  private let embedder: (any TextEmbedder)?
  private let sparseEmbedder: (any SparseTextEmbedder)?
  private let analyzer: Result<Analyzer, TextError>

  /// - Parameters:
  ///   - collection: what is searched.
  ///   - embedder: the model that made the vectors of the collection; nil searches by words only.
  ///   - sparseEmbedder: the model that made its sparse vectors, if it has any.
  ///   - mode: by meaning, by words, by weighted terms, or by all that the collection has.
  ///   - options: depths and weights.
  public init(
    collection: DocumentCollection, embedder: (any TextEmbedder)?, sparseEmbedder: (any SparseTextEmbedder)? = nil,
    mode: SearchMode = .hybrid, options: SearcherOptions = SearcherOptions()
  ) {
    self.collection = collection
    self.embedder = embedder
    self.sparseEmbedder = sparseEmbedder
    self.mode = mode
    self.options = options
    let specification = collection.settings.analyzer
    analyzer = Result { () throws(TextError) in try Analyzer(specification) }
  }

  /// The ranking alone, without texts; see ``search(_:)``.
  public func retrieve(_ query: Query) async throws -> [Hit] {
    let (ranked, _) = try await rank(query, QueryText(query.text), readsContents: false)
    return ranked.map { ranked in
      Hit(
        passage: ranked.fused.id, document: ranked.passage.document, score: ranked.fused.score,
        contributions: ranked.fused.contributions)
    }
  }

  /// The best passages with everything to show them.
  ///
  /// A question without words, such as an empty one, has no answers.
  ///
  /// - Throws: `RetrievalError` if the question cannot be asked of this collection, `StoreError`, or what the embedder
  ///   throws.
  public func search(_ query: Query) async throws -> SearchResponse {
    let watch = Stopwatch()
    let text = QueryText(query.text)
    var (ranked, explanation) = try await rank(query, text)
    let showing = Stopwatch()
    let highlighter = try highlighter(for: text)
    let answers = ranked.map { answer($0, highlighter: highlighter) }
    if !ranked.isEmpty { explanation.stages.append(showing.stage("highlight", candidates: answers.count)) }
    explanation.seconds = watch.seconds
    return SearchResponse(answers: answers, explanation: explanation)
  }

  /// A passage in its place.
  struct Ranked: Sendable {
    var fused: FusedPassage
    var passage: StoredPassage
  }

  // MARK: ranking

  private func rank(_ query: Query, _ text: QueryText, readsContents: Bool = true) async throws -> ([Ranked], Explanation) {
    guard (1...Self.largestLimit).contains(query.limit) else { throw RetrievalError.limitOutOfRange(query.limit) }
    var explanation = Explanation(mode: try carriedOutMode(), query: text.text, isQueryCut: text.isCut)
    guard !text.isEmpty else { return ([], explanation) }
    let snapshot = try collection.snapshot()
    let (mode, settings) = (explanation.mode, collection.settings)
    let encoding = Stopwatch()
    let vector = mode == .dense || mode == .hybrid && settings.embedder != nil ? try await vector(of: text.text) : nil
    let sparse = mode == .sparse || mode == .hybrid && settings.sparseEmbedder != nil ? try await sparseVector(of: text.text) : nil
    if vector != nil || sparse != nil { explanation.stages.append(encoding.stage("encode", candidates: 0)) }
    let search = CandidateSearch(
      snapshot: snapshot, text: mode == .lexical || mode == .hybrid ? text.text : nil, vector: vector, sparse: sparse, filter: query.filter,
      options: options)
    let selection = AnswerSelection(
      snapshot: snapshot, limit: query.limit, perDocument: options.maximumPassagesPerDocument, readsContents: readsContents)
    let ranked = try await selection.fill(
      startingAt: max(options.candidates, 3 * query.limit), stages: &explanation.stages, candidates: search.candidates)
    return (ranked, explanation)
  }

  /// What the mode comes to in this collection.
  private func carriedOutMode() throws(RetrievalError) -> SearchMode {
    let settings = collection.settings
    switch mode {
    case .lexical: return .lexical
    case .dense: try checkEmbedder()
    case .sparse: try checkSparseEmbedder()
    case .hybrid:
      guard settings.embedder != nil || settings.sparseEmbedder != nil else { return .lexical }
      if settings.embedder != nil { try checkEmbedder() }
      if settings.sparseEmbedder != nil { try checkSparseEmbedder() }
    }
    return mode
  }

  /// Makes sure that the terms of questions are weighed by the model that made the sparse vectors of the collection.
  func checkSparseEmbedder() throws(RetrievalError) {
    guard collection.settings.sparseEmbedder != nil else { throw .noSparseVectors(collection: collection.name) }
    try collection.check(sparseEmbedder)
  }

  /// Makes sure that questions are embedded by the model that made the vectors of the collection.
  func checkEmbedder() throws(RetrievalError) {
    guard let expected = collection.settings.embedder else { throw .noVectors(collection: collection.name) }
    guard let embedder else { throw .embedderMissing(collection: collection.name, model: expected.name) }
    guard embedder.profile.digest == expected.digest else {
      throw .embedderMismatch(collection: collection.name, expected: expected.name, received: embedder.profile.name)
    }
  }

  /// The words of a question in texts.
  func highlighter(for text: QueryText) throws -> Highlighter { Highlighter(query: text.text, analyzer: try analyzer.get()) }

  func vector(of text: String) async throws -> [Float] {
    guard let embedder else { return [] }
    let vectors = try await embedder.encode([text], as: .query)
    guard vectors.values.count == embedder.profile.dimension else {
      throw RetrievalError.embedderBrokePromise(expected: embedder.profile.dimension, received: vectors.values.count)
    }
    return vectors.values
  }

  func sparseVector(of text: String) async throws -> SparseVector {
    guard let sparseEmbedder else { return SparseVector() }
    let vectors = try await sparseEmbedder.encode([text], as: .query)
    guard vectors.count == 1, vectors.dimension == sparseEmbedder.profile.dimension else {
      throw RetrievalError.embedderBrokePromise(expected: sparseEmbedder.profile.dimension, received: vectors.dimension)
    }
    return vectors[0]
  }

  // MARK: showing

  func answer(_ ranked: Ranked, highlighter: Highlighter?) -> Answer {
    let passage = ranked.passage
    let matches = highlighter?.matches(in: passage.text) ?? []
    return Answer(
      passage: passage.id, document: passage.document, title: passage.title, headings: passage.passage.headings, text: passage.text,
      byteRange: passage.passage.byteRange, highlights: Highlighter.ranges(of: matches),
      snippet: SnippetChooser(longest: options.snippetBytes).snippet(of: passage.text, under: passage.passage.headings, matches: matches),
      score: ranked.fused.score, contributions: ranked.fused.contributions, payload: passage.payload)
  }
}
