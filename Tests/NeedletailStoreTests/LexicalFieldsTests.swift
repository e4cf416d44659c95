import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import NeedletailStore
import Testing

/// Word search over titles, headings and bodies with weights, in segments and in the delta.
@Suite struct LexicalFieldsTests {
  private static func write(_ id: String, title: String, headings: [String] = [], body: String) -> DocumentWrite {
    let passage = Passage(ordinal: 0, byteRange: 0..<body.utf8.count, headings: headings)
    return DocumentWrite(document: Document(id: id, title: title, text: body), passages: [passage], vectors: nil)
  }

  private static let fields = LexicalFields(title: .init(weight: 5), headings: .init(weight: 2), body: .init())

  private static func collection(_ directory: TemporaryDirectory, fields: LexicalFields?) async throws -> DocumentCollection {
    var settings = CollectionSettings.exact(dimension: nil)
    settings.lexicalFields = fields
    let collection = try DocumentCollection.open("test", in: directory.data, access: .create(settings), minimumSegmentRows: 2, maximumDeltaRows: 32)
    try await collection.write([
      write("title", title: "Falcon", body: "Birds of the sky."), write("heading", title: "Birds", headings: ["The falcon"], body: "Of the sky."),
      write("body", title: "Birds", body: "A falcon of the sky."), write("none", title: "Bread", body: "Yeast and flour."),
    ])
    try await collection.settle()
    try await collection.write([write("late", title: "A falcon", headings: ["Birds"], body: "Late in the day.")])
    return collection
  }

  private static func documents(_ snapshot: Snapshot, _ question: String, _ weights: [LexicalFields.Field: Float] = [:]) throws -> [String] {
    try snapshot.passages(snapshot.lexical(question, limit: 20, weights: weights).map(\.id)).map(\.document)
  }

  @Test func weightsDecideWhichFieldCountsMost() async throws {
    let directory = try TemporaryDirectory()
    let collection = try await Self.collection(directory, fields: Self.fields)
    let snapshot = try collection.snapshot()
    let found = try Self.documents(snapshot, "falcon")
    #expect(Set(found.prefix(2)) == ["title", "late"] && found.dropFirst(2) == ["heading", "body"])
    #expect(try Self.documents(snapshot, "falcon", [.title: 0, .headings: 0]) == ["body"])
    #expect(try Self.documents(snapshot, "falcon", [.body: 50]).first == "body")
    #expect(try Self.documents(snapshot, "\"the falcon\"") == ["heading"])
    #expect(try Self.documents(snapshot, "\"birds the falcon\"").isEmpty, "a phrase does not go on in the next field")
    #expect(Set(try Self.documents(snapshot, "falc*")) == ["title", "late", "heading", "body"])
    #expect(try snapshot.termFrequencies(of: snapshot.lexical("heading falcon", limit: 9).map(\.id)).allSatisfy { $0.values.reduce(0, +) > 0 })
    await collection.close()
  }

  @Test func weightsThatMakeNoSenseAreErrors() async throws {
    let directory = try TemporaryDirectory()
    let collection = try await Self.collection(directory, fields: Self.fields)
    let snapshot = try collection.snapshot()
    for weights in [[LexicalFields.Field.title: -1], [.title: .nan], [.title: 0, .headings: 0, .body: 0]] as [[LexicalFields.Field: Float]] {
      #expect(throws: StoreError.self) { _ = try snapshot.lexical("falcon", limit: 3, weights: weights) }
    }
    await collection.close()
    let plainDirectory = try TemporaryDirectory()
    let plain = try await Self.collection(plainDirectory, fields: nil)
    #expect(throws: StoreError.self) { _ = try plain.snapshot().lexical("falcon", limit: 3, weights: [.title: 2]) }
    await plain.close()
  }

  @Test func fieldsStayWithTheCollection() async throws {
    let directory = try TemporaryDirectory()
    await (try await Self.collection(directory, fields: Self.fields)).close()
    let again = try DocumentCollection.open("test", in: directory.data, access: .create(.exact(dimension: nil)))
    #expect(again.settings.lexicalFields == Self.fields && again.notices.isEmpty)
    #expect(try Self.documents(again.snapshot(), "falcon").count == 4)
    await again.close()
    var others = CollectionSettings.exact(dimension: nil)
    others.lexicalFields = LexicalFields()
    #expect(throws: StoreError.self) { _ = try DocumentCollection.open("test", in: directory.data, access: .create(others)) }
  }
}

/// What word search says after removals, against a collection that never had what was removed.
@Suite struct RemovalStatisticsTests {
  @Test(arguments: [false, true])
  func scoresAreThoseOfACollectionBuiltAnew(hasFields: Bool) async throws {
    var random = SeededGenerator(seed: hasFields ? 2 : 1)
    var settings = CollectionSettings.exact(dimension: nil)
    settings.lexicalFields = hasFields ? LexicalFields() : nil
    let directory = try TemporaryDirectory()
    let worn = try DocumentCollection.open("worn", in: directory.data, access: .create(settings), minimumSegmentRows: 16, maximumDeltaRows: 64)
    let texts = (0..<260).map { _ in
      (0..<Int.random(in: 1...40, using: &random)).map { _ in "word\(Int.random(in: 0..<30, using: &random))" }.joined(separator: " ")
    }
    func write(_ number: Int) -> DocumentWrite {
      let passage = Passage(ordinal: 0, byteRange: 0..<texts[number].utf8.count)
      return DocumentWrite(document: Document(id: "\(number)", title: "word\(number % 7)", text: texts[number]), passages: [passage], vectors: nil)
    }
    var kept: [Int] = []
    for start in stride(from: 0, to: texts.count, by: 20) {
      try await worn.write((start..<start + 20).map(write))
      if Bool.random(using: &random) { try await worn.settle() }
      for number in start..<start + 20 {
        // Few of each segment, so that it is not built again.
        if Int.random(in: 0..<9, using: &random) == 0 { _ = try await worn.remove(documents: ["\(number)"]) } else { kept.append(number) }
      }
      let fresh = try DocumentCollection.open("fresh-\(start)", in: directory.data, access: .create(settings))
      try await fresh.write(kept.map(write))
      for _ in 0..<5 {
        let question = (0..<3).map { _ in "word\(Int.random(in: 0..<30, using: &random))" }.joined(separator: " ")
        #expect(try Self.answers(worn, question) == (try Self.answers(fresh, question)))
      }
      #expect(try worn.snapshot().documentFrequencies(of: ["word1"]) == (try fresh.snapshot().documentFrequencies(of: ["word1"])))
      await fresh.close()
    }
    await worn.close()
  }

  private struct Answer: Hashable {
    var document: String
    var score: Float
  }

  private static func answers(_ collection: DocumentCollection, _ question: String) throws -> [Answer] {
    let snapshot = try collection.snapshot()
    let found = try snapshot.lexical(question, limit: 40)
    return zip(try snapshot.passages(found.map(\.id)), found).map { Answer(document: $0.document, score: $1.score) }
  }
}
