public import NeedletailCore
internal import NeedletailStore

/// Judged candidates of questions: what a relevance model is fitted to, and measured with.
public struct RelevanceExamples: Sendable {
  /// The vector of each question.
  public private(set) var queries: DenseVectors
  /// Where the candidates of each question start; one more than questions.
  public private(set) var offsets: [Int] = [0]
  /// The cosine of each candidate with its question.
  public private(set) var cosines: [Double] = []
  /// How relevant each candidate is, from 0 to 1.
  public private(set) var labels: [Double] = []

  /// - Parameter dimension: components of a question's vector.
  public init(dimension: Int) { queries = DenseVectors(dimension: dimension, values: []) }

  /// The number of questions.
  public var count: Int { offsets.count - 1 }

  /// The places of a question's candidates.
  public func candidates(of query: Int) -> Range<Int> { offsets[query]..<offsets[query + 1] }

  /// Adds a question with its candidates.
  ///
  /// - Precondition: the vector has the dimension, and there are as many labels as cosines.
  public mutating func append(_ vector: [Float], cosines: [Double], labels: [Double]) {
    precondition(vector.count == queries.dimension && cosines.count == labels.count, "a question of other dimensions than the others")
    queries.values += vector
    self.cosines += cosines
    self.labels += labels
    offsets.append(self.cosines.count)
  }

  /// Some of the questions, in this order.
  public func subset(_ chosen: some Sequence<Int>) -> RelevanceExamples {
    var subset = RelevanceExamples(dimension: queries.dimension)
    for query in chosen {
      let range = candidates(of: query)
      subset.append(Array(queries[query]), cosines: Array(cosines[range]), labels: Array(labels[range]))
    }
    return subset
  }
}

/// What is known of a question's answers: from judges, or from clicks.
public struct RelevanceLabels: Hashable, Sendable {
  public var text: String
  /// How relevant documents are, from 0 to 1, by their ids.
  public var documents: [String: Double]

  public init(text: String, documents: [String: Double]) {
    self.text = text
    self.documents = documents
  }
}

extension RelevanceExamples {
  /// Asks a collection the questions and labels what it finds: examples as the filter will meet them.
  ///
  /// - Parameters:
  ///   - labels: the questions; a passage has the label of its document.
  ///   - searcher: over the collection, with its embedder.
  ///   - candidates: how many of the nearest passages of each question are examples.
  ///   - judgedOnly: leave out passages of documents without a label, as for clicks, where what was not shown is not known;
  ///     otherwise they count as not relevant.
  ///   - progress: called after each question with the number done.
  /// - Throws: `RetrievalError`, `StoreError`, or what the embedder throws.
  public init(
    _ labels: [RelevanceLabels], from searcher: Searcher, candidates: Int = 200, judgedOnly: Bool = false,
    progress: @Sendable (Int) -> Void = { _ in }
  ) async throws {
    try searcher.checkEmbedder()
    self.init(dimension: searcher.collection.settings.embedder?.dimension ?? 0)
    let snapshot = try searcher.collection.snapshot()
    for (number, question) in labels.enumerated() {
      try Task.checkCancellation()
      defer { progress(number + 1) }
      let text = QueryText(question.text)
      guard !text.isEmpty else { continue }
      let vector = try await searcher.vector(of: text.text)
      let found = try snapshot.nearest(to: vector, limit: candidates)
      let documents = Dictionary(uniqueKeysWithValues: try snapshot.passages(found.map(\.id), readsContents: false).map { ($0.id, $0.document) })
      let (ids, rows) = try snapshot.vectors(of: found.map(\.id))
      let cosines = Similarity.cosine.scores(of: vector, against: rows)
      let judged = zip(ids, cosines).compactMap { id, cosine -> (Double, Double)? in
        guard let document = documents[id] else { return nil }
        guard let label = question.documents[document] else { return judgedOnly ? nil : (Double(cosine), 0) }
        return (Double(cosine), min(1, max(0, label)))
      }
      append(vector, cosines: judged.map(\.0), labels: judged.map(\.1))
    }
  }
}
