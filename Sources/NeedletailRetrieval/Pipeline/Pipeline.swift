public import NeedletailCore
internal import NeedletailStore

/// Answers questions by a specification: sources, feedback, fusion, reranking and a cut-off, one after the other.
///
/// A pipeline is itself a retriever, so that it can be evaluated like one and be a source of another. It is a value that may be
/// shared by any number of tasks; each search sees the collection as it is at that moment, and gives the same answer for the
/// same state.
public struct Pipeline: Retriever {
  public let specification: PipelineSpecification
  /// Embeds questions and shows answers.
  let searcher: Searcher
  let rerankers: [String: any Reranker]
  let retrievers: [String: any Retriever]
  /// The sources that are pipelines, by their names.
  let nested: [String: Pipeline]

  /// - Parameters:
  ///   - specification: what to do.
  ///   - searcher: over the collection to search, with the embedder of its vectors if there is a dense source; its mode does not
  ///     matter, its options say how vectors are searched and how many passages of a document may be answers.
  ///   - rerankers: by the names that the specification uses for models.
  ///   - retrievers: by the names of the sources of kind `retriever`.
  /// - Throws: `PipelineError` if the specification makes no sense or names what is not there, `RelevanceError` if its model of
  ///   relevance cannot be read or belongs to another collection.
  public init(
    _ specification: PipelineSpecification, searcher: Searcher, rerankers: [String: any Reranker] = [:],
    retrievers: [String: any Retriever] = [:]
  ) throws {
    try specification.validate()
    for stage in specification.rerank {
      if let model = stage.model, rerankers[model] == nil { throw PipelineError.missing(kind: "reranker", name: model) }
    }
    var nested: [String: Pipeline] = [:]
    for source in specification.sources {
      if source.kind == .retriever, retrievers[source.name] == nil { throw PipelineError.missing(kind: "retriever", name: source.name) }
      if let inner = source.pipeline {
        nested[source.name] = try Pipeline(inner, searcher: searcher, rerankers: rerankers, retrievers: retrievers)
      }
    }
    self.specification = try Self.withModel(specification, for: searcher)
    self.searcher = searcher
    self.rerankers = rerankers
    self.retrievers = retrievers
    self.nested = nested
  }

  /// The specification with its model of relevance in place of the model's file.
  private static func withModel(_ specification: PipelineSpecification, for searcher: Searcher) throws -> PipelineSpecification {
    var specification = specification
    if case .modelFile(let path, let probability) = specification.relevance?.rule {
      specification.relevance?.rule = .model(try RelevanceModel(file: path), probability: probability)
    }
    if case .model(let model, _) = specification.relevance?.rule {
      try model.check(embedder: searcher.collection.settings.embedder, collection: searcher.collection.name)
    }
    return specification
  }

  /// The ranking alone, without texts.
  public func retrieve(_ query: Query) async throws -> [Hit] {
    try await answer(query, QueryText(query.text)).ranked.map { ranked in
      Hit(
        passage: ranked.fused.id, document: ranked.passage.document, score: ranked.fused.score,
        contributions: ranked.fused.contributions)
    }
  }

  /// The best passages with everything to show them, and what each stage did.
  ///
  /// A question without words has no answers.
  ///
  /// - Throws: `RetrievalError` if the question cannot be asked of this collection, `StoreError`, or what an embedder, a
  ///   reranker or a retriever throws.
  public func search(_ query: Query) async throws -> SearchResponse {
    let watch = Stopwatch()
    let text = QueryText(query.text)
    var (ranked, explanation) = try await answer(query, text)
    let showing = Stopwatch()
    let highlighter = try searcher.highlighter(for: text)
    let answers = ranked.map { searcher.answer($0, highlighter: highlighter) }
    if !ranked.isEmpty { explanation.stages.append(showing.stage("highlight", candidates: answers.count)) }
    explanation.seconds = watch.seconds
    return SearchResponse(answers: answers, explanation: explanation)
  }

  private func answer(_ query: Query, _ text: QueryText) async throws -> (ranked: [Searcher.Ranked], explanation: Explanation) {
    guard (1...Searcher.largestLimit).contains(query.limit) else { throw RetrievalError.limitOutOfRange(query.limit) }
    var explanation = Explanation(mode: mode, query: text.text, isQueryCut: text.isCut)
    guard !text.isEmpty else { return ([], explanation) }
    let snapshot = try searcher.collection.snapshot()
    var vector: [Float] = []
    if needsVector {
      try searcher.checkEmbedder()
      let encoding = Stopwatch()
      vector = try await searcher.vector(of: text.text)
      explanation.stages.append(encoding.stage("encode", candidates: 0))
    }
    var sparseVector = SparseVector()
    if needsSparseVector {
      try searcher.checkSparseEmbedder()
      let encoding = Stopwatch()
      sparseVector = try await searcher.sparseVector(of: text.text)
      explanation.stages.append(encoding.stage("encode terms", candidates: 0))
    }
    let run = PipelineRun(
      pipeline: self, snapshot: snapshot, query: Query(text.text, filter: query.filter, limit: query.limit), vector: vector,
      sparseVector: sparseVector)
    let outcome = try await run.ranking()
    explanation.stages += outcome.stages
    let selection = AnswerSelection(
      snapshot: snapshot, limit: query.limit, perDocument: searcher.options.maximumPassagesPerDocument)
    let ranked = try await selection.fill(startingAt: query.limit, stages: &explanation.stages) { _ in
      CandidateSearch.Candidates(ranked: outcome.ranked, stages: [], mayHaveMore: false)
    }
    explanation.credit(ranked.map(\.fused), to: specification.sources.map(\.name))
    return (ranked, explanation)
  }

  /// Whether a stage compares vectors.
  var needsVector: Bool {
    specification.sources.contains { $0.kind == .dense } || specification.rerank.contains { $0.method == .vectors }
      || specification.relevance?.needsVector == true || nested.values.contains(where: \.needsVector)
  }

  /// Whether a source compares sparse vectors.
  var needsSparseVector: Bool {
    specification.sources.contains { $0.kind == .sparse } || nested.values.contains(where: \.needsSparseVector)
  }

  private var mode: SearchMode {
    let kinds = Set(specification.sources.map(\.kind))
    return kinds == [.dense] ? .dense : kinds == [.lexical] ? .lexical : kinds == [.sparse] ? .sparse : .hybrid
  }
}

extension PipelineSpecification.RelevanceCutoff {
  fileprivate var needsVector: Bool {
    if case .score = rule { false } else { true }
  }
}

extension Explanation {
  /// Notes beside the last stage of each source how many of the answers it found, and how many of them it alone.
  fileprivate mutating func credit(_ answers: [FusedPassage], to sources: [String]) {
    for source in sources {
      guard let place = stages.lastIndex(where: { $0.name == source }) else { continue }
      let found = answers.filter { answer in answer.contributions.contains { $0.source == source } }
      let alone = found.count { answer in answer.contributions.allSatisfy { $0.source == source || !sources.contains($0.source) } }
      let credit = "\(found.count) of \(answers.count) answers" + (sources.count > 1 ? ", \(alone) by it alone" : "")
      stages[place].detail = stages[place].detail.map { "\($0); \(credit)" } ?? credit
    }
  }
}
