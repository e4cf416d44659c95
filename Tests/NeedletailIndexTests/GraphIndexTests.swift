import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

@Suite struct GraphIndexTests {
  private let graph = DenseIndexSpecification(layout: .graph, graph: GraphParameters(exactScanLimit: 0))

  private func build(_ vectors: DenseVectors, _ similarity: Similarity = .cosine, threads: Int = 2) throws
    -> any SearchIndex
  {
    try DenseIndexFactory.build(
      vectors, similarity: similarity, specification: graph, pool: WorkerPool(threadCount: threads))
  }

  /// Mean overlap of the ten best with the exact ten best.
  private func recall(
    _ index: any SearchIndex, _ queries: DenseVectors, _ options: SearchOptions = SearchOptions()
  ) throws -> Double {
    var exactOptions = options
    exactOptions.isExact = true
    let truth = try index.search(queries, exactOptions)
    let found = try index.search(queries, options)
    let hits = zip(truth, found).reduce(0) { $0 + Set($1.0.map(\.row)).intersection($1.1.map(\.row)).count }
    return Double(hits) / Double(truth.reduce(0) { $0 + $1.count })
  }

  @Test func theNumberOfThreadsDoesNotShow() throws {
    let vectors = IndexSamples.clustered(3_000, dimension: 16)
    let files = try [1, 2, 5].map { threads in
      try TemporaryFile.bytes { try DenseIndexFactory.write(build(vectors, threads: threads), to: $0) }
    }
    #expect(files[0] == files[1])
    #expect(files[0] == files[2])
  }

  @Test func theSeedDecidesTheGraph() throws {
    let vectors = IndexSamples.clustered(1_000, dimension: 8)
    func file(_ seed: UInt64) throws -> [UInt8] {
      var specification = graph
      specification.graph.seed = seed
      let index = try DenseIndexFactory.build(vectors, similarity: .dot, specification: specification)
      return try TemporaryFile.bytes { try DenseIndexFactory.write(index, to: $0) }
    }
    #expect(try file(1) == file(1))
    #expect(try file(1) != file(2))
  }

  @Test func filtersOfEverySizeAreMet() throws {
    let vectors = IndexSamples.clustered(8_000, dimension: 24, seed: 3)
    let queries = IndexSamples.clustered(40, dimension: 24, seed: 3)
    let index = try build(vectors)
    var generator = SeededGenerator(seed: 4)
    for percent in [1, 3, 10, 30, 60, 95] {
      let within = RowSet((0..<8_000).filter { _ in Int.random(in: 0..<100, using: &generator) < percent })
      #expect(try recall(index, queries, SearchOptions(within: within)) > 0.95, "\(percent) % allowed")
    }
  }

  /// The cheapest ways where they were measured side by side: `needletail bench filtered`.
  @Test func thePlanIsTheCheapestWayThatWasMeasured() {
    #expect(FilterPlan(matching: 3_600, of: 4_000, ef: 40) == .dropAfterwards(ef: 45))
    #expect(FilterPlan(matching: 2_000, of: 4_000, ef: 80) == .compareAll)
    #expect(FilterPlan(matching: 1_200, of: 24_000, ef: 20) == .compareAll)
    #expect(FilterPlan(matching: 12_000, of: 24_000, ef: 80) == .dropAfterwards(ef: 160))
    #expect(FilterPlan(matching: 10_000, of: 100_000, ef: 40) == .walkAround)
    #expect(FilterPlan(matching: 50_000, of: 100_000, ef: 40) == .dropAfterwards(ef: 80))
    #expect(FilterPlan(matching: 4_800, of: 24_000, ef: 20) == .walkAround)
    #expect(FilterPlan(matching: 7_200, of: 24_000, ef: 20) == .dropAfterwards(ef: 67))
  }

  @Test func aFilterFarFromTheQueryIsMet() throws {
    // The allowed rows all lie in one cluster, the queries in others.
    let clusters = 10
    var vectors = DenseVectors(dimension: 16, values: [])
    for cluster in 0..<clusters {
      vectors.values += IndexSamples.clustered(500, dimension: 16, clusters: 1, seed: UInt64(cluster)).values
    }
    let index = try build(vectors, .euclidean)
    for cluster in 0..<clusters {
      let within = RowSet(Row(cluster * 500)..<Row(cluster * 500 + 500))
      let queries = vectors.rows((0..<20).map { ($0 * 233 + cluster * 500 + 700) % vectors.count })
      #expect(try recall(index, queries, SearchOptions(within: within)) > 0.95)
    }
  }

  @Test func copiesDoNotHideOtherRows() throws {
    let distinct = IndexSamples.clustered(2_000, dimension: 16)
    let copies = distinct.rows(Array(0..<2_000) + Array(repeating: 0, count: 1_000) + Array(repeating: 1, count: 1_000))
    let index = try build(copies)
    let queries = distinct.rows(0..<50)
    #expect(try recall(index, queries) > 0.95)
    let answer = try index.search(Array(distinct[0]), SearchOptions(limit: 1_001))
    #expect(answer.map(\.row) == [0] + Array(2_000..<3_000))
    // The row that stands for the copies may itself be forbidden.
    let others = try index.search(Array(distinct[0]), SearchOptions(limit: 5, excluding: RowSet([0, 2_000])))
    #expect(others.map(\.row) == [2_001, 2_002, 2_003, 2_004, 2_005])
  }

  @Test func nearCopiesAreFound() throws {
    // Thousands of rows that differ by less than a code can show.
    var vectors = IndexSamples.clustered(1_000, dimension: 16, seed: 8)
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<2_000 {
      vectors.values += vectors[0].map { $0 * Float.random(in: 0.999...1.001, using: &generator) }
    }
    let index = try build(vectors, .euclidean)
    let queries = vectors.rows([0, 1, 2, 3, 1_500, 2_500])
    let answers = try index.search(queries, SearchOptions(limit: 10))
    let truth = try index.search(queries, SearchOptions(limit: 10, isExact: true))
    for (answer, expected) in zip(answers, truth) {
      // Which of the near copies come is a matter of taste, their nearness is not.
      #expect(abs(answer[9].score - expected[9].score) < 0.01 * (1 + abs(expected[9].score)))
    }
  }

  @Test func vectorsOfVeryUnequalLengthAreFoundByInnerProduct() throws {
    var vectors = IndexSamples.clustered(4_000, dimension: 24, seed: 5)
    var generator = SeededGenerator(seed: 6)
    for row in 0..<vectors.count {
      let factor = Float.random(in: 0.1...2, using: &generator)
      for index in row * 24..<(row + 1) * 24 { vectors.values[index] *= factor }
    }
    let index = try build(vectors, .dot)
    #expect(try recall(index, IndexSamples.clustered(50, dimension: 24, seed: 7)) > 0.95)
  }

  @Test func parametersOutsideTheirRangeAreRefused() {
    for parameters in [
      GraphParameters(degree: 1), GraphParameters(degree: 5_000), GraphParameters(efConstruction: 0),
      GraphParameters(efSearch: 0), GraphParameters(diversification: .nan), GraphParameters(exactScanLimit: -1),
    ] {
      #expect(throws: IndexError.self) {
        try DenseIndexFactory.build(
          IndexSamples.clustered(10, dimension: 4), similarity: .dot,
          specification: DenseIndexSpecification(layout: .graph, graph: parameters))
      }
    }
  }

  @Test(.enabled(if: IndexSamples.hasDeep, "vectors-deep-10k is not beside the package"))
  func realVectorsAreFoundAtTheDefaults() throws {
    let (base, queries, nearest) = try IndexSamples.deep()
    for codec in VectorCodecKind.allCases {
      let index = try DenseIndexFactory.build(
        base, similarity: .euclidean,
        specification: DenseIndexSpecification(layout: .graph, codec: codec, graph: graph.graph))
      let answers = try index.search(queries, SearchOptions(limit: 10))
      let found = zip(answers, nearest).reduce(0) { $0 + Set($1.0.map(\.row)).intersection($1.1.prefix(10)).count }
      #expect(Double(found) / Double(10 * queries.count) > 0.98, "\(codec)")
    }
  }
}
