import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

/// Sets of random unit vectors around some centres.
enum TokenSamples {
  static func unit(_ dimension: Int, _ generator: inout SeededGenerator) -> [Float] {
    let vector = (0..<dimension).map { _ in Float(gaussian(&generator)) }
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return vector.map { $0 / length }
  }

  static func gaussian(_ generator: inout SeededGenerator) -> Double {
    (-2 * log(Double.random(in: 1e-300..<1, using: &generator))).squareRoot() * cos(2 * .pi * Double.random(in: 0..<1, using: &generator))
  }

  static func documents(_ count: Int, dimension: Int, tokens: ClosedRange<Int>, seed: UInt64) -> TokenVectors {
    var generator = SeededGenerator(seed: seed)
    let centres = (0..<20).map { _ in unit(dimension, &generator) }
    var documents = TokenVectors(dimension: dimension)
    for _ in 0..<count {
      var values: [Float] = []
      for _ in 0..<Int.random(in: tokens, using: &generator) {
        let (centre, noise) = (centres.randomElement(using: &generator) ?? [], unit(dimension, &generator))
        let vector = zip(centre, noise).map { $0 + 0.6 * $1 }
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        values += vector.map { $0 / length }
      }
      documents.append(values)
    }
    return documents
  }

  /// The Chamfer similarity as it is written down.
  static func chamfer(_ query: [Float], _ document: [Float], dimension: Int) -> Double {
    var sum = 0.0
    for q in stride(from: 0, to: query.count, by: dimension) {
      var best = -Double.infinity
      for p in stride(from: 0, to: document.count, by: dimension) {
        best = max(best, (0..<dimension).reduce(0.0) { $0 + Double(query[q + $1]) * Double(document[p + $1]) })
      }
      if best.isFinite { sum += best }
    }
    return sum
  }
}

@Suite struct MultiVectorIndexTests {
  private static let dimension = 37
  private static let documents = TokenSamples.documents(200, dimension: dimension, tokens: 0...70, seed: 1)
  private static let queries = TokenSamples.documents(8, dimension: dimension, tokens: 1...12, seed: 2)

  /// What the rounding of each codec costs a score, for each vector of the query.
  @Test(arguments: [(TokenCodec.float32, 1e-5), (.float16, 2e-3), (.int8, 2e-2)])
  func scoresAreTheDefinition(codec: TokenCodec, tolerance: Double) throws {
    let index = try MultiVectorIndex(Self.documents, specification: MultiVectorSpecification(codec: codec))
    for number in 0..<Self.queries.count {
      let query = Array(Self.queries[number])
      let found = try index.search(query, SearchOptions(limit: 200))
      #expect(found.count == 200)
      #expect(zip(found, found.dropFirst()).allSatisfy { $0.score > $1.score || ($0.score == $1.score && $0.row < $1.row) })
      for neighbour in found {
        let expected = TokenSamples.chamfer(query, Array(Self.documents[Int(neighbour.row)]), dimension: Self.dimension)
        #expect(abs(Double(neighbour.score) - expected) < tolerance * Double(query.count / Self.dimension))
      }
    }
  }

  @Test(arguments: TokenCodec.named.values) func decodedVectorsScoreAsStoredOnes(codec: TokenCodec) throws {
    let index = try MultiVectorIndex(Self.documents, specification: MultiVectorSpecification(codec: codec, centroidCount: 32))
    let query = Array(Self.queries[0])
    for neighbour in try index.search(query, SearchOptions(limit: 20)) {
      let expected = TokenSamples.chamfer(query, index.vectors(of: neighbour.row), dimension: Self.dimension)
      // The query of an index of codes is coded too.
      #expect(abs(Double(neighbour.score) - expected) < (codec == .int8 ? 0.05 : 1e-3))
    }
  }

  /// More bits keep more of the vectors.
  @Test func residualsComeNearerWithEachBit() throws {
    let errors = try [1, 2, 4].map { bits in
      let index = try MultiVectorIndex(Self.documents, specification: MultiVectorSpecification(codec: .residual(bits: bits), centroidCount: 32))
      return (0..<UInt32(Self.documents.count)).reduce(0.0) { sum, row in
        sum + zip(index.vectors(of: row), Self.documents[Int(row)]).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
      } / Double(Self.documents.tokenCount)
    }
    #expect(errors[0] > 1.5 * errors[1] && errors[1] > 2 * errors[2])
    #expect(errors[2] < 0.02)
  }

  @Test func ranksOnlyTheCandidates() throws {
    let index = try MultiVectorIndex(Self.documents, specification: MultiVectorSpecification(codec: .float32))
    let query = Array(Self.queries[1])
    let all = try index.search(query, SearchOptions(limit: 200))
    let candidates: [Row] = [7, 3, 190, 3, 44, 9999]
    let ranked = try index.rank(candidates, for: query, limit: 3)
    #expect(ranked == Array(all.filter { candidates.contains($0.row) }.prefix(3)))
    let within = try index.search(query, SearchOptions(limit: 5, within: RowSet([7, 3, 190]), excluding: RowSet([3 as Row])))
    #expect(Set(within.map(\.row)) == [7, 190])
  }

  /// Centroids find what comparing with every row finds, once enough are probed.
  @Test func centroidsFindTheBest() throws {
    let index = try MultiVectorIndex(Self.documents, specification: MultiVectorSpecification(codec: .residual(bits: 4), centroidCount: 32))
    for number in 0..<Self.queries.count {
      let query = Array(Self.queries[number])
      let exact = try index.search(query, SearchOptions(limit: 10))
      let all = try index.searchByCentroids(query, limit: 10, options: CentroidSearchOptions(probes: 32, rescored: 200))
      #expect(all.neighbours == exact)
      let few = try index.searchByCentroids(query, limit: 10, options: CentroidSearchOptions(probes: 8, rescored: 120))
      #expect(few.candidates <= all.candidates)
      #expect(Set(few.neighbours.map(\.row)).intersection(exact.map(\.row)).count >= 6)
    }
  }

  @Test func doesNotDependOnThreads() throws {
    let specification = MultiVectorSpecification(codec: .residual(bits: 2), centroidCount: 16)
    let one = try MultiVectorIndex(Self.documents, specification: specification, pool: WorkerPool(threadCount: 1))
    let four = try MultiVectorIndex(Self.documents, specification: specification, pool: WorkerPool(threadCount: 4))
    let query = Array(Self.queries[2])
    #expect(
      try one.search(query, SearchOptions(limit: 50), pool: WorkerPool(threadCount: 1))
        == four.search(query, SearchOptions(limit: 50), pool: WorkerPool(threadCount: 3)))
  }

  @Test func saysWhatItDoesNotTake() throws {
    var broken = TokenVectors(dimension: 2)
    broken.append([1, 0])
    broken.append([1, 0, .nan, 0])
    let error = #expect(throws: IndexError.self) { try MultiVectorIndex(broken, specification: MultiVectorSpecification(codec: .float32)) }
    #expect(error?.description.contains("vector 1 ") == true)
    let index = try MultiVectorIndex(Self.documents, specification: MultiVectorSpecification(codec: .float16))
    #expect(throws: IndexError.self) { try index.search([1, 2, 3]) }
    #expect(throws: IndexError.self) { try index.search([Float](repeating: .infinity, count: Self.dimension)) }
    #expect(throws: IndexError.self) { try index.searchByCentroids(Array(Self.queries[0]), limit: 1) }
    #expect(throws: IndexError.self) { try MultiVectorIndex(Self.documents, specification: MultiVectorSpecification(codec: .residual(bits: 3))) }
    #expect(try index.search([], SearchOptions(limit: 3)).map(\.score) == [0, 0, 0])
    let empty = try MultiVectorIndex(TokenVectors(dimension: 4))
    #expect(try empty.search([1, 0, 0, 0]).isEmpty)
  }

  @Test(arguments: TokenCodec.named.values) func comesBackFromItsFile(codec: TokenCodec) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).multivector").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let index = try MultiVectorIndex(Self.documents, specification: MultiVectorSpecification(codec: codec, centroidCount: 16))
    try index.write(to: path)
    let opened = try MultiVectorIndex.open(path)
    #expect(opened.footprint.isMapped && opened.count == index.count && opened.codec == codec)
    let query = Array(Self.queries[3])
    #expect(try opened.search(query, SearchOptions(limit: 30)) == index.search(query, SearchOptions(limit: 30)))
    if case .residual = codec {
      let (found, expected) = (try opened.searchByCentroids(query, limit: 5), try index.searchByCentroids(query, limit: 5))
      #expect(found.neighbours == expected.neighbours && found.candidates == expected.candidates)
    }
  }

  @Test func negativeLimitsAreErrorsAndLargeOnesAreNot() throws {
    let documents = TokenSamples.documents(12, dimension: 8, tokens: 1...6, seed: 3)
    let index = try MultiVectorIndex(documents, specification: MultiVectorSpecification(centroidCount: 4))
    let query = [Float](repeating: 0.5, count: 8)
    #expect(throws: IndexError.self) { _ = try index.search(query, SearchOptions(limit: -1)) }
    #expect(throws: IndexError.self) { _ = try index.rank([0, 1], for: query, limit: -1) }
    #expect(throws: IndexError.self) { _ = try index.searchByCentroids(query, limit: .min) }
    #expect(try index.search(query, SearchOptions(limit: .max)).count == 12)
    #expect(try index.rank([0, 1], for: query, limit: .max).count == 2)
    #expect(try index.search(query, SearchOptions(limit: 0)).isEmpty && index.searchByCentroids(query, limit: 0).neighbours.isEmpty)
  }
}
