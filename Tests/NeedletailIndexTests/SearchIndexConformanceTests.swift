import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

/// Every layout with every codec and every similarity keeps the promises of `SearchIndex`.
@Suite struct SearchIndexConformanceTests {
  struct Combination: Sendable, CustomTestStringConvertible {
    var layout: DenseIndexSpecification.Layout
    var codec: VectorCodecKind
    var similarity: Similarity
    var testDescription: String { "\(layout) \(codec) \(similarity)" }

    static let all = [DenseIndexSpecification.Layout.flat, .graph, .disk].flatMap { layout in
      VectorCodecKind.allCases.flatMap { codec in
        Similarity.allCases.map { Combination(layout: layout, codec: codec, similarity: $0) }
      }
    }

    /// Without the short cut for few rows, so that small samples reach the graph.
    var specification: DenseIndexSpecification {
      DenseIndexSpecification(layout: layout, codec: codec, graph: GraphParameters(exactScanLimit: 20))
    }
    /// What a walk along links has to find of what an index without links would find.
    var minimumRecall: Double { layout == .flat ? 1 : 0.95 }
  }

  @Test(arguments: Combination.all)
  func clusteredVectors(_ combination: Combination) throws {
    let vectors = IndexSamples.clustered(1_500, dimension: 24)
    try check(combination, vectors, excluded: RowSet())
  }

  @Test(arguments: Combination.all)
  func excludedAndRepeatedRows(_ combination: Combination) throws {
    let distinct = IndexSamples.clustered(500, dimension: 17, seed: 2)
    // Each vector twice, one of them 300 times, and some zero vectors.
    var vectors = distinct.rows(Array(0..<500) + Array(0..<500) + Array(repeating: 7, count: 300))
    vectors.values += [Float](repeating: 0, count: 17 * 5)
    var generator = SeededGenerator(seed: 5)
    let excluded = RowSet((0..<Row(vectors.count)).filter { _ in Int.random(in: 0..<5, using: &generator) == 0 })
    try check(combination, vectors, excluded: excluded)
  }

  @Test(arguments: Combination.all)
  func fewRows(_ combination: Combination) throws {
    for count in [1, 2, 3, 30] {
      try check(combination, IndexSamples.clustered(count, dimension: 5, seed: 3), excluded: RowSet())
    }
  }

  @Test(arguments: Combination.all)
  func largeAndSmallMagnitudes(_ combination: Combination) throws {
    for factor in [1e-6, 1e6] as [Float] {
      var vectors = IndexSamples.clustered(300, dimension: 12, seed: 4)
      vectors.values = vectors.values.map { $0 * factor }
      try check(combination, vectors, excluded: RowSet())
    }
  }

  @Test func vectorsThatAllPointOneWay() throws {
    // Encoders whose embeddings share a large mean are what subtracting it from codes is for.
    var vectors = IndexSamples.clustered(1_500, dimension: 32, seed: 6)
    vectors.values = vectors.values.map { $0 + 20 }
    for combination in Combination.all { try check(combination, vectors, excluded: RowSet()) }
  }

  private func check(_ combination: Combination, _ vectors: DenseVectors, excluded: RowSet) throws {
    let index = try DenseIndexFactory.build(
      vectors, similarity: combination.similarity, specification: combination.specification, excluding: excluded)
    // Queries near rows, a zero vector, and one far from everything.
    var queries = vectors.rows((0..<12).map { $0 * 37 % vectors.count })
    var generator = SeededGenerator(seed: 9)
    queries.values = queries.values.map { $0 * Float.random(in: 0.6...1.4, using: &generator) }
    queries.values += [Float](repeating: 0, count: vectors.dimension)
    queries.values += vectors[0].map { -3 * $0 }
    let conformance = SearchIndexConformance(
      vectors: vectors, similarity: combination.similarity, excluded: excluded, queries: queries)
    let reachable = try (index as? DiskIndex).map { try reachableRecall($0, queries, combination) } ?? 1
    let violations = conformance.violations(of: index, minimumRecall: combination.minimumRecall * reachable)
    #expect(violations == [])
  }

  /// On disk, small codes say which rows are read: the graph answers for what it loses of what a comparison of all codes would have
  /// read, not for the codes.
  private func reachableRecall(_ index: DiskIndex, _ queries: DenseVectors, _ combination: Combination) throws -> Double {
    var (found, wanted) = (0, 0)
    for number in 0..<queries.count {
      let query = Array(queries[number])
      let exact = try index.search(query, SearchOptions(limit: 10, isExact: true))
      let byCode = try index.nearestByCode(query, limit: 10, reading: combination.specification.graph.efSearch)
      let worst = exact.last?.score ?? 0
      // Equally near rows replace each other.
      found += byCode.count { $0.score >= worst }
      wanted += exact.count
    }
    // Errors of codes have bounds and tests of their own (`VectorCodecConformance`); here they only must not read at random.
    let recall = wanted == 0 ? 1 : Double(found) / Double(wanted)
    let random = min(1, Double(combination.specification.graph.efSearch) / Double(max(1, index.count)))
    #expect(recall > random || random == 1, "\(combination)")
    return recall
  }
}
