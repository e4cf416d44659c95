import Foundation
import NeedletailCore
import NeedletailPoints
import NeedletailStore
import Testing

@Suite struct PointCollectionTests {
  private var settings: PointCollectionSettings {
    PointCollectionSettings(
      vectors: ["d": .dense(3, .cosine), "s": VectorSettings(sparse: [:]), "m": VectorSettings(dense: ["size": 2, "distance": "Dot", "multivector_config": ["comparator": "max_sim"]])!],
      hasUnnamedVector: false)
  }

  private func everything(_ collection: PointCollection) -> [String] {
    collection.snapshot().scroll(nil, from: nil, limit: 10_000, PointPart(payload: .all, vectors: .all)).points.map { point in
      var writer = JSONWriter()
      writer.payload(point.payload ?? [:])
      for (name, vector) in (point.vectors ?? [:]).sorted(by: { $0.key < $1.key }) {
        writer.string(name)
        vector.write(&writer)
      }
      return "\(point.id) \(point.version) \(writer.text)"
    }
  }

  @Test func isTheSameAfterReopening() async throws {
    let place = PointPlace()
    let library = try place.library()
    let collection = try library.create("a/ä ?", settings)
    var random = RandomPayloads(seed: 3)
    let ids: [PointID] = (UInt64(0)..<300).map { (number: UInt64) -> PointID in
      number % 3 == 0 ? .uuid(number << 60, number) : .number(UInt64.max - number)
    }
    for round in 0..<4 {
      try await collection.apply(
        .upsert(ids.shuffled().prefix(120).map { id in
          var vectors: NamedVectors = ["d": .dense([1, Float(round), 2])]
          if Bool.random() { vectors["s"] = .sparse(SparsePointVector(indices: [9, 2], values: [0.5, 1])) }
          if Bool.random() { vectors["m"] = .multi(DenseVectors(dimension: 2, values: [1, 2, 3, 4])) }
          return PointWrite(id: id, vectors: vectors, payload: random.payload())
        }))
      try await collection.apply(.delete(.ids(Array(ids.shuffled().prefix(20)))))
      try await collection.apply(.deleteVectors(.filter(PointFilter(must: [.vector("s")])), names: ["m"]))
    }
    try await collection.createIndex(on: "a", PayloadIndex(kind: .keyword))
    try await collection.addVector("late", .dense(2, .dot))
    try await collection.removeVector("s")
    let before = everything(collection)
    library.close()
    let again = try place.library()
    defer { again.close() }
    let reopened = try again.collection("a/ä ?")
    #expect(everything(reopened) == before)
    #expect(reopened.snapshot().settings == collection.snapshot().settings)
    #expect(reopened.snapshot().operation == collection.snapshot().operation)
    #expect(before.count > 100)
  }

  @Test func aFailingChangeHasNoEffect() async throws {
    let place = PointPlace()
    let library = try place.library()
    defer { library.close() }
    let collection = try library.create("c", settings)
    try await collection.apply(.upsert([PointWrite(id: .number(1), vectors: ["d": .dense([1, 2, 3])])]))
    let before = everything(collection)
    let bad: [NamedVectors] = [
      ["d": .dense([1, 2])], ["x": .dense([1, 2, 3])], ["d": .sparse(SparsePointVector(indices: [], values: []))], ["s": .dense([1])], ["d": .dense([1, .nan, 3])],
      ["m": .multi(DenseVectors(dimension: 3, values: [1, 2, 3]))],
    ]
    for vectors in bad {
      await #expect(throws: PointError.self) {
        try await collection.apply(.upsert([PointWrite(id: .number(1)), PointWrite(id: .number(2), vectors: vectors)]))
      }
    }
    #expect(everything(collection) == before)
  }

  @Test func manyWritersAtOnceLoseNothing() async throws {
    let place = PointPlace()
    let library = try place.library()
    let collection = try library.create("c", settings)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<16 {
        group.addTask {
          for number in 0..<25 { try await collection.apply(.upsert([PointWrite(id: .number(UInt64(writer * 100 + number)))])) }
        }
      }
      try await group.waitForAll()
    }
    #expect(collection.snapshot().operation == 400)
    library.close()
    let again = try place.library()
    defer { again.close() }
    #expect(try again.collection("c").snapshot().count == 400)
  }

  @Test func oneProcessAtATimeHasThemOpen() throws {
    let place = PointPlace()
    let library = try place.library()
    #expect(throws: StoreError.self) { try place.library() }
    library.close()
    try place.library().close()
  }

  @Test func conditionsAndModesDecideWhatAnUpsertTouches() async throws {
    let place = PointPlace()
    let library = try place.library()
    defer { library.close() }
    let collection = try library.create("c", settings)
    func payload(_ id: UInt64) -> Payload? { collection.snapshot().points([.number(id)], PointPart(payload: .all)).first?.payload }
    func write(_ id: UInt64, _ value: Int64) -> PointWrite { PointWrite(id: .number(id), payload: ["v": .integer(value)]) }
    try await collection.apply(.upsert([write(1, 1)]))
    try await collection.apply(.upsert([write(1, 2), write(2, 2)], mode: .insertOnly))
    #expect(payload(1) == ["v": 1])
    #expect(payload(2) == ["v": 2])
    try await collection.apply(.upsert([write(1, 3), write(3, 3)], mode: .updateOnly))
    #expect(payload(1) == ["v": 3])
    #expect(payload(3) == nil)
    try await collection.apply(.upsert([write(1, 4), write(2, 4)], condition: PointFilter(must: [.field(PayloadPath("v")!, .range(Bounds(below: 3)))])))
    #expect(payload(1) == ["v": 3])
    #expect(payload(2) == ["v": 4])
  }

  @Test func aliasesChangeTogetherOrNotAtAll() async throws {
    let place = PointPlace()
    let library = try place.library()
    try library.create("a", settings)
    try library.create("b", settings)
    try library.change([.create(alias: "prod", collection: "a")])
    #expect(throws: PointError.self) { try library.change([.delete(alias: "prod"), .create(alias: "x", collection: "missing")]) }
    #expect(library.aliases == ["prod": "a"])
    try library.change([.delete(alias: "prod"), .create(alias: "prod", collection: "b"), .rename(old: "prod", new: "live")])
    #expect(try library.collection("live").name == "b")
    #expect(throws: PointError.exists("Collection `a` already exists!")) { try library.change([.create(alias: "a", collection: "b")]) }
    library.close()
    let again = try place.library()
    defer { again.close() }
    #expect(again.aliases == ["live": "b"])
    #expect(try again.remove("b"))
    #expect(again.aliases.isEmpty)
    #expect(try !again.remove("b"))
  }

  @Test func aDamagedGraphIsBuiltAgain() async throws {
    let place = PointPlace()
    var library = try place.library()
    let options: Payload = ["optimizers_config": ["indexing_threshold": 20]]
    let collection = try library.create("c", PointCollectionSettings(vectors: ["": .dense(4, .dot)], hasUnnamedVector: true, options: options))
    try await collection.apply(.upsert((0..<5_000).map { PointWrite(id: .number($0), vectors: ["": .dense([Float($0), 1, 2, 3])]) }))
    await collection.settle()
    library.close()
    let folder = try place.collectionFolder() + "/indexes"
    let file = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
    try Data("no index".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(file)"))
    library = try place.library()
    defer { library.close() }
    let reopened = try library.collection("c")
    #expect(reopened.notices.count == 1)
    await reopened.settle()
    #expect(reopened.snapshot().indexedVectorCount == 5_000)
  }

  @Test func aSnapshotRestoresWhatWasThere() async throws {
    let place = PointPlace()
    let library = try place.library()
    defer { library.close() }
    let collection = try library.create("c", settings)
    try await collection.apply(.upsert([PointWrite(id: .number(1), vectors: ["d": .dense([1, 2, 3])], payload: ["a": 1])]))
    let file = try library.createSnapshot(of: "c")
    try await collection.apply(.delete(.ids([.number(1)])))
    #expect(throws: PointError.self) { try library.restore("c", from: file.path, checksum: String(repeating: "0", count: 64)) }
    #expect(try library.collection("c").snapshot().count == 0)
    try library.restore("copy", from: file.path, checksum: file.checksum)
    #expect(try library.collection("copy").snapshot().count == 1)
    try library.restore("c", from: file.path)
    #expect(try library.collection("c").snapshot().count == 1)
    #expect(throws: PointError.self) { try library.snapshot("../collection.sqlite", of: "c") }
  }

  @Test func whatIsDamagedIsLeftOutAndTheRestServes() async throws {
    let place = PointPlace()
    var library = try place.library()
    try library.create("bad", settings)
    library.close()
    let folder = try place.collectionFolder()
    library = try place.library()
    try library.create("good", settings)
    library.close()
    try Data(repeating: 7, count: 5_000).write(to: URL(fileURLWithPath: folder + "/collection.sqlite"))
    library = try place.library()
    defer { library.close() }
    #expect(library.names == ["good"])
    #expect(library.notices.count == 1)
    // Whoever asks for it learns why it is not there, and may make it anew.
    let error = #expect(throws: PointError.self) { try library.collection("bad") }
    #expect(error?.category == .corrupted)
    try library.create("bad", settings)
    #expect(try library.collection("bad").snapshot().count == 0)
  }

  @Test func ofTwoFoldersOfOneCollectionTheNewerCounts() async throws {
    let place = PointPlace()
    var library = try place.library()
    try await library.create("c", settings).apply(.upsert([PointWrite(id: .number(1))]))
    library.close()
    // What a loss of power leaves between putting a copy in place and removing what it replaces, and while it is copied.
    let folder = place.data.path + "/points/"
    for copy in ["9-c", "10-c", "11-c.partial"] { try FileManager.default.copyItem(atPath: folder + "1-c", toPath: folder + copy) }
    library = try place.library()
    try await library.collection("c").apply(.upsert([PointWrite(id: .number(2))]))
    library.close()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix("-c") || $0.hasSuffix(".partial") } == ["10-c"])
    library = try place.library()
    defer { library.close() }
    #expect(library.names == ["c"])
    #expect(try library.collection("c").snapshot().count == 2)
  }

  /// A file of the first version opens with all that is in it, for writing and where nothing may be written.
  @Test(arguments: [false, true]) func opensFilesOfEarlierVersions(isReadOnly: Bool) async throws {
    let place = PointPlace()
    let folder = place.data.path + "/points/1-old"
    let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/version1.sqlite").path
    try FileManager.default.createDirectory(atPath: folder + "/indexes", withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: fixture, toPath: folder + "/collection.sqlite")
    if isReadOnly {
      // The superuser may write everywhere; only others see what the permissions say.
      guard getuid() != 0 else {
        print("skipped: files are never read-only for the superuser")
        return
      }
      for path in [folder + "/collection.sqlite", folder, place.data.path + "/points"] {
        try FileManager.default.setAttributes([.posixPermissions: path.hasSuffix("sqlite") ? 0o444 : 0o555], ofItemAtPath: path)
      }
    }
    defer { for path in [place.data.path + "/points", folder] { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path) } }
    let library = try place.library()
    defer { library.close() }
    let collection = try library.collection("old")
    let points = collection.snapshot().scroll(nil, from: nil, limit: 10, PointPart(payload: .all, vectors: .all)).points
    #expect(points.map(\.id) == [.number(1), .uuid(0, 9)])
    #expect(points.first?.payload == ["city": "Berlin", "n": [1, 2.5, nil]])
    #expect(points.first?.vectors?["m"] == .multi(DenseVectors(dimension: 2, values: [1, 2, 3, 4])))
    #expect(points.first?.vectors?["s"] == .sparse(SparsePointVector(indices: [3, 9], values: [0.5, 1])))
    #expect(collection.snapshot().settings.indexes["city"]?.kind == .keyword)
    if isReadOnly {
      await #expect(throws: PointError.self) { try await collection.apply(.delete(.ids([.number(1)]))) }
      #expect(throws: PointError.self) { try library.remove("old") }
      #expect(library.notices.count == 1)
    } else {
      try await collection.apply(.delete(.ids([.number(1)])))
      #expect(collection.snapshot().count == 1 && library.notices.isEmpty)
    }
  }
}
