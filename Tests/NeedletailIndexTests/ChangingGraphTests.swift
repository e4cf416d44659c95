import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Synchronization
import Testing

@Suite struct ChangingGraphTests {
  private static let dimension = 24

  /// Mean overlap of the ten best with the exact ten best.
  private static func recall(_ graph: ChangingGraph, _ queries: DenseVectors, efSearch: Int = 40) throws -> Double {
    var (found, wanted) = (0, 0)
    for number in 0..<queries.count {
      let query = Array(queries[number])
      let truth = Set(try graph.search(query, isExact: true).map(\.row))
      found += try graph.search(query, efSearch: efSearch).count { truth.contains($0.row) }
      wanted += truth.count
    }
    return Double(found) / Double(wanted)
  }

  /// Replaces all but the last tenth of a graph's rows, in random order, by those of `newcomers`; returns what is in it now.
  private static func replaced(
    _ graph: ChangingGraph, _ vectors: DenseVectors, by newcomers: DenseVectors
  ) throws -> [Row: [Float]] {
    var generator = SeededGenerator(seed: 9)
    var kept = Dictionary(uniqueKeysWithValues: (0..<vectors.count).map { (Row($0), Array(vectors[$0])) })
    for (number, row) in (0..<Row(vectors.count * 9 / 10)).shuffled(using: &generator).enumerated() {
      #expect(graph.remove(row))
      kept[row] = nil
      let new = try graph.insert(Array(newcomers[number]))
      #expect(kept.updateValue(Array(newcomers[number]), forKey: new) == nil, "the place of a row that is there was given away")
    }
    return kept
  }

  /// Issue: nine tenths replaced, and recall and memory are as if it were built anew.
  @Test(arguments: [Similarity.cosine, .euclidean])
  func afterNineTenthsAreReplacedItIsAsIfBuiltAnew(_ similarity: Similarity) throws {
    let count = 3_000
    let all = IndexSamples.clustered(2 * count, dimension: Self.dimension, seed: 3)
    let graph = try ChangingGraph(all.rows(0..<count), similarity: similarity)
    let kept = try Self.replaced(graph, all.rows(0..<count), by: all.rows(count..<2 * count))
    #expect(graph.presentRows == kept.keys.sorted())
    let anew = try ChangingGraph(
      DenseVectors(dimension: Self.dimension, values: kept.keys.sorted().flatMap { kept[$0] ?? [] }), similarity: similarity)
    let queries = IndexSamples.clustered(200, dimension: Self.dimension, seed: 3)
    let (changed, built) = (try Self.recall(graph, queries), try Self.recall(anew, queries))
    #expect(changed > built - 0.01, "\(changed) after the changes, \(built) built anew")
    let ratio = Double(graph.footprint.totalBytes) / Double(anew.footprint.totalBytes)
    #expect(ratio < 1.15, "\(ratio) times the memory")
    // Rows are found by their own vectors: what was stored is what was given, and there is a way to it.
    let missed = try kept.count { row, vector in try graph.search(vector, limit: 1).first?.row != row }
    #expect(missed <= kept.count / 500, "\(missed) of \(kept.count) rows are not found by their own vectors")
  }

  @Test func whatWasRemovedIsNotFoundAndAsManyAsThereAreAre() throws {
    let vectors = IndexSamples.clustered(600, dimension: Self.dimension)
    let graph = try ChangingGraph(vectors, similarity: .cosine)
    var generator = SeededGenerator(seed: 2)
    for (number, row) in (0..<Row(600)).shuffled(using: &generator).enumerated() {
      #expect(graph.remove(row))
      #expect(!graph.remove(row))
      guard number.isMultiple(of: 7) || number > 580 else { continue }
      let found = try graph.search(Array(vectors[Int(row)]), limit: 20)
      #expect(found.count == min(20, 599 - number))
      #expect(!found.contains { $0.row == row })
    }
    #expect(graph.count == 0)
    let row = try graph.insert(Array(vectors[3]))
    #expect(try graph.search(Array(vectors[3])).map(\.row) == [row])
  }

  @Test func itGrowsFromNothing() throws {
    let vectors = IndexSamples.clustered(1_500, dimension: Self.dimension)
    let graph = try ChangingGraph(DenseVectors(dimension: Self.dimension, values: []), similarity: .cosine)
    #expect(try graph.search(Array(vectors[0])).isEmpty)
    for row in 0..<vectors.count { #expect(try graph.insert(Array(vectors[row])) == Row(row)) }
    #expect(try Self.recall(graph, IndexSamples.clustered(100, dimension: Self.dimension, seed: 4)) > 0.97)
  }

  @Test func copiesDoNotHideOtherRows() throws {
    let vectors = IndexSamples.clustered(500, dimension: Self.dimension)
    let graph = try ChangingGraph(vectors, similarity: .cosine)
    for _ in 0..<300 { try graph.insert(Array(vectors[0])) }
    for row in 1..<500 { #expect(try graph.search(Array(vectors[row]), limit: 1).first?.row == Row(row)) }
  }

  @Test func theNumberOfThreadsDoesNotShow() throws {
    let vectors = IndexSamples.clustered(1_200, dimension: Self.dimension)
    let answers = try [1, 3].map { threads in
      let pool = WorkerPool(threadCount: threads)
      let graph = try ChangingGraph(vectors, similarity: .cosine, pool: pool)
      for row in 0..<Row(500) { graph.remove(row, pool: pool) }
      graph.repair(pool: pool)
      for row in 0..<300 { try graph.insert(Array(vectors[row])) }
      return try (0..<50).map { try graph.search(Array(vectors[$0]), efSearch: 12) }
    }
    #expect(answers[0] == answers[1])
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let vectors = IndexSamples.clustered(10, dimension: 4)
    let graph = try ChangingGraph(vectors, similarity: .euclidean)
    #expect(throws: IndexError.dimensionMismatch(expected: 4, found: 3)) { try graph.insert([1, 2, 3]) }
    #expect(throws: IndexError.self) { try graph.insert([1, 2, .nan, 4]) }
    #expect(throws: IndexError.self) { try graph.insert([.infinity, 0, 0, 0]) }
    #expect(throws: IndexError.self) { try graph.search([1, 2, 3]) }
    #expect(graph.count == 10)
    #expect(!graph.remove(99))
    #expect(try graph.insert([1, 2, 3, 4]) == 10)
    #expect(throws: IndexError.self) {
      try ChangingGraph(vectors, similarity: .cosine, parameters: GraphParameters(degree: 1))
    }
    #expect(throws: IndexError.self) {
      try ChangingGraph(DenseVectors(dimension: 2, values: [1, 2, .nan, 1]), similarity: .cosine)
    }
  }

  /// Two threads search while two others insert and remove; `NEEDLETAIL_STRESS_SECONDS` says how long.
  @Test func searchesAndChangesGoOnSideBySide() throws {
    let seconds = ProcessInfo.processInfo.environment["NEEDLETAIL_STRESS_SECONDS"].flatMap(Double.init) ?? 1
    let pool = IndexSamples.clustered(4_000, dimension: Self.dimension, seed: 5)
    let graph = try ChangingGraph(pool.rows(0..<1_000), similarity: .cosine)
    // What is in the graph, by whom: each writer removes only its own rows.
    let contents = Mutex((0..<2).map { writer in
      Dictionary(uniqueKeysWithValues: (0..<1_000).filter { $0 % 2 == writer }.map { (Row($0), $0) })
    })
    let problems = Mutex<[String]>([])
    let searches = Mutex(0)
    let end = ContinuousClock.now + .seconds(seconds)
    WorkerPool(threadCount: 4).forEach(4) { task in
      var generator = SeededGenerator(seed: UInt64(task))
      do {
        while ContinuousClock.now < end {
          if task < 2 {
            let old = contents.withLock { $0[task].keys.sorted().randomElement(using: &generator) }
            if let old {
              contents.withLock { $0[task][old] = nil }
              if !graph.remove(old) { problems.withLock { $0.append("row \(old) was not there") } }
            }
            let number = Int.random(in: 0..<pool.count, using: &generator)
            let row = try graph.insert(Array(pool[number]))
            contents.withLock { $0[task][row] = number }
          } else {
            let found = try graph.search(Array(pool[Int.random(in: 0..<pool.count, using: &generator)]), efSearch: 30)
            let isSorted = zip(found, found.dropFirst()).allSatisfy { ($1.score, $0.row) < ($0.score, $1.row) }
            if found.count != 10 || !isSorted { problems.withLock { $0.append("\(found)") } }
            searches.withLock { $0 += 1 }
          }
        }
      } catch { problems.withLock { $0.append("\(error)") } }
    }
    #expect(problems.withLock { $0 } == [])
    #expect(searches.withLock { $0 } > 0)
    let kept = contents.withLock { $0[0].merging($0[1]) { first, _ in first } }
    #expect(graph.presentRows == kept.keys.sorted())
    for (row, number) in kept {
      let nearest = try graph.search(Array(pool[number]), limit: 1, isExact: true)
      // Several rows may hold the same vector.
      #expect(abs((nearest.first?.score ?? 0) - 1) < 1e-5, "row \(row)")
    }
    let recall = try Self.recall(graph, IndexSamples.clustered(200, dimension: Self.dimension, seed: 5), efSearch: 60)
    #expect(recall > 0.95, "\(recall) after the stress")
  }
}
