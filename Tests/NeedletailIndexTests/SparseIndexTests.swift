import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

/// What both indexes of sparse vectors promise.
@Suite struct SparseIndexTests {
  enum Kind: CaseIterable {
    case inverted, clustered

    /// Without pruning, and with an effort that leaves nothing out.
    func index(_ vectors: SparseVectors, excluding: RowSet = RowSet()) throws -> any SparseIndex {
      switch self {
      case .inverted: try InvertedSparseIndex(vectors, excluding: excluding)
      case .clustered:
        try ClusteredSparseIndex(
          vectors,
          parameters: ClusteredSparseParameters(
            pruning: .none, summary: .mass(1), effort: SparseSearchEffort(queryCut: .max, heapFactor: 1)),
          excluding: excluding)
      }
    }
  }

  @Test(arguments: Kind.allCases)
  func answersEqualTheNaiveSearch(_ kind: Kind) throws {
    // More rows than a window, so that bounds decide.
    let vectors = try SparseSamples.vectors(9000)
    let queries = try SparseSamples.vectors(25, seed: 9)
    let index = try kind.index(vectors)
    #expect(index.count == 9000 && index.dimension == 300)
    for options in SparseSamples.scenarios(count: vectors.count) {
      for number in 0..<queries.count {
        let answer = try index.search(queries[number], options)
        #expect(answer == SparseSamples.best(vectors, queries[number], options))
      }
    }
    let alone = try (0..<queries.count).map { try index.search(queries[$0], SearchOptions()) }
    #expect(try index.search(queries, SearchOptions()) == alone)
  }

  /// Fractions are rounded by codes, so that near ties may swap.
  @Test(arguments: Kind.allCases)
  func scoresOfFractionsAreThoseOfTheVectors(_ kind: Kind) throws {
    var vectors = SparseVectors(dimension: 400)
    let whole = try SparseSamples.vectors(1500, dimension: 400, seed: 4)
    for row in 0..<whole.count {
      try vectors.append(SparseVector(zip(whole[row].terms, whole[row].weights).map { (term: $0, weight: $1.squareRoot() / 7) }))
    }
    let index = try kind.index(vectors)
    for row in stride(from: 0, to: 1500, by: 50) {
      let answer = try index.search(vectors[row], SearchOptions(limit: 10))
      let expected = SparseSamples.best(vectors, vectors[row], SearchOptions(limit: 10))
      #expect(answer.count == expected.count)
      for (found, best) in zip(answer, expected) {
        #expect(abs(found.score - best.score) <= 2e-4 * best.score)
        #expect(abs(found.score - vectors[Int(found.row)].dot(vectors[row])) <= 2e-4 * best.score)
      }
    }
  }

  @Test(arguments: Kind.allCases)
  func rowsExcludedAtBuildAreNeverFound(_ kind: Kind) throws {
    let vectors = try SparseSamples.vectors(800)
    let excluded = RowSet((0..<800).filter { $0 % 3 == 0 })
    let index = try kind.index(vectors, excluding: excluded)
    #expect(index.count == 800)
    let query = vectors[3]
    #expect(
      try index.search(query, SearchOptions(limit: 50))
        == SparseSamples.best(vectors, query, SearchOptions(limit: 50, excluding: excluded)))
  }

  @Test(arguments: Kind.allCases)
  func queriesThatCannotBeComparedAreRefused(_ kind: Kind) throws {
    let index = try kind.index(SparseSamples.vectors(50))
    for entry in [(term: UInt32(300), weight: Float(1)), (term: 2, weight: -1)] {
      let query = try SparseVector([entry])
      #expect(throws: IndexError.self) { try index.search(query, SearchOptions()) }
    }
    let huge = try SparseVector((0..<300).map { (term: UInt32($0), weight: Float.greatestFiniteMagnitude) })
    #expect(throws: IndexError.self) { try index.search(huge, SearchOptions()) }
  }

  @Test(arguments: Kind.allCases)
  func nothingIsFoundWhereNothingMatches(_ kind: Kind) throws {
    let empty = try kind.index(SparseVectors(dimension: 10))
    #expect(try empty.search(SparseVector([(term: 3, weight: 1)]), SearchOptions()).isEmpty)
    let index = try kind.index(SparseSamples.vectors(50))
    #expect(try index.search(SparseVector(), SearchOptions()).isEmpty)
    #expect(try kind.index(SparseVectors(dimension: 0)).search(SparseVector(), SearchOptions()).isEmpty)
  }

  @Test(arguments: Kind.allCases)
  func negativeLimitsAreErrorsAndLargeOnesAreNot(_ kind: Kind) throws {
    let vectors = try SparseSamples.vectors(60)
    let index = try kind.index(vectors)
    #expect(throws: IndexError.self) { _ = try index.search(vectors[0], SearchOptions(limit: -1)) }
    #expect(throws: IndexError.self) { _ = try index.search(vectors[0], SearchOptions(limit: .min)) }
    #expect(try index.search(vectors[0], SearchOptions(limit: 0)).isEmpty)
    #expect(try index.search(vectors[0], SearchOptions(limit: .max)).count == SparseSamples.best(vectors, vectors[0], SearchOptions(limit: 60)).count)
  }

  @Test(arguments: Kind.allCases)
  func negativeWeightsAreRefusedWithTheirRow(_ kind: Kind) throws {
    var vectors = try SparseSamples.vectors(4)
    try vectors.append(SparseVector([(term: 1, weight: -2)]))
    #expect(throws: IndexError.self) { try kind.index(vectors) }
    do { _ = try kind.index(vectors) } catch { #expect("\(error)".contains("vector 4")) }
  }

  // MARK: Files

  @Test(arguments: Kind.allCases)
  func openedIndexesAnswerAsTheyDidBefore(_ kind: Kind) throws {
    let vectors = try SparseSamples.vectors(700)
    let index = try kind.index(vectors)
    try TemporaryFile.use { path in
      try index.write(to: path)
      let opened = try SparseIndexFactory.open(path)
      #expect(opened.footprint.isMapped && opened.count == 700 && opened.dimension == 300)
      #expect(try opened.search(vectors, SearchOptions(limit: 7)) == index.search(vectors, SearchOptions(limit: 7)))
      let rewritten = try TemporaryFile.bytes { try opened.write(to: $0) }
      #expect(try rewritten == TemporaryFile.bytes { try index.write(to: $0) })
      #expect(throws: IndexError.self) { try DenseIndexFactory.open(path) }
    }
  }

  @Test(arguments: Kind.allCases)
  func damagedFilesAreRefused(_ kind: Kind) throws {
    let index = try kind.index(SparseSamples.vectors(100))
    let original = try TemporaryFile.bytes { try index.write(to: $0) }
    var random = SeededGenerator(seed: 5)
    for _ in 0..<200 {
      var bytes = original
      if Bool.random(using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      } else {
        bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
      }
      try TemporaryFile.use { path in
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        #expect(throws: IndexError.self) { try SparseIndexFactory.open(path) }
      }
    }
  }
}
