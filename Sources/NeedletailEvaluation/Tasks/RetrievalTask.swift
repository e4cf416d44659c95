public import NeedletailCore

/// A benchmark: documents, questions, and who found which document relevant for which question.
public struct RetrievalTask: Sendable {
  /// A question of a benchmark.
  public struct Question: Hashable, Sendable {
    public var id: String
    public var text: String
    /// What else its file says of it, where that was asked for.
    public var metadata: Payload

    public init(id: String, text: String, metadata: Payload = [:]) {
      self.id = id
      self.text = text
      self.metadata = metadata
    }
  }

  public var name: String
  public var kind: TaskKind
  public var corpus: [Document]
  /// The questions of the split, each with judgements, in the order of their file.
  public var queries: [Question]
  public var judgements: Judgements
  /// What a model that follows instructions is told before each question.
  public var instruction: String?
  /// For each query the only documents that it may be answered with: its scene, its options, its pool. A query that is not there may be
  /// answered with any document.
  public var candidates: [String: Set<String>]

  public init(
    name: String, kind: TaskKind = .retrieval, corpus: [Document], queries: [Question], judgements: Judgements, instruction: String? = nil,
    candidates: [String: Set<String>] = [:]
  ) {
    self.name = name
    self.kind = kind
    self.corpus = corpus
    self.queries = queries
    self.judgements = judgements
    self.instruction = instruction
    self.candidates = candidates
  }

  /// Keeps the first questions only, with their judgements.
  public mutating func keep(questions count: Int) {
    queries = Array(queries.prefix(count))
    let kept = Set(queries.map(\.id))
    judgements = judgements.filter { kept.contains($0.key) }
  }

  /// The task with its instruction before each question, separated by a space; documents stay as they are. The task itself where it has
  /// none.
  public var instructed: RetrievalTask {
    guard let instruction else { return self }
    var task = self
    for index in task.queries.indices { task.queries[index].text = instruction + " " + task.queries[index].text }
    return task
  }
}

/// What a task asks of a retriever.
public enum TaskKind: String, Codable, CaseIterable, Sendable {
  /// Find documents for a question.
  case retrieval
  /// Order a few given documents.
  case reranking
  /// Obey an instruction beyond the topic.
  case instruction
  /// Find what was said, seen or done long ago.
  case memory
  /// Find the tool for a request.
  case tools
  /// Find code for a description.
  case code
  /// Find what solves a problem rather than resembles it.
  case reasoning
  /// Say how similar two texts are; see `SimilarityPair`.
  case similarity
  /// Sort texts into classes; see `LabelledText`.
  case topics
}

extension Run {
  /// The run without the documents that a query may not be answered with. For scores that do not depend on the other documents this is
  /// the ranking of the candidates alone.
  public func restricted(to candidates: [String: Set<String>]) -> Run {
    var kept = self
    for (query, allowed) in candidates {
      // What was a ranking stays one, so nothing can be thrown here.
      try? kept.record(ranking(of: query).filter { allowed.contains($0.document) }, for: query)
    }
    return kept
  }

  /// The run without answers whose identifier is that of the question: where questions are documents of the collection, such an answer is no
  /// finding.
  public func withoutQueries() -> Run {
    var kept = self
    for query in entries.keys { try? kept.record(ranking(of: query).filter { $0.document != query }, for: query) }
    return kept
  }
}
