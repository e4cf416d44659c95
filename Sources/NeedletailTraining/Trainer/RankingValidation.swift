public import NeedletailEvaluation
public import NeedletailNumerics
public import NeedletailText
internal import NeedletailCore
internal import NeedletailIndex
internal import NeedletailModels

/// How well a network ranks the documents of a task for its queries, measured by exact search.
public final class RankingValidation {
  public let measure: Measure
  private let task: RetrievalTask
  private let queries: TokenizedTexts
  private let documents: TokenizedTexts
  private let pool: WorkerPool
  private static let depth = 100

  /// - Parameters:
  ///   - task: queries with judgements, and the corpus.
  ///   - measure: its cut-off is at most 100.
  ///   - network: whose prompts and tokens are meant; the values of its parameters do not matter here.
  ///   - tokenizer: the network's.
  ///   - maximumTokens: of a document.
  ///   - pool: the threads.
  public init(
    _ task: RetrievalTask, measure: Measure, network: TransformerNetwork, tokenizer: any Tokenizer, maximumTokens: Int,
    pool: WorkerPool = .shared
  ) {
    self.task = task
    self.measure = measure
    self.pool = pool
    let prompts = network.directory.prompts
    let limit = min(maximumTokens, network.directory.maximumTokens)
    queries = TokenizedTexts(
      task.queries.map(\.text), prompt: prompts[.query], tokenizer: tokenizer, maximumTokens: limit, pool: pool)
    documents = TokenizedTexts(
      task.corpus.map(TrainingExamples.text), prompt: prompts[.document], tokenizer: tokenizer, maximumTokens: limit, pool: pool)
  }

  /// The mean over all queries.
  public func value(of network: TransformerNetwork) throws -> Double {
    let evaluation = Evaluation(of: try run(of: network), judgements: task.judgements, measures: [measure])
    return evaluation.mean(of: measure) ?? 0
  }

  /// The ranking of every query, 100 documents deep.
  public func run(of network: TransformerNetwork) throws -> Run {
    let tape = Tape(pool: pool)
    if network.reading == .terms { return try sparseRun(of: network, on: tape) }
    let left = try network.vectors(ofTexts: queries.all, on: tape)
    let right = try network.vectors(ofTexts: documents.all, on: tape)
    let dimension = network.dimension
    var run = Run()
    for first in stride(from: 0, to: task.queries.count, by: 64) {
      tape.clear()
      let part = first..<min(task.queries.count, first + 64)
      let q = try tape.constant(Array(left[part.lowerBound * dimension..<part.upperBound * dimension]), shape: [part.count, dimension])
      let d = try tape.constant(right, shape: [task.corpus.count, dimension])
      let scores = try q.matrixProduct(d, transposesOther: true).values
      for row in 0..<part.count {
        let own = scores[row * task.corpus.count..<(row + 1) * task.corpus.count]
        let best = own.indices.sorted { (own[$1], $0) < (own[$0], $1) }.prefix(Self.depth)
        try run.record(
          best.map { .init(document: task.corpus[$0 - own.startIndex].id, score: Double(own[$0])) }, for: task.queries[part.lowerBound + row].id)
      }
    }
    return run
  }

  private func sparseRun(of network: TransformerNetwork, on tape: Tape) throws -> Run {
    let index = try InvertedSparseIndex(network.sparseVectors(ofTexts: documents.all, on: tape))
    let answers = try index.search(network.sparseVectors(ofTexts: queries.all, on: tape), SearchOptions(limit: Self.depth), pool: pool)
    var run = Run()
    for (query, found) in zip(task.queries, answers) {
      try run.record(found.map { .init(document: task.corpus[Int($0.row)].id, score: Double($0.score)) }, for: query.id)
    }
    return run
  }
}
