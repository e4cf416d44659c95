internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailModels
internal import NeedletailRetrieval
internal import NeedletailStore

/// A test collection in a temporary index, each document as one passage, its vectors taken from the laboratory's cache.
struct IndexedCollection: Sendable {
  let task: RetrievalTask
  let index: TextIndex
  /// Searches the index; dense search compares with every vector, so that figures do not depend on a graph.
  let searcher: Searcher

  init(_ task: RetrievalTask, in laboratory: Laboratory, embedder: TransformerEmbedder) async throws {
    self.task = task
    var options = IngestOptions()
    options.splitsDocuments = false
    index = try TextIndex(
      embedder: laboratory.remembering(embedder), tokenizer: embedder.tokenizer, options: options)
    for start in stride(from: 0, to: task.corpus.count, by: 500) {
      laboratory.progress("Indexing \(task.name)", Double(start) / Double(task.corpus.count))
      try await index.add(Array(task.corpus[start..<min(start + 500, task.corpus.count)]))
    }
    try await index.collection.settle()
    var searcher = index.searcher
    searcher.options.isExact = true
    self.searcher = searcher
  }

  private init(task: RetrievalTask, index: TextIndex, searcher: Searcher) {
    self.task = task
    self.index = index
    self.searcher = searcher
  }

  /// The same index with other questions; the documents have to be the same.
  func asking(_ task: RetrievalTask) -> IndexedCollection { IndexedCollection(task: task, index: index, searcher: searcher) }

  /// What a pipeline answers to the questions of the collection, judged.
  func evaluation(
    of pipeline: PipelineSpecification, measures: [Measure], depth: Int, in laboratory: Laboratory
  ) async throws -> Evaluation {
    try await Evaluation(of: run(of: pipeline, depth: depth, in: laboratory), judgements: task.judgements, measures: measures)
  }

  /// What a pipeline answers to the questions of the collection.
  func run(of pipeline: PipelineSpecification, depth: Int, in laboratory: Laboratory) async throws -> Run {
    let count = task.queries.count
    return try await Run(of: Pipeline(pipeline, searcher: searcher), on: task, depth: depth, name: pipeline.name) { done in
      laboratory.progress("\(task.name): \(pipeline.name)", Double(done) / Double(count))
    }
  }
}
