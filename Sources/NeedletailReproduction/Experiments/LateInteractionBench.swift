internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailIndex
internal import NeedletailNumerics

/// A collection of token vectors, with the exact answers to its questions, to measure ways of finding candidates.
struct LateInteractionBench {
  let documents: TokenVectors
  let queries: TokenVectors
  private let index: MultiVectorIndex
  /// For each question the best rows by exact late interaction.
  private let exact: [[Row]]
  private let best: Int

  init(documents: TokenVectors, queries: TokenVectors, best: Int) throws {
    self.documents = documents
    self.queries = queries
    self.best = best
    let index = try MultiVectorIndex(documents, specification: MultiVectorSpecification(codec: .float32))
    self.index = index
    exact = try (0..<queries.count).map { try index.search(Array(queries[$0]), SearchOptions(limit: 100)).map(\.row) }
  }

  // MARK: Ways of finding candidates: for each question the rows, best first

  /// - Parameter isCompressed: whether 8 components of a document's encoding are kept as one byte of a product code ("PQ-256-8").
  func encodingRanking(_ parameters: FixedDimensionalEncoder.Parameters, isCompressed: Bool = false) throws -> [[Row]] {
    let encoder = try FixedDimensionalEncoder(dimension: documents.dimension, parameters: parameters)
    let encodings = encoder.documents(documents)
    guard isCompressed else {
      // Compared one by one, since encodings may be longer than the vectors that an index takes.
      return (0..<queries.count).map { item in
        let query = encoder.query(queries[item])
        let products = DistanceKernels.current.dot(query.span, rows: encodings.values.span)
        return products.indices.sorted { (products[$0], $1) > (products[$1], $0) }.map { Row($0) }
      }
    }
    let codes = CodecSpecification.product(parts: encoder.dimension / 8, bits: 8, isRotated: false)
    let index = try DenseIndexFactory.build(
      encodings, similarity: .dot, specification: .init(layout: .flat, codec: .float32, codes: codes, keepsVectors: false))
    return try (0..<queries.count).map { item in
      try index.search(encoder.query(queries[item]).span, SearchOptions(limit: documents.count)).map(\.row)
    }
  }

  func meanRanking() throws -> [[Row]] {
    let index = try DenseIndexFactory.build(Self.means(documents), similarity: .cosine, specification: .init(layout: .flat, codec: .float32))
    return try index.search(Self.means(queries), SearchOptions(limit: documents.count)).map { $0.map(\.row) }
  }

  private static func means(_ vectors: TokenVectors) -> DenseVectors {
    var values: [Float] = []
    for item in 0..<vectors.count {
      var sum = [Float](repeating: 0, count: vectors.dimension)
      for (place, value) in vectors[item].enumerated() { sum[place % vectors.dimension] += value }
      values += sum
    }
    return DenseVectors(dimension: vectors.dimension, values: values)
  }

  /// The documents of the nearest tokens of each token of the question, nearest first, each document once.
  func tokenRanking(neighbours: Int) throws -> [[Row]] {
    let index = try DenseIndexFactory.build(
      DenseVectors(dimension: documents.dimension, values: documents.values), similarity: .dot, specification: .init(layout: .flat, codec: .int8))
    var owners: [Row] = []
    for item in 0..<documents.count { owners += documents.tokens(of: item).map { _ in Row(item) } }
    let found = try index.search(
      DenseVectors(dimension: queries.dimension, values: queries.values), SearchOptions(limit: neighbours))
    return (0..<queries.count).map { item in
      var seen = RowSet()
      var ranking: [Row] = []
      for rank in 0..<neighbours {
        for token in queries.tokens(of: item) where rank < found[token].count {
          let row = owners[Int(found[token][rank].row)]
          if !seen.contains(row) {
            seen.insert(row)
            ranking.append(row)
          }
        }
      }
      return ranking
    }
  }

  // MARK: Measuring

  /// The mean share of the exactly best rows that is among the first candidates.
  ///
  /// - Parameter best: how many rows count as best; nil for as many as the bench was made for.
  func recall(of ranking: [[Row]], at count: Int, best: Int? = nil) -> Double {
    let best = best ?? self.best
    let shares = zip(exact, ranking).map { exact, ranking in
      Double(Set(exact.prefix(best)).intersection(ranking.prefix(count)).count) / Double(min(best, exact.count))
    }
    return shares.reduce(0, +) / Double(max(1, shares.count))
  }

  /// The fewest candidates with which the mean recall is reached; infinite if all are too few.
  func candidates(for recall: Double, in ranking: [[Row]]) -> Double {
    var found = [Double](repeating: 0, count: documents.count)
    for (exact, ranking) in zip(exact, ranking) {
      let wanted = Set(exact.prefix(best))
      for (place, row) in ranking.enumerated() where wanted.contains(row) { found[place] += 1 / Double(max(1, wanted.count * queries.count)) }
    }
    var sum = 0.0
    // A little less, so that rounding does not hide that all were found.
    for (place, share) in found.enumerated() {
      sum += share
      if sum >= recall - 1e-9 { return Double(place + 1) }
    }
    return .infinity
  }

  /// From question to answer: quality against the exact ranking, and time against the way by centroids.
  func endToEnd(
    _ task: RetrievalTask, _ encoding: [[Row]], _ parameters: FixedDimensionalEncoder.Parameters, _ findings: inout Findings
  ) throws {
    func quality(_ rankings: [[Row]]) throws -> Double { try Self.quality(rankings, task) }
    let exactQuality = try quality(exact)
    let ranked = try encoding.enumerated().map { try index.rank(Array($1.prefix(100)), for: Array(queries[$0]), limit: 100).map(\.row) }
    let carved = try encoding.enumerated().map { item, rows in
      let query = TokenPooling.carved(Array(queries[item]), dimension: queries.dimension)
      return try index.rank(Array(rows.prefix(100)), for: query, limit: 100).map(\.row)
    }
    findings.record("nDCG@10, every document", exactQuality)
    findings.record("nDCG@10, encodings and 100 candidates", try quality(ranked))
    findings.record(effect: "nDCG@10 lost by encodings and 100 candidates", exactQuality - (try quality(ranked)))
    findings.record(effect: "nDCG@10 lost by carving the question", try quality(ranked) - quality(carved))
    let carvedCount = (0..<queries.count).reduce(0) { $0 + TokenPooling.carved(Array(queries[$1]), dimension: queries.dimension).count / queries.dimension }
    findings.record("vectors of a question left by carving", Double(carvedCount) / Double(queries.tokenCount))

    let stored = try MultiVectorIndex(documents, specification: MultiVectorSpecification(codec: .residual(bits: 2)))
    let encoder = try FixedDimensionalEncoder(dimension: documents.dimension, parameters: parameters)
    let encodings = try DenseIndexFactory.build(encoder.documents(documents), similarity: .dot, specification: .init(layout: .flat, codec: .int8))
    let clock = ContinuousClock()
    var rows: (encodings: [[Row]], centroids: [[Row]]) = ([], [])
    let encodingTime = try clock.measure {
      for item in 0..<queries.count {
        let query = Array(queries[item])
        let found = try encodings.search(encoder.query(query).span, SearchOptions(limit: 100)).map(\.row)
        rows.encodings.append(try stored.rank(found, for: query, limit: 100).map(\.row))
      }
    }
    let centroidTime = try clock.measure {
      for item in 0..<queries.count {
        rows.centroids.append(
          try stored.searchByCentroids(Array(queries[item]), limit: 100, options: CentroidSearchOptions(probes: 4, rescored: 100)).neighbours.map(\.row))
      }
    }
    let count = Double(max(1, queries.count))
    findings.record("time of a question by encodings", encodingTime / .milliseconds(1) / count, unit: "ms")
    findings.record("time of a question by centroids", centroidTime / .milliseconds(1) / count, unit: "ms")
    findings.record("recall@100 end to end by encodings, residuals of 2 bits", recall(of: rows.encodings, at: 100))
    findings.record("recall@100 end to end by centroids, residuals of 2 bits", recall(of: rows.centroids, at: 100))
    findings.record(effect: "time: centroids over encodings", centroidTime / encodingTime, published: 10)
  }

  private static func quality(_ rankings: [[Row]], _ task: RetrievalTask) throws -> Double {
    var run = Run()
    for (item, rows) in rankings.enumerated() {
      try run.record(
        rows.enumerated().map { Run.Entry(document: task.corpus[Int($1)].id, score: -Double($0)) }, for: task.queries[item].id)
    }
    let measure = Measure.nDCG(cutoff: 10)
    return Evaluation(of: run, judgements: task.judgements, measures: [measure]).mean(of: measure) ?? 0
  }
}
