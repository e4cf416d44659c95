import Foundation
import GRDB
import NeedletailCore
import NeedletailNumerics
import NeedletailStore
import Testing

@Suite struct CollectionTests {
  @Test func whatWasWrittenIsFoundAndReadBack() async throws {
    let directory = try TemporaryDirectory()
    let collection = try DocumentCollection.open("test", in: directory.data, access: .create(.exact()))
    var generator = SeededGenerator(seed: 1)
    let payload: Payload = ["path": "a/b.md", "deep": .object(["x": [1, .number(2.5), nil, true]]), "big": .integer(.max), "nul": "a\0b"]
    let write = DocumentWrite("a/b.md", ["Grüße\0 an 🦡", "second"], payload: payload, root: "/a", using: &generator)
    let before = Date()
    try await collection.write([write])
    let after = Date()
    let snapshot = try collection.snapshot()
    #expect(snapshot.documentCount == 1)
    #expect(snapshot.passageCount == 2)
    let stored = try #require(try snapshot.document("a/b.md"))
    #expect(stored.document == write.document)
    #expect(stored.root == "/a")
    #expect(stored.fingerprint == write.fingerprint)
    #expect(stored.passages.map(\.passage) == write.passages)
    // times are kept to the millisecond or the second
    #expect((before - 1...after + 1).contains(stored.indexedAt))
    let ids = stored.passages.map(\.id)
    let passages = try snapshot.passages([ids[1], 999, ids[0]])
    #expect(passages.map(\.text) == ["second", "Grüße\0 an 🦡"])
    #expect(passages.map(\.passage) == [write.passages[1], write.passages[0]])
    #expect(passages[0].document == "a/b.md" && passages[0].title == write.document.title && passages[0].payload == payload)
    let vectors = try snapshot.vectors(ofDocument: "a/b.md")
    #expect(vectors.ids == ids)
    #expect(vectors.vectors == write.vectors)
    #expect(try snapshot.nearest(to: Array(vectors.vectors[1]), limit: 2).map(\.id).contains(ids[1]))
    #expect(try snapshot.document("nothing") == nil)
    #expect(try snapshot.vectors(ofDocument: "nothing").ids.isEmpty)
    #expect(try snapshot.documents(limit: 5).map(\.passageCount) == [2])
    #expect(try collection.check().isEmpty)
    await collection.close()
  }

  @Test func replacedAndRemovedDocumentsVanishAtOnce() async throws {
    let directory = try TemporaryDirectory()
    let collection = try DocumentCollection.open("test", in: directory.data, access: .create(.exact()), minimumSegmentRows: 4, maximumDeltaRows: 1_000)
    try await collection.write(sampleDocuments(20))
    try await collection.settle()
    #expect(try collection.snapshot().statistics().segments.map(\.kind) == ["dense", "lexical"])
    let before = try collection.snapshot()
    #expect(try before.lexical("word7", limit: 5).count == 1)
    var generator = SeededGenerator(seed: 9)
    try await collection.write([DocumentWrite("doc-7", ["changed"], using: &generator)])
    #expect(try await collection.remove(documents: ["doc-8", "doc-8", "unknown"]) == 1)
    let after = try collection.snapshot()
    #expect(try after.lexical("word7", limit: 5).isEmpty)
    #expect(try after.lexical("changed", limit: 5).count == 1)
    #expect(try after.lexical("word8", limit: 5).isEmpty)
    #expect(try after.document("doc-8") == nil)
    #expect(after.documentCount == 19)
    #expect(try after.nearest(to: Array(repeating: 1, count: 8), limit: 100).count == after.passageCount)
    // The older snapshot still ranks what it had.
    #expect(try before.lexical("word7", limit: 5).count == 1)
    #expect(before.documentCount == 20)
    await collection.close()
  }

  @Test func aWriteIsAllOrNothing() async throws {
    let directory = try TemporaryDirectory()
    let collection = try DocumentCollection.open("test", in: directory.data, access: .create(.exact()))
    var generator = SeededGenerator(seed: 1)
    let good = DocumentWrite("good", ["x"], using: &generator)
    var broken: [DocumentWrite] = []
    broken.append(DocumentWrite("", ["x"], using: &generator))
    broken.append(DocumentWrite("nul\0", ["x"], using: &generator))
    broken.append(DocumentWrite("dimension", ["x"], dimension: 7, using: &generator))
    broken.append(DocumentWrite("none", ["x"], dimension: nil, using: &generator))
    broken.append(DocumentWrite("nan", ["x"], vectors: [Array(repeating: .nan, count: 8)], using: &generator))
    broken.append(DocumentWrite("huge", ["x"], vectors: [Array(repeating: 1e38, count: 8)], using: &generator))
    broken.append(DocumentWrite("payload", ["x"], payload: ["n": .number(.infinity)], using: &generator))
    var outside = good
    outside.passages[0].byteRange = 0..<99
    broken.append(outside)
    var count = good
    count.passages.append(Passage(ordinal: 1, byteRange: 0..<1))
    broken.append(count)
    for document in broken {
      await #expect(throws: StoreError.self) { try await collection.write([good, document]) }
    }
    #expect(try collection.snapshot().documentCount == 0)
    try await collection.write([good, good])
    #expect(try collection.snapshot().documentCount == 1)
    #expect(try collection.snapshot().passageCount == 1)
    #expect(try collection.snapshot().nearest(to: Array(repeating: 1, count: 8), limit: 10).count == 1)
    #expect(try collection.check().isEmpty)
    await collection.close()
  }

  @Test func acknowledgedWritesAreForcedToTheDisk() async throws {
    let directory = try TemporaryDirectory()
    let collection = try DocumentCollection.open("test", in: directory.data, access: .create(.exact()))
    #expect(try await collection.synchronousLevel() == 2)
    await collection.close()
  }

  @Test func rootsAndFingerprintsAreRemembered() async throws {
    let directory = try TemporaryDirectory()
    let collection = try DocumentCollection.open("test", in: directory.data, access: .create(.exact()))
    var generator = SeededGenerator(seed: 1)
    try await collection.addRoot("/b")
    try await collection.addRoot("/a")
    try await collection.addRoot("/b")
    try await collection.write([
      DocumentWrite("1", ["x"], root: "/a", using: &generator), DocumentWrite("2", ["x"], root: "/b", using: &generator),
      DocumentWrite("3", ["x"], using: &generator),
    ])
    #expect(try collection.roots() == ["/a", "/b"])
    #expect(try collection.fingerprints(under: "/a").keys.sorted() == ["1"])
    #expect(try collection.fingerprints().keys.sorted() == ["1", "2", "3"])
    #expect(try collection.fingerprints()["2"]?.hash == "hash of 2")
    #expect(try await collection.removeRoot("/a") == 1)
    #expect(try collection.roots() == ["/b"])
    #expect(try collection.snapshot().documents(limit: 9).map(\.id) == ["2", "3"])
    await collection.close()
  }

  @Test func aCollectionWithoutEncoderIsSearchedByWords() async throws {
    let directory = try TemporaryDirectory()
    let collection = try DocumentCollection.open("test", in: directory.data, access: .create(.exact(dimension: nil)), minimumSegmentRows: 4, maximumDeltaRows: 100)
    try await collection.write(sampleDocuments(10, dimension: nil))
    try await collection.settle()
    let snapshot = try collection.snapshot()
    #expect(try snapshot.lexical("word3", limit: 3).count == 1)
    #expect(try snapshot.statistics().segments.map(\.kind) == ["lexical"])
    #expect(throws: StoreError.self) { try snapshot.nearest(to: [1], limit: 1) }
    #expect(try collection.check().isEmpty)
    await collection.close()
  }

  @Test func settingsArePartOfTheCollection() async throws {
    let directory = try TemporaryDirectory()
    #expect(throws: StoreError.noCollection(name: "test", path: directory.path)) {
      _ = try DocumentCollection.open("test", in: directory.data, access: .write)
    }
    #expect(throws: StoreError.self) { _ = try DocumentCollection.open("test", in: directory.data, access: .read) }
    let collection = try DocumentCollection.open("test", in: directory.data, access: .create(.exact(precision: .float16)))
    await collection.close()
    await #expect(throws: StoreError.closed(name: "test")) { try await collection.write(sampleDocuments(1)) }
    #expect(throws: StoreError.closed(name: "test")) { _ = try collection.snapshot() }
    let again = try DocumentCollection.open("test", in: directory.data, access: .write)
    #expect(again.settings == .exact(precision: .float16))
    await again.close()
    var other = CollectionSettings.exact()
    other.embedder?.digest = "another"
    let wanted = other
    #expect { _ = try DocumentCollection.open("test", in: directory.data, access: .create(wanted)) } throws: { ($0 as? StoreError)?.category == .conflict }
  }

  @Test func halfPrecisionScoresAreTheSameBeforeAndAfterReopening() async throws {
    let directory = try TemporaryDirectory()
    let collection = try DocumentCollection.open("test", in: directory.data, access: .create(.exact(precision: .float16)))
    try await collection.write(sampleDocuments(30))
    let query = (0..<8).map { Float($0) - 3.3 }
    let before = try collection.snapshot().nearest(to: query, limit: 100)
    await collection.close()
    let again = try DocumentCollection.open("test", in: directory.data, access: .read)
    #expect(try again.snapshot().nearest(to: query, limit: 100) == before)
    await again.close()
  }

  @Test func badQueriesAreRefused() async throws {
    let directory = try TemporaryDirectory()
    let collection = try DocumentCollection.open("test", in: directory.data, access: .create(.exact()))
    try await collection.write(sampleDocuments(3))
    let snapshot = try collection.snapshot()
    #expect(throws: StoreError.self) { try snapshot.nearest(to: [1, 2], limit: 3) }
    #expect(throws: StoreError.self) { try snapshot.nearest(to: Array(repeating: .infinity, count: 8), limit: 3) }
    #expect(throws: StoreError.self) { try snapshot.nearest(to: Array(repeating: 1, count: 8), limit: -1) }
    #expect(throws: StoreError.self) { try snapshot.lexical("alpha", limit: -1) }
    #expect(throws: StoreError.self) { try snapshot.documents(limit: -1) }
    #expect(try snapshot.nearest(to: Array(repeating: 1, count: 8), limit: 0).isEmpty)
    #expect(try snapshot.lexical("", limit: 3).isEmpty)
    #expect(try snapshot.passages([]).isEmpty)
    await collection.close()
  }
}

@Suite struct DataDirectoryTests {
  @Test func namesCannotLeaveTheDirectory() {
    let directory = DataDirectory(path: "/data")
    for name in ["", ".", "..", "../x", "a/b", "a\\b", "-a", ".hidden", "a b", "a\0", "é", String(repeating: "a", count: 65), "a\n"] {
      #expect(throws: StoreError.invalidName(name)) { try directory.collectionPath(name) }
    }
    for name in ["a", "A-1_b.c", String(repeating: "a", count: 64)] { #expect(throws: Never.self) { try directory.collectionPath(name) } }
  }

  @Test func theStandardPlaceFollowsTheEnvironment() {
    #expect(DataDirectory.standard(environment: ["NEEDLETAIL_DATA": "/n", "HOME": "/h"]).path == "/n")
    #if os(macOS)
      #expect(DataDirectory.standard(environment: ["HOME": "/h"]).path == "/h/Library/Application Support/Needletail")
    #else
      #expect(DataDirectory.standard(environment: ["XDG_DATA_HOME": "/x", "HOME": "/h"]).path == "/x/needletail")
      #expect(DataDirectory.standard(environment: ["XDG_DATA_HOME": "relative", "HOME": "/h"]).path == "/h/.local/share/needletail")
      #expect(DataDirectory.standard(environment: ["HOME": "/h"]).path == "/h/.local/share/needletail")
    #endif
  }

  @Test func collectionsAreListedAndRemoved() async throws {
    let directory = try TemporaryDirectory()
    #expect(try directory.data.collectionNames().isEmpty)
    for name in ["b", "a"] {
      let collection = try DocumentCollection.open(name, in: directory.data, access: .create(.exact()))
      #expect(throws: StoreError.self) { try directory.data.removeCollection(name) }
      await collection.close()
    }
    #expect(try directory.data.collectionNames() == ["a", "b"])
    try directory.data.removeCollection("a")
    #expect(try directory.data.collectionNames() == ["b"])
    #expect(throws: StoreError.noCollection(name: "a", path: directory.path)) { try directory.data.removeCollection("a") }
  }
}
