public import NeedletailCore
internal import NeedletailStore

extension Searcher {
  /// The passages of other documents that are most like a document, one for each document.
  ///
  /// In a collection without vectors, and in lexical mode, the words of the document are the question.
  ///
  /// - Parameters:
  ///   - id: of the document.
  ///   - limit: documents wanted.
  ///   - filter: what the answers have to meet; nil for no filter.
  ///   - standingFor: how the passages of the document stand for it.
  /// - Throws: `RetrievalError.documentNotFound`.
  public func similar(
    toDocument id: String, limit: Int, filter: Filter? = nil, standingFor: DocumentVector = .mean
  ) async throws -> SearchResponse {
    guard (1...Self.largestLimit).contains(limit) else { throw RetrievalError.limitOutOfRange(limit) }
    let watch = Stopwatch()
    let snapshot = try collection.snapshot()
    guard let stored = try snapshot.document(id) else { throw RetrievalError.documentNotFound(id: id, collection: collection.name) }
    let isLexical = mode == .lexical || collection.settings.embedder == nil
    let text = QueryText("\(stored.document.title)\n\(stored.document.text)")
    let source = DocumentQuestion(
      vectors: isLexical ? [] : questions(try snapshot.vectors(ofDocument: id).vectors, standingFor: standingFor),
      text: isLexical ? text.text : "", snapshot: snapshot, filter: filter, options: options)

    var explanation = Explanation(mode: isLexical ? .lexical : .dense, query: stored.document.title, isQueryCut: isLexical && text.isCut)
    let selection = AnswerSelection(snapshot: snapshot, limit: limit, perDocument: 1, excludedDocument: id)
    let depth = max(options.candidates, 3 * limit) + stored.passages.count
    let ranked = try await selection.fill(startingAt: depth, stages: &explanation.stages, candidates: source.candidates)
    explanation.seconds = watch.seconds
    return SearchResponse(answers: ranked.map { answer($0, highlighter: nil) }, explanation: explanation)
  }

  /// Most passages that are searched with one by one.
  private static let mostQuestions = 32

  private func questions(_ vectors: DenseVectors, standingFor: DocumentVector) -> [[Float]] {
    guard vectors.count > 0 else { return [] }
    switch standingFor {
    case .mean: return [Self.mean(of: vectors, isScaled: collection.settings.embedder?.similarity != .euclidean)]
    case .best:
      // Evenly spread over a long document.
      let count = min(vectors.count, Self.mostQuestions)
      return (0..<count).map { Array(vectors[$0 * vectors.count / count]) }
    }
  }

  /// The mean of the rows; scaled to unit length before, so that no passage counts more than another, where only directions
  /// are compared.
  private static func mean(of vectors: DenseVectors, isScaled: Bool) -> [Float] {
    var sum = [Float](repeating: 0, count: vectors.dimension)
    for row in 0..<vectors.count {
      let components = vectors[row]
      let length = isScaled ? components.reduce(0) { $0 + $1 * $1 }.squareRoot() : 1
      guard length > 0 else { continue }
      for (index, component) in components.enumerated() { sum[index] += component / length }
    }
    return sum.map { $0 / Float(vectors.count) }
  }
}

/// A document as a question.
private struct DocumentQuestion: Sendable {
  /// What to look for; the best score over all of them counts.
  let vectors: [[Float]]
  /// The words to look for; empty if vectors are given.
  let text: String
  let snapshot: Snapshot
  let filter: Filter?
  let options: SearcherOptions

  func candidates(depth: Int) async throws -> CandidateSearch.Candidates {
    let watch = Stopwatch()
    var best: [PassageID: Float] = [:]
    var mayHaveMore = false
    func take(_ found: [ScoredPassage]) {
      mayHaveMore = mayHaveMore || found.count >= depth
      for passage in found { best[passage.id] = max(passage.score, best[passage.id] ?? -.infinity) }
    }
    let search = DenseSearchOptions(isExact: options.isExact, efSearch: options.efSearch)
    for vector in vectors { take(try snapshot.nearest(to: vector, limit: depth, filter: filter, options: search)) }
    if !text.isEmpty {
      take(try snapshot.lexical(text, limit: depth, filter: filter, weights: options.fieldWeights, algorithm: options.lexicalAlgorithm))
    }

    let source = text.isEmpty ? "dense" : "lexical"
    let ranked = best.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
    return CandidateSearch.Candidates(
      ranked: ranked.enumerated().map { index, passage in
        let contribution = Hit.Contribution(source: source, rank: index + 1, score: Double(passage.value))
        return FusedPassage(id: passage.key, score: Double(passage.value), contributions: [contribution])
      },
      stages: [watch.stage(source, candidates: ranked.count)], mayHaveMore: mayHaveMore)
  }
}
