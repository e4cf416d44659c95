import NeedletailCore
import NeedletailRetrieval
import NeedletailText
import Testing

@Suite struct HighlightingTests {
  private func answer(_ text: String, query: String, snippetBytes: Int = 320, analyzer: AnalyzerSpecification = .english) async throws -> Answer {
    var options = IngestOptions()
    options.splitsDocuments = false
    var index = try TextIndex(embedder: HashingEmbedder(), analyzer: analyzer, options: options)
    index.searcher.options.snippetBytes = snippetBytes
    try await index.add([text])
    return try #require(try await index.search(query, limit: 1).first)
  }

  private func parts(_ text: String, _ ranges: [Range<Int>]) -> [String] {
    let bytes = Array(text.utf8)
    return ranges.map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  @Test func marksWordsWithTheSameStem() async throws {
    let text = "Birds were flying; a bird flies over the naïve café. Running runs."
    let answer = try await answer(text, query: "the bird flies to a cafe, run")
    #expect(parts(text, answer.highlights) == ["Birds", "bird", "flies", "café", "Running", "runs"])
    #expect(parts(answer.snippet.text, answer.snippet.highlights) == parts(text, answer.highlights))
  }

  @Test func marksRunsOfIdeographsAsOne() async throws {
    let text = "これは日本語の文章です。"
    let answer = try await answer(text, query: "日本語", analyzer: .plain)
    #expect(parts(text, answer.highlights) == ["日本語"])
  }

  @Test func takesTheSentencesWithMostWords() async throws {
    let filler = (0..<40).map { "Sentence number \($0) says nothing of interest." }.joined(separator: " ")
    let text = "\(filler) Yeast is alive. Bread rises because of yeast. \(filler)"
    let answer = try await answer(text, query: "why does bread rise with yeast", snippetBytes: 60)
    #expect(answer.snippet.text == "Yeast is alive. Bread rises because of yeast.")
    #expect(answer.snippet.isCutBefore && answer.snippet.isCutAfter)
    #expect(parts(text, [answer.snippet.byteRange]) == [answer.snippet.text])
    #expect(parts(answer.snippet.text, answer.snippet.highlights) == ["Yeast", "Bread", "rises", "yeast"])
  }

  @Test func leavesOutTheLinesOfHeadingsThatStandBesideIt() async throws {
    let text = "## Yeast\n\nBread rises because of yeast. #yeast is a tag."
    let index = try TextIndex(embedder: HashingEmbedder())
    try await index.add([Document(id: "bread", text: text)], structure: .markdown)
    let answer = try #require(try await index.search("yeast", limit: 1).first)
    #expect(answer.headings == ["Yeast"])
    #expect(answer.snippet.text == "Bread rises because of yeast. #yeast is a tag.")
    #expect(!answer.snippet.isCutBefore)
    #expect(parts(answer.snippet.text, answer.snippet.highlights) == ["yeast", "yeast"])
  }

  @Test func beginsAtTheBeginningWithoutWords() async throws {
    let answer = try await answer("One sentence here. Another one there. A third.", query: "zebra", snippetBytes: 20)
    #expect(answer.snippet.text == "One sentence here.")
    #expect(answer.highlights.isEmpty)
    #expect(!answer.snippet.isCutBefore && answer.snippet.isCutAfter)
  }

  @Test func neverSplitsScalarsAndStaysShort() async throws {
    var generator = SeededGenerator(seed: 7)
    let pieces = ["é", "日本", "👩‍👩‍👧‍👦", " ", ". ", "word", "\n", "\n\n", "x", "。", "a\u{301}", "!"]
    for round in 0..<60 {
      let text = (0..<Int.random(in: 1...200, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "x" }.joined()
      guard text.contains(where: { !$0.isWhitespace }) else { continue }
      let limit = Int.random(in: 8...100, using: &generator)
      let answer = try await answer("start " + text, query: "start word 日本", snippetBytes: limit)
      let bytes = Array(answer.text.utf8)
      #expect(answer.snippet.text.utf8.count <= limit, "round \(round)")
      #expect(Array(answer.snippet.text.utf8) == Array(bytes[answer.snippet.byteRange]), "round \(round)")
      #expect(!answer.snippet.text.unicodeScalars.contains("\u{FFFD}"), "round \(round)")
      for ranges in [answer.highlights, answer.snippet.highlights] {
        #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound }, "round \(round)")
      }
      #expect(answer.highlights.allSatisfy { $0.upperBound <= bytes.count && bytes[$0.lowerBound] & 0xC0 != 0x80 }, "round \(round)")
    }
  }
}
