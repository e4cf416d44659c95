import Foundation
import NeedletailCore
import NeedletailNumerics
import NeedletailPoints
import Testing

/// A collection takes no more memory than it may, says what it takes, and gives back what it needs no more.
@Suite struct MemoryTests {
  private func settings(_ size: Int, budget: Int? = nil) -> PointCollectionSettings {
    var options: Payload = ["optimizers_config": ["indexing_threshold": 50]]
    if let budget { options["memory_config"] = ["max_resident_mb": .integer(Int64(budget))] }
    return PointCollectionSettings(vectors: ["": .dense(size, .dot)], hasUnnamedVector: true, options: options)
  }

  private func points(_ ids: some Sequence<UInt64>, _ size: Int, _ random: inout SeededGenerator) -> [PointWrite] {
    ids.map { id in
      PointWrite(id: .number(id), vectors: ["": .dense((0..<size).map { _ in random.normalFloat() })], payload: ["n": .integer(Int64(id)), "t": .string("text of \(id), long")])
    }
  }

  /// What is counted while points come, change and go is what is counted when they are read again.
  @Test func countsPayloadAndLooseVectorsAsTheyAre() async throws {
    let place = PointPlace()
    var library = try place.library()
    var payloads = RandomPayloads(seed: 3)
    let vectors: [String: VectorSettings] = ["s": VectorSettings(sparse: [:])]
    var collection = try library.create("c", PointCollectionSettings(vectors: vectors, hasUnnamedVector: false))
    func write() -> PointWrite {
      let indices = (0..<UInt32.random(in: 1...9, using: &payloads.random)).map { $0 }
      let vector = SparsePointVector(indices: indices, values: indices.map { Float($0) })
      return PointWrite(id: .number(.random(in: 0..<600, using: &payloads.random)), vectors: ["s": .sparse(vector)], payload: payloads.payload())
    }
    for round in 0..<60 {
      try await collection.apply(.upsert((0..<20).map { _ in write() }))
      let ids = (0..<6).map { _ in PointID.number(.random(in: 0..<600, using: &payloads.random)) }.filter { !collection.snapshot().points([$0], PointPart()).isEmpty }
      switch round % 3 {
      case 0: try await collection.apply(.delete(.ids(ids)))
      case 1: try await collection.apply(.setPayload(payloads.payload(), .ids(ids)))
      default: try await collection.apply(.deleteVectors(.ids(ids), names: ["s"]))
      }
    }
    let before = collection.memory
    func check() {
      let snapshot = collection.snapshot()
      #expect(snapshot.residentBytes == snapshot.memory.resident)
    }
    check()
    library.close()
    library = try place.library()
    defer { library.close() }
    collection = try library.collection("c")
    #expect(before.payload > 0 && before.vectors > 0)
    check()
    #expect(collection.memory.payload == before.payload && collection.memory.vectors == before.vectors)
  }

  /// A budget refuses what does not fit, with a reason, and takes it once there is room.
  @Test func refusesWhatDoesNotFit() async throws {
    let place = PointPlace()
    let library = try place.library()
    defer { library.close() }
    let collection = try library.create("c", settings(64, budget: 4))
    var random = SeededGenerator(seed: 1)
    var written: UInt64 = 0
    var refusal: PointError?
    while refusal == nil, written < 40_000 {
      do throws(PointError) {
        try await collection.apply(.upsert(points(written..<written + 500, 64, &random)))
        written += 500
      } catch {
        refusal = error
      }
      #expect(collection.memory.resident <= 4 << 20)
    }
    #expect(refusal?.description.contains("Memory budget reached") == true && refusal?.description.contains("max_resident_mb") == true)
    #expect(written > 1_000 && collection.memory.budget == 4 << 20)
    // Changes that take nothing more are taken, and so are points once others are gone.
    try await collection.apply(.upsert(points(0..<1, 64, &random)))
    try await collection.apply(.delete(.ids((0..<written / 2).map { .number($0) })))
    await collection.settle()
    try await collection.apply(.upsert(points(written..<written + 500, 64, &random)))
    // A larger budget takes effect at once.
    try await collection.update(options: ["memory_config": ["max_resident_mb": 64]])
    try await collection.apply(.upsert(points(written..<written + 9_000, 64, &random)))
  }

  /// Payload and vectors of points that exist are counted as new points are; what is replaced, or not touched, is not.
  @Test func refusesChangesThatDoNotFit() async throws {
    let place = PointPlace()
    let library = try place.library()
    defer { library.close() }
    let collection = try library.create("c", settings(8, budget: 4))
    var random = SeededGenerator(seed: 6)
    let all = points(0..<1_000, 8, &random)
    try await collection.apply(.upsert(all))
    try await collection.addVector("s", VectorSettings(sparse: [:]))
    let long: Payload = ["text": .string(String(repeating: "x", count: 8_192))]
    func sparse(_ count: UInt32) -> NamedVectors { ["s": .sparse(SparsePointVector(indices: Array(0..<count), values: (0..<count).map { Float($0) }))] }
    func isTaken(_ operation: PointOperation) async -> Bool {
      do throws(PointError) {
        try await collection.apply(operation)
        return true
      } catch {
        #expect(error.description.contains("Memory budget reached"))
        return false
      }
    }
    // 8 MB each: more than all there is
    #expect(await !isTaken(.setPayload(long, .filter(PointFilter()))))
    #expect(await !isTaken(.overwritePayload(long, .filter(PointFilter()))))
    #expect(await !isTaken(.updateVectors((0..<1_000).map { PointWrite(id: .number($0), vectors: sparse(1_000)) })))
    #expect(await !isTaken(.upsert(all.map { PointWrite(id: $0.id, vectors: $0.vectors.merging(sparse(1_000)) { $1 }, payload: $0.payload) })))
    var taken: UInt64 = 0
    while taken < 1_000, await isTaken(.setPayload(long, .ids((taken..<taken + 50).map { .number($0) }))) {
      taken += 50
      #expect(collection.memory.resident <= 4 << 20)
    }
    #expect(taken >= 100 && taken < 500)
    // twice as much as there is not room for
    let last = (900..<1_000).map { PointWrite(id: .number(UInt64($0)), vectors: all[$0].vectors, payload: long) }
    #expect(await !isTaken(.upsert(last)))
    #expect(await isTaken(.upsert(last, mode: .insertOnly)), "they exist: nothing is changed")
    #expect(collection.snapshot().points([.number(900)], PointPart(payload: .all)).first?.payload == all[900].payload)
    #expect(await isTaken(.upsert((0..<50).map { PointWrite(id: .number(UInt64($0)), vectors: all[$0].vectors, payload: long) })), "less than there was")
    #expect(await isTaken(.updateVectors(all.map { PointWrite(id: $0.id, vectors: $0.vectors) })), "as much as there was")
  }

  /// Under a budget each graph is as large as the memory that is left allows while it is built; then it is in a mapped file.
  @Test func buildsGraphsInPartsThatFit() async throws {
    let place = PointPlace()
    let library = try PointLibrary(place.data, memoryBudget: 10 << 20)
    defer { library.close() }
    let collection = try library.create("c", settings(8))
    var random = SeededGenerator(seed: 2)
    for start in stride(from: UInt64(0), to: 14_000, by: 2_000) { try await collection.apply(.upsert(points(start..<start + 2_000, 8, &random))) }
    await collection.settle()
    let memory = collection.memory
    let files = try FileManager.default.contentsOfDirectory(atPath: try place.collectionFolder() + "/indexes")
    #expect(files.count >= 2, "one graph over all would have needed 15 MB")
    #expect(memory.mappedGraphs > 0 && memory.graphs <= 4 * 14_000 && memory.resident < 10 << 20)
    #expect(collection.snapshot().indexedVectorCount >= 14_000 - 2_048 && collection.notices.isEmpty)
    #if os(Linux)
      // pages come into memory when they are read
      let snapshot = collection.snapshot()
      for _ in 0..<20 {
        let vector = VectorValue.dense((0..<8).map { _ in random.normalFloat() })
        _ = try snapshot.query(QueryStage(query: .nearest(.value(vector)), limit: 10), PointPart(), lookup: { _ in snapshot })
      }
      #expect(collection.memory.mappedResident > 0)
    #endif
  }

  /// The rule behind it: no graph is larger than may be, each is about some new rows, and at last all rows are in one.
  @Test(arguments: [2_048, 5_000, 50_000]) func coversEverythingInStepsOfALimitedSize(limit: Int) {
    var random = SeededGenerator(seed: UInt64(limit))
    var graphs: [GraphPolicy.Size] = []
    var uncovered = 0, count = 0, number = 0
    for _ in 0..<40 {
      let added = Int.random(in: 1...9_000, using: &random)
      uncovered += added
      count += added
      var steps = 0
      while let replaced = GraphPolicy.replaced(uncovered: uncovered, count: count, graphs: graphs, rowLimit: limit) {
        let all = uncovered + graphs.filter { replaced.contains($0.number) }.reduce(0) { $0 + $1.current }
        let rows = min(all, limit)
        #expect(all - rows <= uncovered, "a graph is given up for others than its own rows")
        graphs.removeAll { replaced.contains($0.number) }
        number += 1
        graphs.append(GraphPolicy.Size(number: number, rows: rows, current: rows))
        uncovered = all - rows
        steps += 1
        guard steps < 1_000 else {
          Issue.record("it never ends")
          return
        }
      }
      #expect(uncovered <= GraphPolicy.largestUncoveredCount && graphs.allSatisfy { $0.rows <= limit })
    }
  }

  /// Rows whose points are gone are closed up a block at a time; what is left is as it was, also after reopening.
  @Test func closesUpWhatIsEmpty() async throws {
    let place = PointPlace()
    var library = try place.library()
    var collection = try library.create("c", settings(8))
    var random = SeededGenerator(seed: 4)
    let all = points(0..<9_000, 8, &random)
    try await collection.apply(.upsert(all))
    await collection.settle()
    let before = collection.memory
    let kept = Set((0..<9_000).filter { _ in Int.random(in: 0..<5, using: &random) == 0 }.map { UInt64($0) })
    /// A filter asks only for rows that there are, whatever rows of blocks that are gone a graph still has.
    func checkFilter(_ isThere: (UInt64) -> Bool) throws {
      let snapshot = collection.snapshot()
      let allowed = Set((0..<4_500).filter(isThere).map { PointID.number($0) })
      var found = 0
      for id in kept.sorted().prefix(20) {
        var stage = QueryStage(query: .nearest(.value(try #require(all[Int(id)].vectors[""]))), limit: 5)
        stage.filter = PointFilter(must: [.field(try #require(PayloadPath("n")), .range(Bounds(below: 4_500)))])
        let hits = try snapshot.query(stage, PointPart(), lookup: { _ in snapshot })
        #expect(hits.count == 5 && hits.allSatisfy { allowed.contains($0.point.id) })
        stage.parameters.isExact = true
        if try hits.first?.point.id == snapshot.query(stage, PointPart(), lookup: { _ in snapshot }).first?.point.id { found += 1 }
      }
      #expect(found >= 18, "\(found) of 20")
    }
    // So few go that the graph over all of them stays when the last blocks are given up.
    func goesFirst(_ id: UInt64) -> Bool { id % 8 < 3 && !kept.contains(id) }
    try await collection.apply(.delete(.ids((0..<9_000).filter(goesFirst).map { .number($0) })))
    await collection.settle()
    #expect(collection.memory.points < before.points)
    try checkFilter { !goesFirst($0) }
    library.close()
    library = try place.library()
    collection = try library.collection("c")
    try checkFilter { !goesFirst($0) }
    try await collection.apply(.delete(.ids((0..<9_000).filter { !kept.contains($0) }.map { .number($0) })))
    await collection.settle()
    let after = collection.memory
    #expect(after.vectors < before.vectors / 2 && after.points < before.points / 2, "\(after.vectors) of \(before.vectors)")
    func check() throws {
      let snapshot = collection.snapshot()
      #expect(snapshot.count == kept.count && snapshot.residentBytes == snapshot.memory.resident)
      for id in kept {
        let point = try #require(snapshot.points([.number(id)], PointPart(payload: .all, vectors: .all)).first)
        #expect(point.payload == all[Int(id)].payload && point.vectors == all[Int(id)].vectors)
      }
      for id in kept.sorted().prefix(20) {
        let stage = QueryStage(query: .nearest(.value(try #require(all[Int(id)].vectors[""]))), limit: 5)
        let found = try snapshot.query(stage, PointPart(), lookup: { _ in snapshot })
        var exact = stage
        exact.parameters.isExact = true
        #expect(try found.first?.point.id == snapshot.query(exact, PointPart(), lookup: { _ in snapshot }).first?.point.id)
      }
    }
    try check()
    try checkFilter(kept.contains)
    library.close()
    library = try place.library()
    defer { library.close() }
    collection = try library.collection("c")
    #expect(collection.notices.isEmpty)
    try check()
    try checkFilter(kept.contains)
  }
}
