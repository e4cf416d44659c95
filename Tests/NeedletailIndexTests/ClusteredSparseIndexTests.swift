import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

@Suite struct ClusteredSparseIndexTests {
  private static let parameters = ClusteredSparseParameters(
    pruning: .perList(80), effort: SparseSearchEffort(queryCut: 6, heapFactor: 0.8))

  private func recall(_ index: ClusteredSparseIndex, _ vectors: SparseVectors, _ queries: SparseVectors, _ effort: SparseSearchEffort)
    throws -> (recall: Double, work: Int)
  {
    var (found, wanted, scored) = (0, 0, 0)
    for number in 0..<queries.count {
      let options = SearchOptions(limit: 10)
      let (answer, work) = try index.search(queries[number], options, effort: effort)
      let expected = SparseSamples.best(vectors, queries[number], options)
      let worst = expected.last?.score ?? 0
      found += answer.count { $0.score >= worst }
      wanted += expected.count
      scored += work.scoredCount
    }
    return (Double(found) / Double(wanted), scored / queries.count)
  }

  @Test func findsNearlyAllAndScoresFew() throws {
    let vectors = try SparseSamples.vectors(6000, dimension: 2000, terms: 30, topics: 40)
    let queries = try SparseSamples.vectors(60, dimension: 2000, terms: 20, topics: 40, seed: 8)
    let index = try ClusteredSparseIndex(vectors, parameters: Self.parameters)
    let measured = try recall(index, vectors, queries, SparseSearchEffort(queryCut: 12, heapFactor: 0.7))
    #expect(measured.recall > 0.9 && measured.work < 1500)
  }

  @Test func moreListsFindMore() throws {
    let vectors = try SparseSamples.vectors(4000, dimension: 2000, terms: 30, topics: 40)
    let queries = try SparseSamples.vectors(60, dimension: 2000, terms: 20, topics: 40, seed: 8)
    let index = try ClusteredSparseIndex(vectors, parameters: Self.parameters)
    var last = 0.0
    for cut in [2, 5, 10, 30] {
      let measured = try recall(index, vectors, queries, SparseSearchEffort(queryCut: cut, heapFactor: 0.8)).recall
      #expect(measured >= last - 0.005, "cut \(cut)")
      last = measured
    }
    #expect(last > 0.9)
  }

  @Test func neighboursFindWhatPruningHid() throws {
    let vectors = try SparseSamples.vectors(4000, dimension: 2000, terms: 30, topics: 40)
    let queries = try SparseSamples.vectors(60, dimension: 2000, terms: 20, topics: 40, seed: 8)
    var parameters = Self.parameters
    parameters.pruning = .perList(30)
    parameters.neighbourCount = 8
    let index = try ClusteredSparseIndex(vectors, parameters: parameters)
    var effort = SparseSearchEffort(queryCut: 4, heapFactor: 0.9)
    let refined = try recall(index, vectors, queries, effort).recall
    effort.refines = false
    #expect(try refined > recall(index, vectors, queries, effort).recall + 0.01)
  }

  /// Filters that allow as many rows as are wanted get as many, whatever was pruned.
  @Test func asManyComeAsMatch() throws {
    let vectors = try SparseSamples.vectors(5000)
    var parameters = Self.parameters
    parameters.pruning = .perList(3)
    let index = try ClusteredSparseIndex(vectors, parameters: parameters)
    #expect(index.unlistedCount > 0)
    for options in SparseSamples.scenarios(count: vectors.count) {
      for row in stride(from: 0, to: 5000, by: 400) {
        let answer = try index.search(vectors[row], options)
        #expect(answer.count == SparseSamples.best(vectors, vectors[row], options).count)
        #expect(answer.allSatisfy { options.within?.contains($0.row) ?? true && !(options.excluding?.contains($0.row) ?? false) })
        #expect(Set(answer.map(\.row)).count == answer.count)
        for neighbour in answer { #expect(neighbour.score == vectors[Int(neighbour.row)].dot(vectors[row])) }
      }
    }
  }

  @Test(arguments: [
    ClusteredSparseParameters.Blocking.geometric(share: 0.1, smallestBlock: 2), .consecutive(size: 7), .shuffled(size: 7),
  ])
  func everyThreadCountBuildsTheSameIndex(_ blocking: ClusteredSparseParameters.Blocking) throws {
    let vectors = try SparseSamples.vectors(3000)
    let parameters = ClusteredSparseParameters(pruning: .overall(average: 60, largest: 200), blocking: blocking, neighbourCount: 4)
    let bytes = try [1, 2, 5].map { threads in
      let index = try ClusteredSparseIndex(vectors, parameters: parameters, pool: WorkerPool(threadCount: threads))
      return try TemporaryFile.bytes { try index.write(to: $0) }
    }
    #expect(bytes[0] == bytes[1] && bytes[0] == bytes[2])
  }

  @Test func parametersSurviveStorage() throws {
    let parameters = [
      ClusteredSparseParameters(pruning: .none, blocking: .consecutive(size: 5), summary: .components(9), codec: .fixed8),
      ClusteredSparseParameters(pruning: .perList(7), blocking: .shuffled(size: 3), summary: .mass(0.25), neighbourCount: 3),
      ClusteredSparseParameters(
        pruning: .overall(average: 9, largest: 20), blocking: .geometric(share: 0.2, smallestBlock: 1), comparedComponents: 4,
        effort: SparseSearchEffort(queryCut: 3, heapFactor: 0.5, refines: false), seed: 7),
    ]
    for parameters in parameters {
      let index = try ClusteredSparseIndex(SparseSamples.vectors(100), parameters: parameters)
      try TemporaryFile.use { path in
        try index.write(to: path)
        #expect(try ClusteredSparseIndex.open(path).parameters == parameters)
      }
    }
  }

  @Test func eightBitsKeepTheOrderOfClearWinners() throws {
    let vectors = try SparseSamples.vectors(2000, largestWeight: 1000)
    var parameters = Self.parameters
    parameters.codec = .fixed8
    let index = try ClusteredSparseIndex(vectors, parameters: parameters)
    for row in stride(from: 0, to: 2000, by: 90) where vectors[row].count > 8 {
      let answer = try index.search(vectors[row], SearchOptions(limit: 10, isExact: true))
      let expected = SparseSamples.best(vectors, vectors[row], SearchOptions(limit: 10))
      for (found, best) in zip(answer, expected) { #expect(abs(found.score - best.score) < 0.02 * best.score) }
    }
  }

  /// Vocabularies beyond 16 bits take other kernels.
  @Test func largeVocabulariesAreSearchedToo() throws {
    let small = try SparseSamples.vectors(500)
    var vectors = SparseVectors(dimension: 300 * 1000)
    for row in 0..<small.count {
      try vectors.append(SparseVector(zip(small[row].terms, small[row].weights).map { (term: $0 * 1000 + 7, weight: $1) }))
    }
    let index = try ClusteredSparseIndex(
      vectors, parameters: ClusteredSparseParameters(pruning: .none, summary: .mass(1), effort: SparseSearchEffort(queryCut: 99, heapFactor: 1)))
    for row in stride(from: 0, to: 500, by: 20) {
      #expect(try index.search(vectors[row], SearchOptions()) == SparseSamples.best(vectors, vectors[row], SearchOptions()))
    }
  }

  @Test func senselessParametersAreRefused() throws {
    let vectors = try SparseSamples.vectors(10)
    let refused = [
      ClusteredSparseParameters(pruning: .perList(0)), ClusteredSparseParameters(pruning: .overall(average: 0, largest: 1)),
      ClusteredSparseParameters(blocking: .geometric(share: 0, smallestBlock: 2)),
      ClusteredSparseParameters(blocking: .geometric(share: .nan, smallestBlock: 2)),
      ClusteredSparseParameters(blocking: .consecutive(size: 0)), ClusteredSparseParameters(summary: .mass(1.5)),
      ClusteredSparseParameters(comparedComponents: 0), ClusteredSparseParameters(neighbourCount: -1),
      ClusteredSparseParameters(effort: SparseSearchEffort(queryCut: 0)),
      ClusteredSparseParameters(effort: SparseSearchEffort(heapFactor: .nan)),
    ]
    for parameters in refused {
      #expect(throws: IndexError.self) { try ClusteredSparseIndex(vectors, parameters: parameters) }
    }
  }
}
