import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

@Suite struct FlatIndexTests {
  private let flat = DenseIndexSpecification(layout: .flat)

  @Test func anEmptyIndexFindsNothing() throws {
    for codec in VectorCodecKind.allCases {
      let index = try DenseIndexFactory.build(
        DenseVectors(dimension: 3, values: []), similarity: .cosine,
        specification: DenseIndexSpecification(layout: .flat, codec: codec))
      #expect(index.count == 0)
      #expect(try index.search([1, 2, 3]) == [])
      #expect(throws: IndexError.dimensionMismatch(expected: 3, found: 2)) { try index.search([1, 2]) }
    }
  }

  @Test func theRowThatCannotBeIndexedIsNamed() {
    let cases: [(Float, Similarity)] = [(.nan, .cosine), (.infinity, .cosine), (.nan, .dot), (1e30, .euclidean)]
    for (broken, similarity) in cases {
      var vectors = IndexSamples.clustered(5_000, dimension: 4)
      vectors.values[4 * 4_321 + 2] = broken
      vectors.values[4 * 4_400 + 1] = .nan
      do throws(IndexError) {
        _ = try DenseIndexFactory.build(vectors, similarity: similarity, specification: flat)
        Issue.record("\(broken) was indexed")
      } catch {
        guard case .unusableVector(row: 4_321, _) = error else {
          Issue.record("\(error)")
          continue
        }
      }
    }
  }

  @Test func anExcludedRowMayHoldAnything() throws {
    var vectors = IndexSamples.clustered(100, dimension: 4)
    vectors.values[4 * 50] = .nan
    let index = try DenseIndexFactory.build(vectors, similarity: .dot, specification: flat, excluding: RowSet([50]))
    #expect(try index.search([1, 1, 1, 1], SearchOptions(limit: 200)).count == 99)
  }

  @Test func scoresAreThoseOfTheSimilarity() throws {
    let vectors = DenseVectors(dimension: 2, values: [3, 4, 0, 1, -1, 0])
    let expected: [Similarity: [Float]] = [.dot: [3, 0, -1], .cosine: [0.6, 0, -1], .euclidean: [-20, -2, -4]]
    for (similarity, scores) in expected {
      for codec in VectorCodecKind.allCases {
        let index = try DenseIndexFactory.build(
          vectors, similarity: similarity, specification: DenseIndexSpecification(layout: .flat, codec: codec))
        for neighbour in try index.search([1, 0]) {
          #expect(abs(neighbour.score - scores[Int(neighbour.row)]) < 1e-2)
        }
      }
    }
  }

  @Test func codesDoNotChangeTheAnswer() throws {
    // Exact in spite of 8-bit codes, down to the order of near ties: both score by the same binary16 rows.
    let vectors = IndexSamples.clustered(3_000, dimension: 48)
    let queries = IndexSamples.clustered(50, dimension: 48, seed: 2)
    for similarity in Similarity.allCases {
      let coded = try DenseIndexFactory.build(
        vectors, similarity: similarity, specification: DenseIndexSpecification(layout: .flat, codec: .int8))
      let plain = try DenseIndexFactory.build(
        vectors, similarity: similarity, specification: DenseIndexSpecification(layout: .flat, codec: .float16))
      let rows = try [coded, plain].map { try $0.search(queries, SearchOptions(limit: 20)).map { $0.map(\.row) } }
      #expect(rows[0] == rows[1])
    }
  }

  @Test func manyThreadsFindWhatOneFinds() throws {
    // Large enough to be cut in parts.
    let vectors = IndexSamples.clustered(45_000, dimension: 200)
    let pools = [WorkerPool(threadCount: 1), WorkerPool(threadCount: 3)]
    for codec in [VectorCodecKind.int8, .float32] {
      let answers = try pools.map { pool in
        let index = try DenseIndexFactory.build(
          vectors, similarity: .cosine, specification: DenseIndexSpecification(layout: .flat, codec: codec), pool: pool)
        return try (0..<5).map { try index.search(Array(vectors[$0 * 9_000]), SearchOptions(limit: 15)) }
      }
      #expect(answers[0] == answers[1])
      for (number, answer) in answers[0].enumerated() { #expect(answer.first?.row == Row(number * 9_000)) }
    }
  }

  @Test func automaticIsFlatForFewRowsAndAGraphForMany() throws {
    let automatic = DenseIndexSpecification()
    #expect(automatic.resolvedLayout(count: 0) == .flat)
    #expect(automatic.resolvedLayout(count: DenseIndexSpecification.automaticFlatLimit + 1) == .graph)
    let index = try DenseIndexFactory.build(IndexSamples.clustered(50, dimension: 4), similarity: .dot)
    #expect(index is FlatIndex)
  }

  @Test(.enabled(if: IndexSamples.hasDeep, "vectors-deep-10k is not beside the package"))
  func realVectorsGiveTheKnownNeighbours() throws {
    let (base, queries, nearest) = try IndexSamples.deep()
    for codec in VectorCodecKind.allCases {
      let index = try DenseIndexFactory.build(
        base, similarity: .euclidean, specification: DenseIndexSpecification(layout: .flat, codec: codec))
      let answers = try index.search(queries, SearchOptions(limit: 10))
      let found = zip(answers, nearest).reduce(0) { $0 + Set($1.0.map(\.row)).intersection($1.1.prefix(10)).count }
      #expect(Double(found) / Double(10 * queries.count) > (codec == .float32 ? 0.9999 : 0.998))
    }
  }
}
