internal import NeedletailCore

extension QueryExecution {
  /// Ranks a selection by vectors.
  func rankByVectors(_ stage: QueryStage, among selection: PointSnapshot.RowSelection, limit: Int) throws(PointError) -> [ScoredRow] {
    guard let column = snapshot.table.schema.columns[stage.using], let settings = snapshot.table.schema[stage.using] else {
      throw .noVector(stage.using)
    }
    var examples: [VectorValue] = []
    for vector in stage.ownVectors { examples.append(try resolve(vector, stage, settings)) }
    if case .recommend(let positive, let negative, .averageVector) = stage.query {
      guard !positive.isEmpty else { throw .badRequest("Positive vectors should not be empty with `average` strategy") }
      examples = [VectorMean.of(examples.prefix(positive.count), without: examples.suffix(negative.count))]
    }
    let rule = rule(of: stage)
    let plain = examples
    if settings.usesInverseFrequency {
      examples = examples.map { example in
        guard case .sparse(let query) = example else { return example }
        return .sparse(snapshot.weighted(query, column: column, corpus: stage.parameters.frequencyCorpus))
      }
    }
    let scorer = ExampleScorer(rule, examples: examples, column: column, settings: settings)
    let threshold = stage.scoreThreshold.map { rule == .nearest ? settings.distance.inner($0) : $0 }
    guard case .nearest(_, let diversity?) = stage.query else {
      let found = try snapshot.best(scorer, in: selection, limit: limit, threshold: threshold, parameters: stage.parameters)
      return rule == .nearest ? found.map { $0.reported(settings.distance) } : found
    }
    let candidates = try snapshot.best(
      scorer, in: selection, limit: diversity.candidates ?? limit, threshold: threshold, parameters: stage.parameters)
    // Candidates are compared with one another without regard to frequencies, so with the query they are, too.
    let relevance = settings.usesInverseFrequency ? plain.first.map { BlockSimilarity($0, settings: settings, includesUnrelated: true) } : nil
    return diversified(candidates, by: relevance, share: diversity.share, column: column, settings: settings, limit: limit)
      .map { $0.reported(settings.distance) }
  }

  private func rule(of stage: QueryStage) -> ExampleScorer.Rule {
    switch stage.query {
    case .recommend(let positive, _, .bestScore): .best(positives: positive.count)
    case .recommend(let positive, _, .sumScores): .sum(positives: positive.count)
    case .discover: .discovery
    case .context: .context
    case .feedback(_, let examples, let a, let b, let c): .feedback(pairs: Self.pairs(examples), a: a, b: b, c: c)
    default: .nearest
    }
  }

  /// All pairs of examples with different relevance; example `i` is vector `i + 1`, after the target.
  private static func pairs(_ examples: [FeedbackExample]) -> [ExampleScorer.FeedbackPair] {
    examples.indices.flatMap { better in
      examples.indices.compactMap { worse in
        let difference = examples[better].score - examples[worse].score
        return difference > 0 ? ExampleScorer.FeedbackPair(better: better + 1, worse: worse + 1, confidence: difference) : nil
      }
    }
  }

  private func resolve(_ vector: QueryVector, _ stage: QueryStage, _ settings: VectorSettings) throws(PointError) -> VectorValue {
    switch vector {
    case .value(let value):
      try settings.check(value)
      return settings.shaped(value)
    case .document(let document):
      throw .badRequest("the model \(document.model) is not available for inference")
    case .point(let id):
      var source = snapshot
      if let lookup = stage.lookup { source = try self.lookup(lookup.collection) }
      guard let row = source.table.row(of: id) else { throw .noPoint(id) }
      let name = stage.lookup?.vector ?? stage.using
      guard let column = source.table.schema.columns[name] else { throw .noVector(name) }
      guard let value = source.table.vector(column, of: row) else { throw .notFound("Vector with name \"\(name)\" for point not found") }
      try settings.check(value)
      return value
    }
  }

  /// Picks the nearest first, then always the one with the best balance of nearness and difference from those picked: the
  /// last of equal ones, the last one of all moving to its place, as other servers do.
  ///
  /// - Parameter similarity: how near a candidate is to the query; its score if nil.
  private func diversified(
    _ candidates: [ScoredRow], by similarity: BlockSimilarity?, share: Float, column: Int, settings: VectorSettings, limit: Int
  ) -> [ScoredRow] {
    let relevances = Dictionary(
      candidates.map { ($0.row, similarity?.score($0.row, column, snapshot.table) ?? $0.score) }, uniquingKeysWith: { first, _ in first })
    // With several rows to a vector the similarity depends on which one asks: it is the one that may be picked.
    let similarities = Dictionary(
      candidates.compactMap { candidate in
        snapshot.table.vector(column, of: candidate.row).map { (candidate.row, BlockSimilarity($0, settings: settings, includesUnrelated: true)) }
      }, uniquingKeysWith: { first, _ in first })
    var rest = candidates
    var picked: [ScoredRow] = []
    var nearestPicked = [PointRow: Float]()
    while picked.count < limit, !rest.isEmpty {
      func balance(_ row: ScoredRow) -> Float {
        let relevance = relevances[row.row] ?? row.score
        guard let nearest = nearestPicked[row.row] else { return relevance }
        return (1 - share) * relevance - share * nearest
      }
      var best = 0
      for index in rest.indices.dropFirst() where balance(rest[index]) >= balance(rest[best]) { best = index }
      let next = rest[best]
      rest.swapAt(best, rest.count - 1)
      rest.removeLast()
      picked.append(next)
      for row in rest {
        guard let similarity = similarities[row.row] else { continue }
        nearestPicked[row.row] = max(nearestPicked[row.row] ?? -.infinity, similarity.score(next.row, column, snapshot.table))
      }
    }
    return picked
  }
}

extension BlockSimilarity {
  /// The similarity of a single row.
  func score(_ row: PointRow, _ column: Int, _ table: PointTable) -> Float {
    var scores = [Float](repeating: 0, count: PointBlock.size)
    var place = BlockMask.none
    place.insert(Int(row & 255))
    _ = score(table.blocks[Int(row >> 8)].vectors[column], place, into: &scores, from: 0)
    return scores[Int(row & 255)]
  }
}

extension ScoredRow {
  /// The same with the score that is reported in place of the inner one.
  func reported(_ distance: Distance) -> ScoredRow {
    var row = self
    row.score = distance.reported(score)
    return row
  }
}

extension Distance {
  /// The inner score of a reported one.
  func inner(_ reported: Float) -> Float {
    switch self {
    case .cosine, .dot: reported
    case .euclid: -(reported * abs(reported))
    case .manhattan: -reported
    }
  }
}

/// The mean of some vectors, moved away from the mean of others.
enum VectorMean {
  static func of(_ positives: ArraySlice<VectorValue>, without negatives: ArraySlice<VectorValue>) -> VectorValue {
    switch positives.first {
    case .dense(let first):
      let positive = mean(positives, count: first.count)
      guard !negatives.isEmpty else { return .dense(positive) }
      let negative = mean(negatives, count: first.count)
      return .dense(positive.indices.map { positive[$0] + positive[$0] - negative[$0] })
    case .sparse: return .sparse(sparse(positives, negatives))
    case .multi(let first):
      var values: [Float] = []
      for case .multi(let rows) in positives { values += rows.values }
      for case .multi(let rows) in negatives { values += rows.values.map { -$0 } }
      return .multi(DenseVectors(dimension: first.dimension, values: values))
    case nil: return .dense([])
    }
  }

  private static func mean(_ vectors: ArraySlice<VectorValue>, count: Int) -> [Float] {
    var sum = [Float](repeating: 0, count: count)
    for case .dense(let values) in vectors { for index in values.indices { sum[index] += values[index] } }
    return sum.map { $0 / Float(vectors.count) }
  }

  private static func sparse(_ positives: ArraySlice<VectorValue>, _ negatives: ArraySlice<VectorValue>) -> SparsePointVector {
    func mean(_ vectors: ArraySlice<VectorValue>) -> [UInt32: Float] {
      var sums: [UInt32: Float] = [:]
      for case .sparse(let vector) in vectors {
        for (index, value) in zip(vector.indices, vector.values) { sums[index, default: 0] += value }
      }
      return sums.mapValues { $0 / Float(vectors.count) }
    }
    let positive = mean(positives)
    let negative = mean(negatives)
    var result: [UInt32: Float] = negatives.isEmpty ? positive : positive.mapValues { $0 + $0 }
    for (index, value) in negative { result[index, default: 0] -= value }
    let indices = result.keys.sorted()
    return SparsePointVector(indices: indices, values: indices.map { result[$0] ?? 0 })
  }
}
