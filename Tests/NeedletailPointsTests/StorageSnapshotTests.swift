import Foundation
import NeedletailCore
import NeedletailNumerics
import NeedletailPoints
import NeedletailStore
import Testing

@Suite struct StorageSnapshotTests {
  private func filled(_ place: PointPlace) async throws -> PointLibrary {
    let library = try place.library()
    for name in ["a", "b/ä"] {
      let collection = try library.create(name, PointCollectionSettings(vectors: ["": .dense(2, .dot)], hasUnnamedVector: true))
      try await collection.apply(.upsert([PointWrite(id: .number(1), vectors: ["": .dense([1, 2])], payload: ["name": .string(name)])]))
    }
    try library.change([.create(alias: "other", collection: "b/ä")])
    return library
  }

  @Test func everythingComesBackInAnEmptyServer() async throws {
    let (place, other) = (PointPlace(), PointPlace())
    let library = try await filled(place)
    defer { library.close() }
    let file = try library.createStorageSnapshot()
    #expect(library.storageSnapshots == [file])
    #expect(try library.snapshots(of: "a").isEmpty)
    let empty = try other.library()
    defer { empty.close() }
    try empty.restoreStorage(from: file.path)
    #expect(empty.names == ["a", "b/ä"] && empty.aliases == ["other": "b/ä"])
    #expect(try empty.collection("other").snapshot().points([.number(1)], PointPart(payload: .all)).first?.payload == ["name": "b/ä"])
    // What is there is replaced only where that is asked for.
    try await empty.collection("a").apply(.delete(.ids([.number(1)])))
    #expect(throws: PointError.exists("Collection `a` already exists!")) { try empty.restoreStorage(from: file.path) }
    #expect(try empty.collection("a").snapshot().count == 0)
    try empty.restoreStorage(from: file.path, replacing: true)
    #expect(try empty.collection("a").snapshot().count == 1)
    try library.removeStorageSnapshot(file.name)
    #expect(library.storageSnapshots.isEmpty)
  }

  /// Copies that are made at once, within the same second, do not take one another's place.
  @Test func copiesMadeAtOnceAreAllThere() async throws {
    let place = PointPlace()
    let library = try await filled(place)
    defer { library.close() }
    let paths = try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<12 { group.addTask { try number % 2 == 0 ? library.createStorageSnapshot().path : library.createSnapshot(of: "a").path } }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(paths.count == 12 && paths.allSatisfy(FileManager.default.fileExists))
    #expect(try library.storageSnapshots.count == 6 && library.snapshots(of: "a").count == 6)
  }

  @Test(arguments: ["../aliases.json", "full-snapshot-/../../x.snapshot", "x.snapshot", "full-snapshot-x"]) func namesLeadNowhereElse(name: String) async throws {
    let place = PointPlace()
    let library = try await filled(place)
    defer { library.close() }
    #expect(throws: PointError.self) { try library.storageSnapshot(name) }
    #expect(throws: PointError.self) { try library.removeStorageSnapshot(name) }
  }

  /// Cut off and altered archives are refused, or what they restore can be read.
  @Test func hostileArchivesAreRefused() async throws {
    let (place, other) = (PointPlace(), PointPlace())
    let library = try await filled(place)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: try library.createStorageSnapshot().path)))
    library.close()
    let empty = try other.library()
    defer { empty.close() }
    var random = SeededGenerator(seed: 4)
    let path = other.data.path + "/hostile"
    var refused = 0
    for round in 0..<60 {
      var hostile = bytes
      if round % 3 == 0 { hostile.removeLast(Int.random(in: 1..<bytes.count, using: &random)) }
      // Headers and the description are what decides.
      for _ in 0..<(round % 3 == 0 ? 0 : 1 + round % 4) { hostile[Int.random(in: 0..<1_600, using: &random)] ^= UInt8.random(in: 1...255, using: &random) }
      try Data(hostile).write(to: URL(fileURLWithPath: path))
      do {
        try empty.restoreStorage(from: path, replacing: true)
        for name in empty.names { _ = try empty.collection(name).snapshot().count }
      } catch {
        refused += 1
      }
    }
    #expect(refused > 30, "\(refused)")
    let outside = try FileManager.default.contentsOfDirectory(atPath: other.data.path)
    #expect(Set(outside) == ["points", "hostile"])
  }
}
