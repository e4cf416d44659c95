public import NeedletailCore
public import NeedletailNumerics

/// Learns two representations of the same documents: codes that propose, and vectors that decide among what the codes
/// propose. For `DiskIndex`, whose codes are in memory and whose vectors are on disk.
///
/// S. Xiao et al., "Progressively optimized bi-granular document representation for scalable embedding based retrieval",
/// WWW 2022: codes by contrastive quantisation (section 3.2), then vectors by locality-centric sampling (section 3.3), in
/// this order, since the second learns from what the first finds. Deviations: projections of finished embeddings learn
/// instead of the encoder behind them; rows have unit length instead of normalised layers, so products are divided by a
/// temperature; AdamW without warm-up, at a rate that falls to zero.
public struct BiGranularTraining: Sendable {
  /// Parts of a code (`M`); a byte each with 8 bits.
  public var parts: Int
  /// 8 or 4 bits of each part.
  public var bits: Int
  public var epochCount: Int
  /// Queries in a batch; each brings its document and a negative.
  public var batchSize: Int
  public var learningRate: Float
  public var temperature: Float
  /// Weight of the squared distance between a row and its code (`λ`; 0 in the paper, which is its point).
  public var reconstructionWeight: Float
  /// Which of a query's candidates, by rank, are hard negatives for the vectors that decide.
  public var candidateRanks: Range<Int>
  public var seed: UInt64

  public init(
    parts: Int = 48, bits: Int = 8, epochCount: Int = 5, batchSize: Int = 256, learningRate: Float = 3e-4,
    temperature: Float = 0.05, reconstructionWeight: Float = 0, candidateRanks: Range<Int> = 0..<200, seed: UInt64 = 42
  ) {
    self.parts = parts
    self.bits = bits
    self.epochCount = epochCount
    self.batchSize = batchSize
    self.learningRate = learningRate
    self.temperature = temperature
    self.reconstructionWeight = reconstructionWeight
    self.candidateRanks = candidateRanks
    self.seed = seed
  }

  /// Queries, documents, and which document each query belongs to.
  public struct Examples: Sendable {
    public var queries: DenseVectors
    public var documents: DenseVectors
    /// The row in `documents` of each query's document.
    public var positives: [Int]
    /// Documents of the same group answer the same queries and are not told apart; all different if nil.
    public var groups: [Int]

    public init(queries: DenseVectors, documents: DenseVectors, positives: [Int], groups: [Int]? = nil) {
      self.queries = queries
      self.documents = documents
      self.positives = positives
      self.groups = groups ?? Array(0..<documents.count)
    }
  }

  // MARK: - Codes

  /// Learns codes from what they find: projection, and the learned vectors of a product codec whose rotation stays as
  /// reconstruction alone would have it.
  ///
  /// - Parameters:
  ///   - examples: queries, documents and what belongs together.
  ///   - pool: the threads to work with; the result does not depend on how many there are.
  ///   - progress: hears the mean loss of each epoch.
  /// - Throws: `invalidParameter` for settings or examples that do not fit each other.
  public func codec(
    from examples: Examples, pool: WorkerPool = .shared, progress: (_ epoch: Int, _ loss: Double) -> Void = { _, _ in }
  ) throws(IndexError) -> ProjectedCodec {
    let examples = try prepared(examples)
    let dimension = examples.documents.dimension
    let start = ProductCodec(
      training: examples.documents.values, dimension: dimension, parts: parts, bits: bits, isRotated: true, seed: seed, pool: pool)
    guard let rotation = start.rotation else { preconditionFailure("a rotated codec has a rotation") }
    var quantizer = SoftQuantizer(
      parts: parts, width: start.width, clusters: 1 << bits, sharpness: Float(dimension), codebooks: start.codebooks.elements)
    let learner = ProjectionLearner(dimension: dimension, from: nil, pool: pool)
    let books = NumbersLearner(quantizer.codebooks, pool: pool)
    let none = [[Int]](repeating: [], count: examples.queries.count)
    forEachBatch(examples, .random, candidates: none, progress) { batch, rate in
      var loss = 0.0
      learner.step(batch.rows, rate: rate) { projected in
        let outcome = self.codeGradient(projected, batch, quantizer, rotation, pool)
        loss = outcome.loss
        books.step(outcome.codebooks, rate: rate)
        return outcome.rows
      }
      quantizer.codebooks = books.numbers
      return loss
    }
    return ProjectedCodec(
      projection: learner.projection,
      product: ProductCodec(
        dimension: dimension, parts: parts, bits: bits, rotation: rotation, codebooks: Column(quantizer.codebooks)))
  }

  /// The loss of projected queries and documents, with and without codes, and its gradients.
  private func codeGradient(
    _ projected: [Float], _ batch: Batch, _ quantizer: SoftQuantizer, _ rotation: LearnedRotation, _ pool: WorkerPool
  ) -> (loss: Double, rows: [Float], codebooks: [Float]) {
    let dimension = rotation.dimension
    let half = batch.queryCount * dimension
    let (queries, documents) = (Array(projected[..<half]), Array(projected[half...]))
    let plain = batch.contrast.loss(queries, documents, dimension: dimension, pool: pool)
    let turnedQueries = rotation.applied(to: queries, pool: pool)
    let turned = rotation.applied(to: documents, pool: pool)
    let padded = Self.widened(turned, from: dimension, to: quantizer.parts * quantizer.width)
    let (values, choices) = quantizer.quantised(padded, pool: pool)
    let images = Self.widened(values, from: quantizer.parts * quantizer.width, to: dimension)
    let coded = batch.contrast.loss(turnedQueries, images, dimension: dimension, pool: pool)
    var loss = plain.loss + coded.loss
    var atImages = coded.documentGradient
    var atTurned = [Float](repeating: 0, count: turned.count)
    if reconstructionWeight > 0 {
      let scale = reconstructionWeight / Float(batch.documentCount)
      for index in turned.indices {
        let difference = images[index] - turned[index]
        loss += Double(scale * difference * difference)
        atImages[index] += 2 * scale * difference
        atTurned[index] -= 2 * scale * difference
      }
    }
    let passed = quantizer.backward(
      Self.widened(atImages, from: dimension, to: quantizer.parts * quantizer.width), rows: padded, choices: choices, pool: pool)
    let passedRows = Self.widened(passed.rows, from: quantizer.parts * quantizer.width, to: dimension)
    for index in atTurned.indices { atTurned[index] += passedRows[index] }
    var gradient = plain.queryGradient + plain.documentGradient
    let back = rotation.reversed(coded.queryGradient + atTurned, pool: pool)
    for index in gradient.indices { gradient[index] += back[index] }
    return (loss, gradient, passed.codebooks)
  }

  /// Rows with zeros behind them, or without those.
  private static func widened(_ rows: [Float], from width: Int, to wanted: Int) -> [Float] {
    guard width != wanted else { return rows }
    return stride(from: 0, to: rows.count, by: width).flatMap { start in
      (0..<wanted).map { $0 < width ? rows[start + $0] : 0 }
    }
  }

  // MARK: - Vectors

  /// Learns the vectors that decide, from batches as `order` makes them of what `codec` finds.
  ///
  /// Whole surroundings are the default: on questions about sentences they were worth half as much again as far walks
  /// (`needletail reproduce 20`).
  public func verifier(
    from examples: Examples, candidatesOf codec: ProjectedCodec, order: NeighbourhoodBatches.Order = .breadthFirst,
    pool: WorkerPool = .shared, progress: (_ epoch: Int, _ loss: Double) -> Void = { _, _ in }
  ) throws(IndexError) -> Projection {
    let examples = try prepared(examples)
    let found = try candidates(examples, codec, pool)
    let learner = ProjectionLearner(dimension: examples.documents.dimension, from: codec.projection, pool: pool)
    forEachBatch(examples, order, candidates: found, progress) { batch, rate in
      var loss = 0.0
      learner.step(batch.rows, rate: rate) { projected in
        let half = batch.queryCount * codec.dimension
        let outcome = batch.contrast.loss(
          Array(projected[..<half]), Array(projected[half...]), dimension: codec.dimension, pool: pool)
        loss = outcome.loss
        return outcome.queryGradient + outcome.documentGradient
      }
      return loss
    }
    return learner.projection
  }

  /// The documents at the ranks of hard negatives, for each query, without those of the query's group.
  public func candidates(
    _ examples: Examples, _ codec: ProjectedCodec, _ pool: WorkerPool = .shared
  ) throws(IndexError) -> [[Int]] {
    let index = try DenseIndexFactory.build(
      examples.documents, similarity: .cosine, specification: DenseIndexSpecification(layout: .flat, keepsVectors: false),
      codec: codec, pool: pool)
    let answers = try index.search(
      examples.queries, SearchOptions(limit: candidateRanks.upperBound, efSearch: candidateRanks.upperBound))
    return zip(answers, examples.positives).map { answer, positive in
      answer.dropFirst(candidateRanks.lowerBound).map { Int($0.row) }
        .filter { examples.groups[$0] != examples.groups[positive] }
    }
  }

  // MARK: - Batches

  struct Batch {
    /// Queries, then their documents, then negatives.
    let rows: [Float]
    let contrast: InBatchContrast
    var queryCount: Int { contrast.groups.count }
    var documentCount: Int { contrast.rows.count }

    init(_ members: [NeighbourhoodBatches.Member], _ examples: Examples, temperature: Float) {
      let documents = members.map { examples.positives[$0.query] } + members.map(\.negative)
      rows = members.flatMap { examples.queries[$0.query] } + documents.flatMap { examples.documents[$0] }
      let groups = documents.map { examples.groups[$0] }
      contrast = InBatchContrast(
        temperature: temperature, rows: documents, groups: Array(groups.prefix(members.count)), documentGroups: groups)
    }
  }

  private func forEachBatch(
    _ examples: Examples, _ order: NeighbourhoodBatches.Order, candidates: [[Int]],
    _ progress: (Int, Double) -> Void, _ body: (Batch, _ rate: Float) -> Double
  ) {
    let sampler = NeighbourhoodBatches(candidates: candidates, documentCount: examples.documents.count, batchSize: batchSize)
    let batchCount = (examples.queries.count + batchSize - 1) / batchSize
    for epoch in 0..<epochCount {
      var loss = 0.0
      for (number, members) in sampler.batches(order, seed: seed &+ UInt64(epoch)).enumerated() {
        let done = Float(epoch * batchCount + number) / Float(epochCount * batchCount)
        loss += body(Batch(members, examples, temperature: temperature), learningRate * (1 - done))
      }
      progress(epoch + 1, loss / Double(max(1, batchCount)))
    }
  }

  /// Examples as they are learned from, with rows of unit length.
  private func prepared(_ examples: Examples) throws(IndexError) -> Examples {
    let (queries, documents) = (examples.queries, examples.documents)
    guard [4, 8].contains(bits), (1...max(1, documents.dimension)).contains(parts), epochCount >= 0, batchSize >= 2,
      temperature > 0, learningRate > 0, reconstructionWeight >= 0, candidateRanks.lowerBound >= 0, !candidateRanks.isEmpty
    else {
      throw .invalidParameter(
        "training takes parts of 4 or 8 bits, at most as many as components, batches of two or more, a temperature and a rate")
    }
    guard queries.count >= 2, documents.count >= 2, queries.dimension == documents.dimension,
      examples.positives.count == queries.count, examples.groups.count == documents.count,
      examples.positives.allSatisfy({ (0..<documents.count).contains($0) })
    else { throw .invalidParameter("training needs two queries and documents or more of one dimension, and a document for each query") }
    guard (queries.values + documents.values).allSatisfy({ abs($0) < 1e15 }) else {
      throw .invalidParameter("a component of the training vectors is not a usable number")
    }
    var result = examples
    UnitRows.normalise(&result.queries.values, dimension: queries.dimension)
    UnitRows.normalise(&result.documents.values, dimension: queries.dimension)
    return result
  }
}
