public import NeedletailCore
public import NeedletailEvaluation
public import NeedletailModels
internal import NeedletailIndex
internal import NeedletailRetrieval
internal import NeedletailStore

/// Answers of BM25, an encoder, and both joined, to one set of documents and any questions: the index and the vectors of the documents are made
/// once, and a question that was asked before is not embedded again.
public struct CollectionRuns: Sendable {
  /// What the runs are called.
  public static let systems = ["bm25", "dense", "hybrid"]

  /// The vectors of the documents.
  public let documents: DenseVectors
  private let index: TextIndex
  private let dense: any SearchIndex
  private let identifiers: [String]
  private let embedder: TransformerEmbedder
  private let laboratory: Laboratory

  /// Indexes the documents of a task, each as one passage.
  ///
  /// - Parameters:
  ///   - task: the collection.
  ///   - planted: further documents; the vectors of the others are not computed anew because of them.
  ///   - embedder: of the dense runs.
  ///   - laboratory: keeps vectors.
  public init(
    _ task: RetrievalTask, planted: [Document] = [], embedder: TransformerEmbedder, in laboratory: Laboratory
  ) async throws {
    self.embedder = embedder
    self.laboratory = laboratory
    identifiers = (task.corpus + planted).map(\.id)
    var documents = try await laboratory.vectors(of: task.corpus.map(\.passageText), as: .document, with: embedder)
    if !planted.isEmpty {
      let more = try await laboratory.vectors(of: planted.map(\.passageText), as: .document, with: embedder)
      documents = DenseVectors(dimension: documents.dimension, values: documents.values + more.values)
    }
    self.documents = documents
    dense = try DenseIndexFactory.build(
      documents, similarity: .cosine, specification: DenseIndexSpecification(layout: .flat, codec: .float32))
    var options = IngestOptions()
    options.splitsDocuments = false
    index = try TextIndex(options: options)
    try await index.add(task.corpus + planted)
    try await index.collection.settle()
  }

  /// The runs of each system, by its name, without documents that a question may not be answered with.
  ///
  /// - Parameters:
  ///   - task: with the documents of the index.
  ///   - depth: answers for each question.
  public func answers(_ task: RetrievalTask, depth: Int = 100) async throws -> [String: Run] {
    // What a question may be answered with is picked from the ranking, which then has to be complete.
    let depth = task.candidates.isEmpty ? depth : identifiers.count
    var searcher = index.searcher
    searcher.mode = .lexical
    let lexical = try await Run(of: searcher, on: task.asWords, depth: depth, name: "bm25")
    let questions = try await laboratory.vectors(of: task.queries.map(\.text), as: .query, with: embedder)
    var nearest = Run(name: "dense")
    for (question, answer) in zip(task.queries, try dense.search(questions, SearchOptions(limit: depth))) {
      try nearest.record(answer.map { .init(document: identifiers[Int($0.row)], score: Double($0.score)) }, for: question.id)
    }
    var runs = ["bm25": lexical.restricted(to: task.candidates), "dense": nearest.restricted(to: task.candidates)]
    runs["hybrid"] = try Run(joining: ["bm25", "dense"].compactMap { runs[$0] }, name: "hybrid")
    return runs
  }

  /// Closes the index.
  public func close() async { await index.collection.close() }
}

extension RetrievalTask {
  /// The questions as words alone, as BM25 is measured: marks by which people who search ask for phrases and for beginnings of words stand in
  /// questions of collections as in any text, and become spaces.
  var asWords: RetrievalTask {
    let marks: Set<Character> = ["\"", "\u{201C}", "\u{201D}", "\u{201E}", "*"]
    var task = self
    for index in task.queries.indices { task.queries[index].text = String(task.queries[index].text.map { marks.contains($0) ? " " : $0 }) }
    return task
  }
}

extension Document {
  /// Title and text as one passage.
  var passageText: String { title.isEmpty ? text : "\(title)\n\(text)" }
}

extension Run {
  /// Joins runs by reciprocal ranks (Cormack, Clarke and Büttcher, SIGIR 2009): a document gets 1 / (constant + rank) from each.
  public init(joining runs: [Run], constant: Double = 60, name: String) throws(EvaluationError) {
    self.init(name: name)
    for query in Set(runs.flatMap { $0.entries.keys }).sorted() {
      var scores: [String: Double] = [:]
      for run in runs {
        for (rank, entry) in run.ranking(of: query).enumerated() { scores[entry.document, default: 0] += 1 / (constant + Double(rank + 1)) }
      }
      try record(scores.map { Entry(document: $0.key, score: $0.value) }, for: query)
    }
  }
}
