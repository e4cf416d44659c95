public import NeedletailCore

extension Run {
  /// Asks a retriever all questions of a task, one after the other.
  ///
  /// A document counts once, at the place of its best passage.
  ///
  /// - Parameters:
  ///   - retriever: what answers.
  ///   - task: the questions.
  ///   - depth: passages asked for per question.
  ///   - name: what the run is called in files.
  ///   - progress: called after each question with the number of questions answered.
  /// - Throws: what the retriever throws, and `CancellationError`.
  public init(
    of retriever: any Retriever, on task: RetrievalTask, depth: Int = 1000, name: String = "needletail",
    progress: @Sendable (Int) -> Void = { _ in }
  ) async throws {
    self.init(name: name)
    for (index, question) in task.queries.enumerated() {
      try Task.checkCancellation()
      let hits = try await retriever.retrieve(Query(question.text, limit: depth))
      var seen: Set<String> = []
      let ranking = hits.filter { seen.insert($0.document).inserted }
      try record(ranking.map { Entry(document: $0.document, score: $0.score) }, for: question.id)
      progress(index + 1)
    }
  }
}
