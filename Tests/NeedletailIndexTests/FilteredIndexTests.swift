import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

@Suite struct FilteredIndexTests {
  /// Vectors with a label correlated with their place, some independent ones, and a value.
  struct Sample {
    let vectors: DenseVectors
    let queries: DenseVectors
    let attributes: RowAttributes

    init(_ count: Int, dimension: Int = 16, seed: UInt64 = 1, labelsPerRow: ClosedRange<Int> = 0...3) throws {
      var generator = SeededGenerator(seed: seed)
      vectors = IndexSamples.clustered(count, dimension: dimension, seed: seed)
      queries = IndexSamples.clustered(20, dimension: dimension, seed: seed)
      let sets = (0..<count).map { _ in
        (0..<Int.random(in: labelsPerRow, using: &generator)).map { _ in
          // Skewed: low labels are frequent.
          Label(min(Int.random(in: 0..<12, using: &generator), Int.random(in: 0..<12, using: &generator)))
        }
      }
      // Many equal values.
      let values = (0..<count).map { _ in Double(Int.random(in: 0..<200, using: &generator)) }
      attributes = try RowAttributes(count: count, labels: LabelColumn(sets), values: ValueColumn(values))
    }

    var predicates: [RowPredicate] {
      [
        .range(20...60), .range(0...199), .range(100...101), .range(-5 ... -1), .range(-.infinity...50),
        .range(-.infinity ... .infinity), .labels(.all([0])), .labels(.any([9])), .labels(.all([0, 1])),
        .labels(.all([1, 2, 3])), .labels(.any([4, 10])), .labels(.exactly([2])), .labels(.exactly([])),
        .labels(.exactly([5, 6])), .labels(.all([77])), .labels(.any([])), .labels(.all([])),
        .rows(RowSet((0..<Row(vectors.count)).filter { $0 % 7 == 3 })), .rows(RowSet()),
        .rows(RowSet(0..<Row(vectors.count + 100))),
      ]
    }
  }

  @Test(arguments: FilteredMethod.allCases.filter { $0 != .fusedGraph } + [.walkAround], [Similarity.euclidean, .cosine])
  func keepsThePromises(_ method: FilteredMethod, _ similarity: Similarity) throws {
    let sample = try Sample(1_500)
    let factory = try FilteredIndexFactory(sample.vectors, attributes: sample.attributes, similarity: similarity)
    let conformance = FilteredIndexConformance(
      vectors: sample.vectors, attributes: sample.attributes, similarity: similarity, queries: sample.queries,
      predicates: sample.predicates)
    let index = try factory.build(method)
    #expect(conformance.violations(of: index, minimumRecall: 0.95, effort: 200) == [])
    #expect(method.kinds.isSuperset(of: index.kinds))
  }

  @Test func aFusedGraphKeepsThePromisesForSingleLabels() throws {
    let sample = try Sample(1_500, labelsPerRow: 1...1)
    let factory = try FilteredIndexFactory(sample.vectors, attributes: sample.attributes, similarity: .euclidean)
    let conformance = FilteredIndexConformance(
      vectors: sample.vectors, attributes: sample.attributes, similarity: .euclidean, queries: sample.queries,
      predicates: sample.predicates)
    let violations = try conformance.violations(of: factory.build(.fusedGraph), minimumRecall: 0.95, effort: 300)
    #expect(violations == [])
  }

  @Test(arguments: FilteredMethod.allCases)
  func theNumberOfThreadsDoesNotShow(_ method: FilteredMethod) throws {
    let sample = try Sample(800, labelsPerRow: 1...1)
    func answers(threads: Int) throws -> [FilteredAnswer] {
      let factory = try FilteredIndexFactory(
        sample.vectors, attributes: sample.attributes, similarity: .cosine, pool: WorkerPool(threadCount: threads))
      let index = try factory.build(method)
      let predicate = index.kinds.contains(.label) ? RowPredicate.labels(.all([1])) : .range(-.infinity...120)
      return try (0..<sample.queries.count).map { query in
        try index.search(Array(sample.queries[query]), where: predicate, FilteredSearchOptions(limit: 5, effort: 20))
      }
    }
    #expect(try answers(threads: 1) == answers(threads: 4))
  }

  @Test func aMissingAttributeIsNamed() throws {
    let vectors = IndexSamples.clustered(50, dimension: 4)
    let factory = try FilteredIndexFactory(vectors, attributes: RowAttributes(count: 50), similarity: .dot)
    for method in [FilteredMethod.labelGraph, .segmentGraph, .prefixGraph, .labelSetGraph, .fusedGraph] {
      #expect(throws: IndexError.self) { try factory.build(method) }
    }
    let scan = try factory.build(.scan)
    #expect(throws: IndexError.self) { try scan.search(Array(vectors[0]), where: .range(0...1)) }
    #expect(throws: IndexError.self) { try RowAttributes(count: 3, labels: LabelColumn([[1]])) }
    #expect(throws: IndexError.self) { try ValueColumn([0, .nan]) }
    #expect(throws: IndexError.self) { try LabelColumn([[.max]]) }
  }

  @Test func emptyAndTinyCollectionsAreSearched() throws {
    for count in [0, 1, 2, 5] {
      let vectors = IndexSamples.clustered(count, dimension: 4)
      let attributes = try RowAttributes(
        count: count, labels: LabelColumn((0..<count).map { _ in [3] }),
        values: ValueColumn((0..<count).map(Double.init)))
      let factory = try FilteredIndexFactory(vectors, attributes: attributes, similarity: .euclidean)
      for method in FilteredMethod.allCases where count > 0 {
        let index = try factory.build(method)
        let predicate = index.kinds.contains(.label) ? RowPredicate.labels(.all([3])) : .range(-.infinity...100)
        #expect(try index.search(Array(vectors[0]), where: predicate).neighbours.count == count, "\(method), \(count)")
      }
    }
  }

  /// Half of the rows match, and all of them lie where no query is.
  @Test func droppingGivesUpEarlyWhereWhatMatchesLiesElsewhere() throws {
    let (count, dimension) = (8_000, 16)
    var vectors = IndexSamples.clustered(count, dimension: dimension, seed: 7)
    for row in 0..<count { vectors.values[row * dimension] += row < count / 2 ? 50 : -50 }
    let queries = vectors.rows((0..<30).map { $0 * 131 % (count / 2) })
    let factory = try FilteredIndexFactory(vectors, attributes: RowAttributes(count: count), similarity: .euclidean)
    let (planned, walking) = (try factory.build(.planned), try factory.build(.walkAround))
    let elsewhere = RowPredicate.rows(RowSet(Row(count / 2)..<Row(count)))
    func comparisons(_ index: any FilteredIndex, _ predicate: RowPredicate, effort: Int) throws -> Int {
      try (0..<queries.count).reduce(0) {
        try $0 + index.search(Array(queries[$1]), where: predicate, FilteredSearchOptions(effort: effort)).comparisons
      }
    }
    // Dropping would have searched with 80 candidates in view to its end, and walked around after that.
    let lost = try comparisons(planned, elsewhere, effort: 40) - comparisons(walking, elsewhere, effort: 40)
    let whole = try comparisons(planned, .rows(RowSet(0..<Row(count))), effort: 80)
    #expect(lost > 0 && Double(lost) < 0.75 * Double(whole), "\(lost) of \(whole)")
    for query in 0..<queries.count {
      let options = FilteredSearchOptions(effort: 40)
      #expect(try planned.search(Array(queries[query]), where: elsewhere, options).neighbours
        == walking.search(Array(queries[query]), where: elsewhere, options).neighbours)
    }
  }

  @Test func cardinalitiesAreThoseOfTheRows() throws {
    let sample = try Sample(700, seed: 5)
    for predicate in sample.predicates {
      let rows = try sample.attributes.rows(satisfying: predicate)
      #expect(try sample.attributes.count(satisfying: predicate) == rows.count)
      #expect(rows.count == Array(rows).count)
    }
  }
}
