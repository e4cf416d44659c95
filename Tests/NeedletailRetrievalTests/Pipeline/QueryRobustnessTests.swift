import NeedletailCore
import NeedletailRetrieval
import NeedletailStore
import Testing

@Suite struct QueryRobustnessTests {
  private func index() async throws -> TextIndex {
    let index = try TextIndex(embedder: HashingEmbedder())
    try await index.add(["Birds fly south in autumn.", "Bread needs yeast.", "日本語の文章です。"])
    return index
  }

  @Test(arguments: ["", " ", "\n\t \u{3000}", "\0\0", "\u{A0}"]) func blankQuestionsHaveNoAnswers(text: String) async throws {
    let response = try await index().searcher.search(Query(text))
    #expect(response.answers.isEmpty)
    #expect(response.explanation.query.isEmpty)
    #expect(response.explanation.stages.isEmpty)
  }

  @Test func zeroBytesAreWhiteSpace() async throws {
    let response = try await index().searcher.search(Query("\0birds\0south\0", limit: 1))
    #expect(response.explanation.query == "birds south")
    #expect(response.answers.first?.text == "Birds fly south in autumn.")
  }

  @Test func longQuestionsAreCutAtAWord() async throws {
    let long = "birds " + String(repeating: "yeast ", count: 180_000)
    let response = try await index().searcher.search(Query(long, limit: 1))
    #expect(response.explanation.isQueryCut)
    #expect(response.explanation.query.utf8.count <= 8192)
    #expect(response.explanation.query.hasSuffix("yeast"))
    #expect(response.answers.first?.text == "Bread needs yeast.")
    let word = try await index().searcher.search(Query(String(repeating: "ä", count: 500_000)))
    #expect(word.explanation.query == String(repeating: "ä", count: 4096))
  }

  @Test(.timeLimit(.minutes(1))) func leadingWhiteSpaceDoesNotCount() async throws {
    let response = try await index().searcher.search(Query(String(repeating: " ", count: 1_000_000) + "birds", limit: 1))
    #expect(response.explanation.query == "birds")
    #expect(!response.explanation.isQueryCut)
  }

  @Test(arguments: [
    [0xFF, 0xFE, 0xFD], [0xC3, 0x28], [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x98], [0xE2, 0x82, 0x62, 0x69, 0x72, 0x64, 0x73],
  ] as [[UInt8]])
  func bytesThatAreNotUTF8AreReplaced(bytes: [UInt8]) async throws {
    let response = try await index().searcher.search(Query(String(decoding: bytes, as: UTF8.self)))
    #expect(response.answers.count <= 3)
  }

  @Test(arguments: ["\u{202E}drib", "a\u{301}\u{301}\u{301}", "👩‍👩‍👧‍👦", "'; DROP TABLE document; --", "\"unclosed", "(((", "日本", "\u{FEFF}birds", "AND OR NOT", "%s%n*"])
  func oddQuestionsAreOnlyText(text: String) async throws {
    let texts = try await index()
    let before = try await texts.search("birds").map(\.document)
    _ = try await texts.searcher.search(Query(text))
    #expect(!before.isEmpty)
    #expect(try await texts.search("birds").map(\.document) == before)
  }
}
