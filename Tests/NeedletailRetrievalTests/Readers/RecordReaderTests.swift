import NeedletailCore
import NeedletailRetrieval
import Testing

@Suite struct RecordReaderTests {
  @Test func makesADocumentOfEachLineOfJSON() async throws {
    let documents = try await Fixture.read("records.jsonl")
    #expect(documents.map(\.key) == ["d1", "d2", "d2~2"])
    #expect(documents.map(\.title) == ["First", "Second", ""])
    #expect(documents.map(\.text) == ["Body of one", "Body of two", "Same key again"])
    #expect(documents[0].payload == ["year": 2020, "tags": ["a", "b"]])
    #expect(documents[1].payload == ["big": 9_007_199_254_740_993])
  }

  @Test func takesTheFieldsThatWereChosen() async throws {
    let fields = RecordFields(text: ["title", "text"], title: "_id", id: "title", payload: ["year"])
    let documents = try await Fixture.read("records.jsonl", options: DocumentReaders(recordFields: fields))
    #expect(documents[0] == ReadDocument(key: "First", title: "d1", text: "First\nBody of one", payload: ["year": 2020]))
  }

  @Test func saysWhichLineIsBroken() async throws {
    await #expect(throws: ReadingProblem.malformed(format: "JSON lines", reason: "line 2 is not JSON")) {
      try await Fixture.read("{\"text\": \"a\"}\n{broken\n", as: "a.jsonl")
    }
  }

  @Test func readsQuotedCells() async throws {
    let documents = try await Fixture.read("people.csv")
    #expect(documents.map(\.key) == ["7", "8", "3"])
    #expect(documents.map(\.title) == ["Doe, Jane", "Roe", "Nobody"])
    #expect(documents[0].text == "She said \"hi\"\nand left")
    #expect(documents.map { $0.payload["age"] } == [41, "007", nil])
  }

  @Test func guessesTheSeparator() async throws {
    let german = try await Fixture.read("semicolon.csv")
    #expect(german.map(\.text) == ["Eins\nDer erste Text", "Zwei\nDer zweite Text"])
    let terms = try await Fixture.read("terms.tsv")
    #expect(terms.map(\.key) == ["alpha", "beta"])
    #expect(terms.map(\.text) == ["The first letter", "The second letter"])
  }

  @Test(arguments: [("a,b\r\n1,2\r3,4\n", 2), ("a\n\"x\"\"y\"", 1), ("a,a,\n1,2,3", 1), ("", 0), ("a,b", 0), ("a\n\n\n", 0)])
  func countsRows(source: String, count: Int) async throws {
    let fields = RecordFields(text: ["a"])
    #expect(try await Fixture.read(source, as: "a.csv", options: DocumentReaders(recordFields: fields)).count == count)
  }

  @Test func reportsAnUnclosedQuote() async throws {
    await #expect(throws: ReadingProblem.self) { try await Fixture.read("a,b\n\"x,y\nz", as: "a.csv") }
  }

  @Test func joinsLinesAcrossPieces() async throws {
    let text = String(repeating: "x", count: 700_000)
    let lines = (0..<4).map { "{\"id\": \($0), \"text\": \"\(text)\"}" }.joined(separator: "\n")
    let documents = try await Fixture.read(lines, as: "a.jsonl")
    #expect(documents.map(\.key) == ["0", "1", "2", "3"])
    #expect(documents.allSatisfy { $0.text == text })
  }

  @Test func limitsTheLengthOfARecord() async throws {
    var limits = ReadingLimits()
    limits.recordBytes = 100
    let readers = DocumentReaders(limits: limits)
    let long = "{\"text\": \"\(String(repeating: "x", count: 200))\"}"
    await #expect(throws: ReadingProblem.self) { try await Fixture.read(long, as: "a.jsonl", options: readers) }
    await #expect(throws: ReadingProblem.self) { try await Fixture.read("text\n\"" + long, as: "a.csv", options: readers) }
  }
}
