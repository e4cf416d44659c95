import NeedletailCore
import NeedletailNumerics
import NeedletailStore
import Testing

/// A collection beside a dictionary that should hold the same.
private struct Model {
  var documents: [String: DocumentWrite] = [:]

  var passages: [(document: DocumentWrite, ordinal: Int)] {
    documents.values.flatMap { document in document.passages.indices.map { (document, $0) } }
  }

  func matching(_ filter: Filter?) -> Model {
    guard let filter else { return self }
    return Model(documents: documents.filter { NaiveFilter.matches(filter, $0.value.document.payload) })
  }

  /// The best scores, best first.
  func scores(_ query: [Float], limit: Int) -> [Float] {
    Array(passages.map { dot($0.document.vectors?[$0.ordinal] ?? [], query) }.sorted(by: >).prefix(limit))
  }
}

@Suite struct RandomOperationsTests {
  private static let filters: [Filter?] = [
    nil, .match(field: "parity", values: ["even"]), .range(field: "number", FilterRange(atLeast: 3, lessThan: 12)),
    .not(.match(field: "parity", values: ["even"])), .match(field: "number", values: [5]), .match(field: "number", values: [-1]),
  ]

  @Test(arguments: 0..<8) func theStoreAgreesWithADictionary(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    let directory = try TemporaryDirectory()
    let similarity = Similarity.dot
    func open() throws -> DocumentCollection {
      try DocumentCollection.open(
        "test", in: directory.data, access: .create(.exact(similarity: similarity)), minimumSegmentRows: 12, maximumDeltaRows: 40)
    }
    var collection = try open()
    let reader = try DocumentCollection.open("test", in: directory.data, access: .read)
    var model = Model()
    for step in 0..<120 {
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<5:
        let batch = (0..<Int.random(in: 1...6, using: &generator)).map { _ in Self.document(step: step, using: &generator) }
        try await collection.write(batch)
        for write in batch { model.documents[write.document.id] = write }
      case 5, 6:
        let ids = (0..<Int.random(in: 1...4, using: &generator)).map { _ in "doc-\(Int.random(in: 0..<25, using: &generator))" }
        let removed = try await collection.remove(documents: ids)
        #expect(removed == Set(ids).intersection(model.documents.keys).count)
        for id in ids { model.documents[id] = nil }
      case 7: try await collection.settle()
      case 8:
        await collection.close()
        collection = try open()
        #expect(collection.notices.isEmpty)
      default: break
      }
      try Self.compare(try collection.snapshot(), model, using: &generator)
      if step % 3 == 0 { try Self.compare(try reader.snapshot(), model, using: &generator) }
    }
    #expect(try collection.check() == [])
    await collection.close()
    await reader.close()
  }

  private static func document(step: Int, using generator: inout SeededGenerator) -> DocumentWrite {
    let number = Int.random(in: 0..<25, using: &generator)
    let texts = (0..<Int.random(in: 0...3, using: &generator)).map { "common d\(number)s\(step)p\($0)" }
    return DocumentWrite(
      "doc-\(number)", texts, payload: ["number": .integer(Int64(number)), "parity": .string(number % 2 == 0 ? "even" : "odd")], using: &generator)
  }

  private static func compare(_ snapshot: Snapshot, _ model: Model, using generator: inout SeededGenerator) throws {
    #expect(snapshot.documentCount == model.documents.count)
    #expect(snapshot.passageCount == model.passages.count)
    let query = (0..<8).map { _ in Float.random(in: -1...1, using: &generator) }
    for filter in filters {
      let expected = model.matching(filter)
      let limit = Int.random(in: 1...30, using: &generator)
      let found = try snapshot.nearest(to: query, limit: limit, filter: filter)
      let scores = expected.scores(query, limit: limit)
      #expect(found.count == scores.count)
      for (found, score) in zip(found, scores) { #expect(abs(found.score - score) < 1e-4) }
      #expect(try snapshot.lexical("common", limit: 1_000, filter: filter).count == expected.passages.count)
      #expect(try snapshot.documents(matching: filter, limit: 100).map(\.id) == expected.documents.keys.sorted())
    }
    guard let (document, ordinal) = model.passages.randomElement(using: &generator) else { return }
    let text = String(decoding: Array(document.document.text.utf8)[document.passages[ordinal].byteRange], as: UTF8.self)
    let hits = try snapshot.lexical(String(text.dropFirst("common ".count)), limit: 5)
    #expect(hits.count == 1)
    #expect(try snapshot.passages(hits.map(\.id)).map(\.text) == [text])
  }
}
