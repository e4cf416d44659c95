import NeedletailCore
import NeedletailRetrieval
import NeedletailStore
import NeedletailText
import Testing

@Suite struct TextIndexTests {
  @Test func indexesAndSearchesStringsInFewLines() async throws {
    let embedder = HashingEmbedder()
    let index = try TextIndex(embedder: embedder, tokenizer: WordTokenizer())
    try await index.add(["The needletail is the fastest bird in level flight.", "Bread rises because of yeast."])
    let answers = try await index.search("fastest bird")
    #expect(answers.first?.text == "The needletail is the fastest bird in level flight.")
  }

  @Test func worksWithoutAModel() async throws {
    let index = try TextIndex()
    try await index.add(["Rivers run to the sea.", "Bread rises because of yeast."])
    #expect(try await index.search("river").map(\.text) == ["Rivers run to the sea."])
  }

  @Test func isThereAgainUnderItsName() async throws {
    let scratch = try Scratch()
    let directory = DataDirectory(path: scratch.path)
    do {
      let index = try TextIndex(named: "notes", in: directory, embedder: HashingEmbedder())
      try await index.add([Document(id: "a", text: "Rivers run to the sea.")])
      await index.collection.close()
    }
    let again = try TextIndex(named: "notes", in: directory, embedder: HashingEmbedder())
    #expect(try again.count == 1)
    #expect(try await again.search("rivers").first?.document == "a")
    await again.collection.close()
    #expect(throws: (any Error).self) { try TextIndex(named: "notes", in: directory, embedder: HashingEmbedder(name: "other")) }
  }

  @Test func addingATextAgainChangesNothing() async throws {
    let index = try TextIndex(embedder: HashingEmbedder())
    let first = try await index.add(["one text", "another text"])
    let second = try await index.add(["another text", "one text", "one text"])
    #expect(Set(first) == Set(second))
    #expect(try index.count == 2)
    #expect(try await index.remove([first[0]]) == 1)
    #expect(try index.count == 1)
  }

  @Test func findsSimilarTexts() async throws {
    let index = try TextIndex(embedder: HashingEmbedder())
    let ids = try await index.add(["birds fly far", "bread and butter", "birds fly near"])
    #expect(try await index.similar(to: ids[0], limit: 1).map(\.document) == [ids[2]])
  }

  @Test func indexesFiles() async throws {
    let index = try TextIndex(embedder: HashingEmbedder())
    let report = try await index.add(contentsOf: [Fixture.path("birds.md"), Fixture.path("plain.txt")])
    #expect(report.added == 2)
    #expect(try await index.search("rivers").first?.title == "plain.txt")
  }
}

@Suite struct WordTokenizerTests {
  @Test(arguments: [("", 0), ("one two", 2), ("  a\n", 1), (String(repeating: "x", count: 33), 3), (String(repeating: "ä", count: 8), 1)])
  func countsWords(text: String, count: Int) {
    let tokens = WordTokenizer().encode(text, maximumTokens: nil)
    #expect(tokens.ids.count == count)
    let bytes = Array(text.utf8)
    #expect(tokens.byteRanges.allSatisfy { String(validating: bytes[$0], as: UTF8.self) != nil })
  }
}
