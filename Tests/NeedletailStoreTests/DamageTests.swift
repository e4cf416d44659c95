import Foundation
import GRDB
import NeedletailCore
import NeedletailNumerics
import NeedletailStore
import Testing

@Suite struct DamageTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func open(_ access: Access = .create(.exact())) throws -> DocumentCollection {
    try DocumentCollection.open("test", in: directory.data, access: access, minimumSegmentRows: 16, maximumDeltaRows: 1_000)
  }

  /// A settled collection with one segment and some deletions, and what a search finds in it.
  private func prepare() async throws -> [ScoredPassage] {
    let collection = try open()
    try await collection.write(sampleDocuments(60))
    try await collection.settle()
    try await collection.remove(documents: ["doc-1", "doc-2"])
    let found = try search(collection)
    await collection.close()
    return found
  }

  private func search(_ collection: DocumentCollection) throws -> [ScoredPassage] {
    try collection.snapshot().nearest(to: Array(repeating: 0.5, count: 8), limit: 1_000) + collection.snapshot().lexical("alpha beta", limit: 1_000)
  }

  @Test(arguments: ["dense", "lexical"], ["missing", "empty", "truncated", "longer", "first byte", "middle bit", "last bit", "another file"])
  func aDamagedIndexFileIsSetAsideAndBuiltAgain(kind: String, damage: String) async throws {
    let expected = try await prepare()
    let name = try #require(directory.indexFiles().first { $0.hasSuffix(kind) })
    let path = "\(directory.indexFolder())/\(name)"
    try inflict(damage, on: path)
    let collection = try open()
    #expect(collection.notices.count == 1)
    #expect(collection.notices.first?.contains(name) == true)
    // It is found at once, before anything is built.
    try expectAlike(try search(collection), expected)
    try await collection.settle()
    try expectAlike(try search(collection), expected)
    #expect(directory.indexFiles().contains("\(name).damaged") == (damage != "missing"))
    #expect(try collection.snapshot().statistics().segments.allSatisfy { $0.bytes > 0 })
    await collection.close()
    let again = try open()
    #expect(again.notices.isEmpty)
    try expectAlike(try search(again), expected)
    await again.close()
  }

  /// Lexical scores shift a little when removed passages leave the statistics; which passages are found does not.
  private func expectAlike(_ found: [ScoredPassage], _ expected: [ScoredPassage]) throws {
    #expect(found.map(\.id).sorted() == expected.map(\.id).sorted())
  }

  private func inflict(_ damage: String, on path: String) throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    switch damage {
    case "missing": return try FileManager.default.removeItem(atPath: path)
    case "empty": bytes = Data()
    case "truncated": bytes.removeLast(bytes.count / 3)
    case "longer": bytes += [0]
    case "first byte": bytes[0] ^= 0xFF
    case "middle bit": bytes[bytes.count / 2] ^= 0x10
    case "last bit": bytes[bytes.count - 1] ^= 1
    default:
      let other = directory.indexFiles().first { !path.hasSuffix($0) }
      bytes = try Data(contentsOf: URL(fileURLWithPath: "\(directory.indexFolder())/\(try #require(other))"))
    }
    try bytes.write(to: URL(fileURLWithPath: path))
  }

  @Test func deletingTheWholeIndexFolderCostsOnlyTime() async throws {
    let expected = try await prepare()
    try FileManager.default.removeItem(atPath: directory.indexFolder())
    // A process that only reads searches in memory.
    let reader = try open(.read)
    try expectAlike(try search(reader), expected)
    #expect(reader.notices.count == 1)
    let collection = try open()
    try expectAlike(try search(collection), expected)
    try await collection.settle()
    #expect(directory.indexFiles().count == 2)
    try expectAlike(try search(collection), expected)
    try expectAlike(try search(reader), expected)
    await collection.close()
    await reader.close()
  }

  @Test func remainsOfInterruptedBuildsAreDeleted() async throws {
    _ = try await prepare()
    for name in ["99.dense", "99.lexical.partial", "98.dense.partial", "1.dense.damaged", "notes.txt"] {
      try Data("x".utf8).write(to: URL(fileURLWithPath: "\(directory.indexFolder())/\(name)"))
    }
    let reader = try open(.read)
    #expect(directory.indexFiles().contains("99.dense"))
    await reader.close()
    let collection = try open()
    #expect(directory.indexFiles() == ["1.dense", "1.dense.damaged", "1.lexical", "notes.txt"])
    await collection.close()
  }

  @Test func replacedFilesGoWhenTheLastSnapshotLetsGo() async throws {
    let collection = try open()
    try await collection.write(sampleDocuments(40))
    try await collection.settle()
    #expect(directory.indexFiles() == ["1.dense", "1.lexical"])
    var old: Snapshot? = try collection.snapshot()
    try await collection.write(sampleDocuments(40, seed: 2))
    try await collection.settle()
    #expect(directory.indexFiles().contains("1.dense"))
    #expect(try old?.nearest(to: Array(repeating: 1, count: 8), limit: 100).count == 60)
    old = nil
    #expect(!directory.indexFiles().contains("1.dense"))
    await collection.close()
  }

  @Test func aDamagedDatabaseSaysWhatToDo() async throws {
    _ = try await prepare()
    let path = "\(directory.path)/collections/test/collection.sqlite"
    let sound = try Data(contentsOf: URL(fileURLWithPath: path))
    for damage in [Data(repeating: 0x55, count: 4_096), Data("not a database at all".utf8) + Data(repeating: 0, count: 5_000)] {
      var bytes = sound
      bytes.replaceSubrange(0..<min(damage.count, bytes.count), with: damage)
      try bytes.write(to: URL(fileURLWithPath: path))
      for access in [Access.read, .write] {
        #expect { _ = try open(access) } throws: { error in
          guard let error = error as? StoreError else { return false }
          return error.category == .corrupted && error.description.contains("backup")
        }
      }
    }
    try sound.write(to: URL(fileURLWithPath: path))
    let collection = try open()
    #expect(try collection.check().isEmpty)
    await collection.close()
  }

  @Test func aNewerFormatIsRefusedClearly() async throws {
    _ = try await prepare()
    let path = "\(directory.path)/collections/test/collection.sqlite"
    let queue = try DatabaseQueue(path: path)
    try await queue.write { db in try db.execute(sql: "PRAGMA user_version = 99") }
    try queue.close()
    for access in [Access.read, .write] {
      #expect(throws: StoreError.madeByNewerVersion(path: path, found: 99, supported: 2)) { _ = try open(access) }
    }
  }

  @Test func aFullDiskLosesNothingAcknowledged() async throws {
    let collection = try open()
    try await collection.write(sampleDocuments(20))
    try await collection.limitDatabase(toPages: 1)
    var generator = SeededGenerator(seed: 4)
    let large = DocumentWrite("large", [String(repeating: "word ", count: 200_000)], using: &generator)
    await #expect { try await collection.write([large]) } throws: { error in
      guard case .diskFull? = error as? StoreError else { return false }
      return true
    }
    #expect(try collection.snapshot().documentCount == 20)
    #expect(try collection.snapshot().nearest(to: Array(repeating: 1, count: 8), limit: 100).count == 30)
    #expect(try collection.check().isEmpty)
    try await collection.limitDatabase(toPages: 0)
    try await collection.write([large])
    #expect(try collection.snapshot().documentCount == 21)
    #expect(try collection.check().isEmpty)
    await collection.close()
  }

  @Test func anIndexFolderThatCannotBeWrittenStopsIndexingOnly() async throws {
    let collection = try open()
    try FileManager.default.removeItem(atPath: directory.indexFolder())
    try Data().write(to: URL(fileURLWithPath: directory.indexFolder()))
    try await collection.write(sampleDocuments(40))
    await #expect(throws: StoreError.self) { try await collection.settle() }
    #expect(try collection.snapshot().nearest(to: Array(repeating: 1, count: 8), limit: 100).count == 60)
    try FileManager.default.removeItem(atPath: directory.indexFolder())
    try FileManager.default.createDirectory(atPath: directory.indexFolder(), withIntermediateDirectories: true)
    try await collection.settle()
    #expect(directory.indexFiles().count == 2)
    #expect(try collection.snapshot().nearest(to: Array(repeating: 1, count: 8), limit: 100).count == 60)
    await collection.close()
  }
}
