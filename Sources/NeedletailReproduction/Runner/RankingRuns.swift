public import NeedletailCore
public import NeedletailEvaluation
internal import NeedletailIndex
internal import NeedletailRetrieval
internal import NeedletailStore

extension Run {
  /// Ranks all documents of a task for each query by their vectors, exactly.
  ///
  /// - Parameters:
  ///   - task: documents and queries, in the order of the vectors.
  ///   - queries: one vector for each query.
  ///   - documents: one vector for each document.
  ///   - similarity: the measure of nearness.
  ///   - depth: documents kept for each query.
  ///   - name: what the run is called.
  public init(
    exactly task: RetrievalTask, queries: DenseVectors, documents: DenseVectors, similarity: Similarity = .cosine, depth: Int = 100,
    name: String = "dense"
  ) throws {
    self.init(name: name)
    let index = try DenseIndexFactory.build(
      documents, similarity: similarity, specification: DenseIndexSpecification(layout: .flat, codec: .float32))
    let answers = try index.search(queries, SearchOptions(limit: depth))
    for (question, answer) in zip(task.queries, answers) {
      try record(
        answer.map { Entry(document: task.corpus[Int($0.row)].id, score: Double($0.score)) }, for: question.id)
    }
  }

  /// Ranks the documents of a task by BM25, each as one passage.
  ///
  /// - Parameters:
  ///   - task: documents and queries.
  ///   - depth: documents kept for each query.
  public static func bm25(_ task: RetrievalTask, depth: Int = 100) async throws -> Run {
    var options = IngestOptions()
    options.splitsDocuments = false
    let index = try TextIndex(options: options)
    try await index.add(task.corpus)
    try await index.collection.settle()
    var searcher = index.searcher
    searcher.mode = .lexical
    let run = try await Run(of: searcher, on: task, depth: depth, name: "bm25")
    await index.collection.close()
    return run
  }
}

extension DenseVectors {
  /// The first components of every row, scaled to unit length.
  ///
  /// - Parameter dimension: how many are kept, at most as many as there are.
  public func truncated(to dimension: Int) -> DenseVectors {
    precondition(dimension > 0 && dimension <= self.dimension, "\(dimension) of \(self.dimension) components")
    var kept: [Float] = []
    kept.reserveCapacity(count * dimension)
    for row in 0..<count {
      let part = self[row].prefix(dimension)
      let length = part.reduce(0) { $0 + $1 * $1 }.squareRoot()
      kept.append(contentsOf: part.map { length > 0 ? $0 / length : 0 })
    }
    return DenseVectors(dimension: dimension, values: kept)
  }
}
