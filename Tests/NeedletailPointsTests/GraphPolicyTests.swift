import Foundation
import NeedletailCore
import NeedletailNumerics
import NeedletailPoints
import Testing

@Suite struct GraphPolicyTests {
  /// Points are added and replaced at random; whatever happens, few rows are in no graph, there are few graphs, and a row is not
  /// built often.
  @Test(arguments: [(0.0, UInt64(1)), (0.5, 2), (0.95, 3)]) func keepsGraphsFewAndBuildsRowsSeldom(replacing: Double, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var count = 0, uncovered = 0, built = 0, changed = 0, number = 0
    var graphs: [GraphPolicy.Size] = []
    for _ in 0..<1_500 {
      let batch = Int.random(in: 1...600, using: &random)
      changed += batch
      uncovered += batch
      for _ in 0..<batch {
        guard Double.random(in: 0..<1, using: &random) < replacing, count > 0 else {
          count += 1
          continue
        }
        // A row that is replaced is taken out of the graph it was in, or was in none.
        var place = Int.random(in: 0..<count, using: &random)
        var isCovered = false
        for index in graphs.indices {
          if place < graphs[index].current {
            graphs[index].current -= 1
            isCovered = true
            break
          }
          place -= graphs[index].current
        }
        if !isCovered { uncovered -= 1 }
      }
      graphs.removeAll { $0.current == 0 }
      while let replaced = GraphPolicy.replaced(uncovered: uncovered, count: count, graphs: graphs) {
        let rows = uncovered + graphs.filter { replaced.contains($0.number) }.reduce(0) { $0 + $1.current }
        graphs.removeAll { replaced.contains($0.number) }
        number += 1
        graphs.append(GraphPolicy.Size(number: number, rows: rows, current: rows))
        built += rows
        uncovered = 0
      }
      #expect(graphs.count <= GraphPolicy.largestGraphCount)
      #expect(uncovered <= GraphPolicy.largestUncoveredCount && uncovered + graphs.reduce(0) { $0 + $1.current } == count)
    }
    #expect(Double(built) < 12 * Double(changed), "\(built) rows for \(changed)")
  }

  @Test func nothingIsDueWhereNothingChanged() {
    #expect(GraphPolicy.replaced(uncovered: 0, count: 9_000, graphs: [GraphPolicy.Size(number: 1, rows: 9_000, current: 9_000)]) == nil)
    #expect(GraphPolicy.replaced(uncovered: 0, count: 4_000, graphs: [GraphPolicy.Size(number: 1, rows: 9_000, current: 4_000)]) == [1])
  }

  /// Replaced points lie in graphs of their own; none of them is lost or found by its old vector, also after reopening.
  @Test func severalGraphsFindWhatComparisonFinds() async throws {
    let place = PointPlace()
    var library = try place.library()
    defer { library.close() }
    let settings = PointCollectionSettings(vectors: ["": .dense(8, .dot)], hasUnnamedVector: true, options: ["optimizers_config": ["indexing_threshold": 50]])
    var collection = try library.create("c", settings)
    var random = SeededGenerator(seed: 5)
    func vector() -> VectorValue { .dense((0..<8).map { _ in random.normalFloat() }) }
    func write(_ ids: Range<UInt64>) async throws { try await collection.apply(.upsert(ids.map { PointWrite(id: .number($0), vectors: ["": vector()]) })) }
    try await write(0..<12_000)
    await collection.settle()
    #expect(collection.snapshot().indexedVectorCount == 12_000)
    try await write(2_000..<6_500)
    await collection.settle()
    #expect(collection.snapshot().indexedVectorCount == 12_000)
    try await collection.apply(.delete(.ids((0..<300).map { .number($0) })))
    #expect(collection.snapshot().memory.graphs > 0 && collection.snapshot().memory.vectors >= 11_700 * 8 * 4)
    func check() throws {
      let snapshot = collection.snapshot()
      var common = 0
      for _ in 0..<20 {
        var stage = QueryStage(query: .nearest(.value(vector())), limit: 10)
        let found = try snapshot.query(stage, PointPart(), lookup: { _ in snapshot })
        stage.parameters.isExact = true
        let exact = try snapshot.query(stage, PointPart(), lookup: { _ in snapshot })
        let scores = Dictionary(uniqueKeysWithValues: exact.map { ($0.point.id, $0.score) })
        // Both add up the same products, in another order.
        common += found.count { hit in scores[hit.point.id].map { abs($0 - hit.score) < 1e-4 } ?? false }
      }
      #expect(common >= 190, "\(common) of 200")
    }
    try check()
    #expect(try FileManager.default.contentsOfDirectory(atPath: try place.collectionFolder() + "/indexes").count == 2)
    library.close()
    library = try place.library()
    collection = try library.collection("c")
    #expect(collection.notices.isEmpty && collection.snapshot().indexedVectorCount == 11_700)
    #expect(collection.snapshot().memory.mappedGraphs > 0)
    try check()
  }

  /// Rows in no graph are compared by their codes first: those that are near are found all the same, with the scores of their vectors.
  @Test(arguments: [Distance.cosine, .dot, .euclid]) func findsRowsThatAreInNoGraph(distance: Distance) async throws {
    let place = PointPlace()
    let library = try place.library()
    defer { library.close() }
    let settings = PointCollectionSettings(vectors: ["": .dense(48, distance)], hasUnnamedVector: true, options: ["optimizers_config": ["indexing_threshold": 50]])
    let collection = try library.create("c", settings)
    var random = SeededGenerator(seed: 11)
    func vector() -> VectorValue { .dense((0..<48).map { _ in random.normalFloat() }) }
    func write(_ ids: Range<UInt64>) async throws { try await collection.apply(.upsert(ids.map { PointWrite(id: .number($0), vectors: ["": vector()]) })) }
    try await write(0..<4_100)
    await collection.settle()
    // so few that none is built over them, however long it takes
    try await write(500..<750)
    let snapshot = collection.snapshot()
    #expect(snapshot.indexedVectorCount == 3_850)
    var found = 0, outside = 0
    for _ in 0..<60 {
      var stage = QueryStage(query: .nearest(.value(vector())), limit: 10)
      let fast = try snapshot.query(stage, PointPart(), lookup: { _ in snapshot })
      stage.parameters.isExact = true
      let exact = try snapshot.query(stage, PointPart(), lookup: { _ in snapshot })
      let recent = exact.filter { (500..<750).contains($0.point.id.number ?? 0) }
      outside += recent.count
      for hit in recent { found += fast.contains { $0.point.id == hit.point.id && abs($0.score - hit.score) < 1e-4 } ? 1 : 0 }
    }
    #expect(outside > 20 && found == outside, "\(found) of \(outside)")
  }
}

extension PointID {
  fileprivate var number: UInt64? { if case .number(let number) = self { number } else { nil } }
}
