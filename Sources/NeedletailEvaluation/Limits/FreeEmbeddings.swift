internal import NeedletailNumerics

/// Vectors that are optimised directly on relevance judgements, without a text or a network: whatever they cannot do, no
/// single-vector retriever of their dimension can be expected to learn.
///
/// Weller, Boratko, Naim and Lee, "On the Theoretical Limitations of Embedding-Based Retrieval", 2025, section 4: queries and
/// documents are rows of unit length, the loss is InfoNCE over all documents with a temperature of 0.1, the optimiser is Adam.
/// A relevance pattern counts as solved when every query ranks its relevant documents before all others.
public struct FreeEmbeddings: Sendable {
  /// How the vectors are optimised. The defaults are those of the paper.
  public struct Options: Sendable {
    /// Steps of Adam at most.
    public var maximumSteps = 100_000
    /// The learning rate, which stays constant.
    public var learningRate: Float = 0.01
    /// Scores are divided by it.
    public var temperature: Float = 0.1
    /// Optimisation ends when the loss has not fallen by `minimumImprovement` for so many steps.
    public var patience = 1000
    public var minimumImprovement: Float = 1e-5
    /// Steps between two looks at whether the pattern is solved.
    public var stepsPerCheck = 50

    public init() {}
  }

  /// Components of each vector.
  public let dimension: Int
  /// For each query the relevant documents, ascending.
  public let relevant: [[Int]]
  public let documentCount: Int
  /// Whether every query ranks its relevant documents before all others.
  public private(set) var isSolved = false
  /// The steps that were taken.
  public private(set) var steps = 0
  /// The loss of the last step.
  public private(set) var loss = Float.infinity

  private var queries: LaneMatrix
  /// Transposed: one row for each component, so that the inner loops run over documents.
  private var documents: LaneMatrix
  private var workspace: Workspace

  /// Starts from random directions.
  ///
  /// - Parameters:
  ///   - relevant: for each query the numbers of its relevant documents; none twice, none empty.
  ///   - documentCount: the number of documents.
  ///   - dimension: components of each vector.
  ///   - seed: of the random start.
  /// - Throws: `invalidPattern` if a number is out of range, occurs twice, or a query has no relevant document.
  public init(relevant: [[Int]], documentCount: Int, dimension: Int, seed: UInt64) throws(EvaluationError) {
    guard dimension > 0, documentCount > 0, !relevant.isEmpty else {
      throw .invalidPattern(reason: "it needs at least one query, one document and one dimension")
    }
    for (query, documents) in relevant.enumerated() {
      guard !documents.isEmpty, Set(documents).count == documents.count, documents.allSatisfy({ (0..<documentCount).contains($0) })
      else { throw .invalidPattern(reason: "query \(query) names no document, one twice, or one that does not exist") }
    }
    self.relevant = relevant.map { $0.sorted() }
    self.documentCount = documentCount
    self.dimension = dimension
    var generator = NormalGenerator(seed: seed)
    queries = LaneMatrix(rows: relevant.count, columns: dimension) { _, _ in generator.next() }
    documents = LaneMatrix(rows: dimension, columns: documentCount) { _, _ in generator.next() }
    workspace = Workspace(queries: queries, documents: documents)
    queries.normaliseRows()
    documents.normaliseColumns()
  }

  /// Optimises until the pattern is solved, the loss stands still, or the steps are used up.
  ///
  /// - Returns: whether the pattern is solved.
  public mutating func solve(_ options: Options = Options()) -> Bool {
    var best = Float.infinity
    var stalled = 0
    while steps < options.maximumSteps && stalled <= options.patience {
      step(options)
      if loss < best - options.minimumImprovement { (best, stalled) = (loss, 0) } else { stalled += 1 }
      if steps.isMultiple(of: options.stepsPerCheck) && ranksAllRight() { break }
    }
    isSolved = ranksAllRight()
    return isSolved
  }

  /// One step of Adam over all queries.
  mutating func step(_ options: Options) {
    loss = accumulateGradients(temperature: options.temperature)
    steps += 1
    workspace.queryMoments.apply(workspace.queryGradient, to: &queries, step: steps, learningRate: options.learningRate)
    workspace.documentMoments.apply(workspace.documentGradient, to: &documents, step: steps, learningRate: options.learningRate)
    queries.normaliseRows()
    documents.normaliseColumns()
  }
}

// MARK: - The loss

extension FreeEmbeddings {
  /// The mean loss over all relevant pairs; its gradients go to the workspace.
  ///
  /// For a query with k relevant documents, probabilities P over documents and indicator Y of relevance, the derivative by its
  /// scores is (k P - Y) / pairs / temperature.
  private mutating func accumulateGradients(temperature: Float) -> Float {
    let pairs = Float(relevant.reduce(0) { $0 + $1.count })
    workspace.documentGradient.clear()
    var total: Float = 0
    for query in relevant.indices {
      scores(of: query, scale: 1 / temperature)
      var positives: Float = 0
      for document in relevant[query] { positives += workspace.scores[document / 8][document % 8] }
      let (logSum, inverse) = softmax()
      let count = Float(relevant[query].count)
      total += count * logSum - positives
      let factor = 1 / (pairs * temperature)
      for block in workspace.scores.indices { workspace.scores[block] *= count * inverse * factor }
      for document in relevant[query] { workspace.scores[document / 8][document % 8] -= factor }
      spread(query)
    }
    return total / pairs
  }

  /// Scores of all documents for a query; documents that are only padding get the lowest.
  private mutating func scores(of query: Int, scale: Float) {
    let blocks = documents.blocks
    for block in 0..<blocks { workspace.scores[block] = workspace.padding[block] }
    for component in 0..<dimension {
      let factor = queries[query, component] * scale
      let row = component * blocks
      for block in 0..<blocks { workspace.scores[block] += factor * documents.values[row + block] }
    }
  }

  /// Replaces scores by their exponentials.
  ///
  /// - Returns: the logarithm of the sum of exponentials, and one over the sum of what is left in the place of the scores.
  private mutating func softmax() -> (logSum: Float, inverse: Float) {
    var highest = SIMD8<Float>(repeating: -.infinity)
    for block in workspace.scores.indices { highest = pointwiseMax(highest, workspace.scores[block]) }
    let maximum = highest.max()
    var sum = SIMD8<Float>.zero
    for block in workspace.scores.indices {
      let value = exponential(ofNonPositive: workspace.scores[block] - maximum)
      workspace.scores[block] = value
      sum += value
    }
    return (maximum + naturalLogarithm(sum.sum()), 1 / sum.sum())
  }

  /// Carries the derivatives by the scores of a query to its vector and to the documents'.
  private mutating func spread(_ query: Int) {
    let blocks = documents.blocks
    for component in 0..<dimension {
      let factor = queries[query, component]
      let row = component * blocks
      var sum = SIMD8<Float>.zero
      for block in 0..<blocks {
        sum += workspace.scores[block] * documents.values[row + block]
        workspace.documentGradient.values[row + block] += factor * workspace.scores[block]
      }
      workspace.queryGradient[query, component] = sum.sum()
    }
  }

  private mutating func ranksAllRight() -> Bool {
    relevant.indices.allSatisfy { query in
      scores(of: query, scale: 1)
      var lowest = Float.infinity
      for document in relevant[query] {
        lowest = min(lowest, workspace.scores[document / 8][document % 8])
        workspace.scores[document / 8][document % 8] = -.infinity
      }
      var highest = SIMD8<Float>(repeating: -.infinity)
      for block in workspace.scores.indices { highest = pointwiseMax(highest, workspace.scores[block]) }
      return highest.max() < lowest
    }
  }
}

// MARK: - For tests

extension FreeEmbeddings {
  /// The loss and its gradients at the vectors as they are, all row by row.
  package mutating func lossAndGradients(
    temperature: Float
  ) -> (loss: Float, queries: [[Float]], documents: [[Float]]) {
    let loss = accumulateGradients(temperature: temperature)
    let documents = workspace.documentGradient.rows
    return (loss, workspace.queryGradient.rows, (0..<documentCount).map { column in documents.map { $0[column] } })
  }

  /// The vectors as they are: queries, then documents, row by row.
  package var vectors: (queries: [[Float]], documents: [[Float]]) {
    let rows = documents.rows
    return (queries.rows, (0..<documentCount).map { column in rows.map { $0[column] } })
  }
}

/// What a step needs besides the vectors; allocated once.
private struct Workspace: Sendable {
  var scores: [SIMD8<Float>]
  /// 0 for documents, a very low score for lanes without one.
  var padding: [SIMD8<Float>]
  var queryGradient: LaneMatrix
  var documentGradient: LaneMatrix
  var queryMoments: AdamMoments
  var documentMoments: AdamMoments

  init(queries: LaneMatrix, documents: LaneMatrix) {
    scores = [SIMD8<Float>](repeating: .zero, count: documents.blocks)
    padding = scores
    for lane in documents.columns..<documents.blocks * 8 { padding[lane / 8][lane % 8] = -1e30 }
    queryGradient = LaneMatrix(rows: queries.rowCount, columns: queries.columns) { _, _ in 0 }
    documentGradient = LaneMatrix(rows: documents.rowCount, columns: documents.columns) { _, _ in 0 }
    queryMoments = AdamMoments(count: queries.values.count)
    documentMoments = AdamMoments(count: documents.values.count)
  }
}
