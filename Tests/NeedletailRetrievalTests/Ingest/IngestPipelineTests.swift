import Foundation
import NeedletailCore
import NeedletailRetrieval
import NeedletailStore
import NeedletailText
import Synchronization
import Testing

@Suite struct IngestPipelineTests {
  private func index(
    _ scratch: Scratch, _ collection: DocumentCollection, paths: [String]? = nil, embedder: (any TextEmbedder)? = HashingEmbedder(),
    options: IngestOptions = IngestOptions()
  ) async throws -> IngestReport {
    try await IngestPipeline(collection: collection, embedder: embedder, tokenizer: WordTokenizer(), options: options)
      .run(paths: paths ?? [scratch.files])
  }

  private func ids(_ collection: DocumentCollection) throws -> [String] {
    try collection.snapshot().documents(matching: nil, offset: 0, limit: 10_000).map(\.id)
  }

  @Test func indexesEveryFormat() async throws {
    let scratch = try Scratch()
    let collection = try scratch.collection()
    let report = try await index(scratch, collection, paths: [Fixture.path("")])
    let problems = Set(report.problems.compactMap { $0.path.split(separator: "/").last.map(String.init) })
    #expect(problems.isSuperset(of: ["image.png", "unknown.dat", "broken.pdf", "empty.pdf"]))
    #expect(report.added == (try collection.snapshot().documentCount))
    #expect(report.added >= 20)
    let types = try collection.snapshot().facets(field: "type", matching: nil, limit: 20).compactMap(\.value.string)
    #expect(Set(types).isSuperset(of: ["text", "markdown", "html", "record", "code", "mail"]))
    let response = try await Searcher(collection: collection, embedder: HashingEmbedder()).search(Query("needletail flies fast"))
    #expect(response.answers.first?.title == "Swifts and needletails")
  }

  @Test func writesTheStandardFields() async throws {
    let scratch = try Scratch()
    let collection = try scratch.collection()
    let source = "---\ntype: diary\nmood: good\n---\n# Day\nText"
    let path = try scratch.write("notes/day.md", source)
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1_700_000_000.5)], ofItemAtPath: path)
    _ = try await index(scratch, collection)
    let stored = try #require(try collection.snapshot().document(path))
    let expected: Payload = [
      "path": "notes/day.md", "folder": "notes", "type": "markdown", "size": .integer(Int64(source.utf8.count)),
      "modified": "2023-11-14T22:13:20Z", "mood": "good", "original": .object(["type": "diary"]),
    ]
    #expect(stored.document.payload == expected)
    #expect(stored.root == scratch.files)
    #expect(try collection.roots() == [scratch.files])
  }

  @Test func touchesOnlyWhatChanged() async throws {
    let scratch = try Scratch()
    let collection = try scratch.collection()
    for name in ["a.txt", "b.txt", "c.txt"] { try scratch.write(name, "text of \(name)") }
    let first = try await index(scratch, collection)
    #expect((first.added, first.updated, first.unchanged, first.removed) == (3, 0, 0, 0))

    try scratch.write("b.txt", "another text, longer than before")
    try scratch.remove("c.txt")
    try scratch.write("d.txt", "a new one")
    // Same contents, another time: read, but not embedded again.
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: scratch.file("a.txt"))
    let embedded = Mutex<[String]>([])
    var embedder = HashingEmbedder()
    embedder.willEncode = { inputs, _ in embedded.withLock { $0 += inputs } }
    let second = try await index(scratch, collection, embedder: embedder)
    #expect((second.added, second.updated, second.unchanged, second.removed) == (1, 1, 1, 1))
    #expect(embedded.withLock { $0.count } == 2)
    #expect(try ids(collection) == ["a.txt", "b.txt", "d.txt"].map(scratch.file))
    #expect(try collection.snapshot().document(scratch.file("a.txt"))?.document.payload["modified"] == "1970-01-01T00:00:01Z")

    let third = try await index(scratch, collection, embedder: embedder)
    #expect((third.added, third.updated, third.unchanged, third.removed) == (0, 0, 3, 0))
    #expect(embedded.withLock { $0.count } == 2)
  }

  @Test func followsTheRecordsOfAFile() async throws {
    let scratch = try Scratch()
    let collection = try scratch.collection()
    func record(_ id: Int, _ text: String) -> String { "{\"id\": \"\(id)\", \"text\": \"\(text)\"}\n" }
    try scratch.write("r.jsonl", (1...5).map { record($0, "text \($0)") }.joined())
    #expect(try await index(scratch, collection).added == 5)
    #expect(try await index(scratch, collection).unchanged == 5)

    // One is gone, one is changed, one is new, and the last one changes its place.
    try scratch.write("r.jsonl", record(5, "text 5") + record(1, "text 1") + record(2, "changed") + record(4, "text 4") + record(6, "text 6"))
    let report = try await index(scratch, collection)
    #expect((report.added, report.updated, report.unchanged, report.removed) == (1, 1, 3, 1))
    #expect(try ids(collection) == [1, 2, 4, 5, 6].map { scratch.file("r.jsonl") + "#\($0)" })
    #expect(try await index(scratch, collection).unchanged == 5)

    try scratch.remove("r.jsonl")
    #expect(try await index(scratch, collection).removed == 5)
  }

  @Test func keepsTheRestOfAFileThatBreaksOff() async throws {
    let scratch = try Scratch()
    let collection = try scratch.collection()
    try scratch.write("r.csv", "id,text\n1,one\n2,two\n3,three\n")
    _ = try await index(scratch, collection)
    try scratch.write("r.csv", "id,text\n1,one changed\n2,two changed\n3,\"three\n")
    let report = try await index(scratch, collection)
    #expect(report.problems.count == 1)
    #expect(try ids(collection).count == 3)
    // It is read again, as it is not done.
    try scratch.write("r.csv", "id,text\n1,one changed\n2,two changed\n3,three\n")
    #expect(try await index(scratch, collection).problems.isEmpty)
    #expect(try collection.snapshot().document(scratch.file("r.csv") + "#2")?.document.text == "two changed")
  }

  @Test func removesWhatBecameIgnoredOrBinary() async throws {
    let scratch = try Scratch()
    let collection = try scratch.collection()
    for name in ["a.txt", "b.txt", "keep.txt"] { try scratch.write(name, "text") }
    _ = try await index(scratch, collection)
    try scratch.write(".gitignore", "a.txt")
    try scratch.write("b.txt", Data([0, 1, 2, 3, 0, 0, 0]))
    #expect(try await index(scratch, collection).removed == 2)
    #expect(try ids(collection) == [scratch.file("keep.txt")])
  }

  @Test func leavesOtherRootsAlone() async throws {
    let scratch = try Scratch()
    let collection = try scratch.collection()
    for name in ["one/a.txt", "two/b.txt", "one-more/c.txt"] { try scratch.write(name, "text of \(name)") }
    _ = try await index(scratch, collection, paths: [scratch.file("one")])
    let report = try await index(scratch, collection, paths: [scratch.file("two"), scratch.file("one-more")])
    #expect((report.added, report.removed) == (2, 0))
    #expect(try collection.roots().count == 3)
    #expect(try collection.snapshot().document(scratch.file("one/a.txt"))?.document.payload["path"] == "a.txt")
  }

  @Test func joinsRootsThatContainEachOther() async throws {
    let scratch = try Scratch()
    let collection = try scratch.collection()
    for name in ["top.txt", "sub/a.txt", "sub/deep/b.txt"] { try scratch.write(name, "text of \(name)") }
    _ = try await index(scratch, collection, paths: [scratch.file("sub")])
    _ = try await index(scratch, collection)
    #expect(try collection.roots() == [scratch.files])
    #expect(try collection.snapshot().document(scratch.file("sub/a.txt"))?.document.payload["path"] == "sub/a.txt")
    // A part of a root is brought up to date alone, and stays a part of it.
    try scratch.remove("top.txt")
    try scratch.write("sub/a.txt", "changed text")
    let report = try await index(scratch, collection, paths: [scratch.file("sub"), scratch.file("sub/deep")])
    #expect((report.updated, report.unchanged, report.removed) == (1, 1, 0))
    #expect(try collection.snapshot().document(scratch.file("sub/a.txt"))?.root == scratch.files)
    #expect(try collection.roots() == [scratch.files])
  }

  @Test func keepsWhatIsDoneWhenCancelled() async throws {
    let scratch = try Scratch()
    let collection = try scratch.collection()
    for number in 0..<200 { try scratch.write("\(number).txt", "text number \(number)") }
    var options = IngestOptions()
    options.commitDocuments = 5
    options.batchTokens = 32
    let batches = Mutex(0)
    let reached = AsyncStream.makeStream(of: Void.self)
    var embedder = HashingEmbedder()
    embedder.willEncode = { _, _ in
      let count = batches.withLock { count in
        count += 1
        return count
      }
      if count == 20 { reached.continuation.finish() }
      if count >= 20 { try await Task.sleep(for: .seconds(60)) }
    }
    let slow = embedder
    let run = Task { try await index(scratch, collection, embedder: slow, options: options) }
    for await _ in reached.stream {}
    run.cancel()
    do {
      _ = try await run.value
      Issue.record("it was not cancelled")
    } catch let error as RetrievalError {
      guard case .interrupted(let report) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(report.added > 0)
      #expect(report.added == (try collection.snapshot().documentCount))
    }
    let rest = try await index(scratch, collection, options: options)
    #expect(rest.unchanged > 0)
    #expect(rest.unchanged + rest.added == 200)
    #expect(try collection.snapshot().documentCount == 200)
  }

  @Test func passagesFitTheModelWithTheirContext() async throws {
    let scratch = try Scratch()
    let collection = try scratch.collection()
    let sentence = "The quick brown fox jumps over the lazy dog near the river bank today. "
    try scratch.write("long.md", "# A heading for the story\n\n" + String(repeating: sentence, count: 200))
    let inputs = Mutex<[String]>([])
    var embedder = HashingEmbedder()
    embedder.willEncode = { batch, _ in inputs.withLock { $0 += batch } }
    let report = try await index(scratch, collection, embedder: embedder)
    let texts = inputs.withLock { $0 }
    #expect(texts.count == report.passages)
    #expect(report.passages > 40)
    let tokenizer = WordTokenizer()
    #expect(texts.allSatisfy { tokenizer.encode($0, maximumTokens: nil).ids.count <= embedder.profile.maximumTokens })
    #expect(texts.allSatisfy { $0.contains("A heading for the story") })
    // The first passage begins with its heading anyway.
    #expect(texts[0].hasPrefix("# A heading"))
  }

  @Test func batchesByTokens() async throws {
    let scratch = try Scratch()
    let collection = try scratch.collection()
    for number in 0..<100 { try scratch.write("\(number).txt", String(repeating: "word ", count: 30)) }
    var options = IngestOptions()
    options.batchTokens = 100
    let sizes = Mutex<[Int]>([])
    var embedder = HashingEmbedder()
    embedder.willEncode = { batch, _ in sizes.withLock { $0.append(batch.count) } }
    _ = try await index(scratch, collection, embedder: embedder, options: options)
    #expect(sizes.withLock { $0.allSatisfy { $0 <= 3 } })
    #expect(sizes.withLock { $0.reduce(0, +) } == 100)
  }

  @Test func refusesAnotherModel() async throws {
    let scratch = try Scratch()
    let collection = try scratch.collection()
    try scratch.write("a.txt", "text")
    await #expect(throws: RetrievalError.self) { try await index(scratch, collection, embedder: HashingEmbedder(name: "other")) }
    await #expect(throws: RetrievalError.self) { try await index(scratch, collection, embedder: nil) }
    await #expect(throws: RetrievalError.self) { try await index(scratch, collection, paths: [scratch.file("missing")]) }
  }

  @Test func worksWithoutAModel() async throws {
    let scratch = try Scratch()
    let collection = try scratch.collection(embedder: nil)
    try scratch.write("a.txt", "Rivers run to the sea.")
    try scratch.write("empty.txt", "")
    #expect(try await index(scratch, collection, embedder: nil).added == 2)
    let response = try await Searcher(collection: collection, embedder: nil).search(Query("running river"))
    #expect(response.explanation.mode == .lexical)
    #expect(response.answers.map(\.title) == ["a.txt"])
    #expect(try await index(scratch, collection, embedder: nil).unchanged == 2)
  }

  @Test func progressOnlyGrows() async throws {
    let scratch = try Scratch()
    let collection = try scratch.collection()
    for number in 0..<50 { try scratch.write("d\(number % 5)/\(number).txt", "text \(number)") }
    let events = Mutex<[IngestProgress]>([])
    _ = try await IngestPipeline(collection: collection, embedder: HashingEmbedder(), tokenizer: WordTokenizer())
      .run(paths: [scratch.files]) { event in events.withLock { $0.append(event) } }
    let seen = events.withLock { $0 }
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.filesDone <= $1.filesDone && $0.passagesDone <= $1.passagesDone && $0.bytesDone <= $1.bytesDone })
    let last = try #require(seen.last)
    #expect(last.phase == .finished)
    #expect((last.filesFound, last.filesDone, last.passagesDone) == (50, 50, 50))
    #expect(last.bytesDone == last.bytesFound)
  }
}
