import NeedletailCore
import NeedletailRetrieval
import NeedletailStore
import NeedletailText
import Testing

@Suite struct SearcherTests {
  private static let texts = [
    "Needletails fly faster than other birds in level flight.", "Bread rises because yeast makes gas.",
    "Rivers carry water from mountains to the sea.", "Birds build nests of twigs and mud.", "Rye bread needs a sour dough.",
  ]

  private func filled(_ scratch: Scratch, embedder: HashingEmbedder? = HashingEmbedder()) async throws -> TextIndex {
    let index = try TextIndex(named: "birds", in: DataDirectory(path: scratch.path), embedder: embedder)
    try await index.add(
      Self.texts.enumerated().map { number, text in
        Document(id: "d\(number)", title: "chapter\(number)", text: text, payload: ["number": .integer(Int64(number)), "even": .bool(number % 2 == 0)])
      })
    return index
  }

  @Test(arguments: [SearchMode.dense, .lexical, .hybrid]) func answersInEveryMode(mode: SearchMode) async throws {
    let scratch = try Scratch()
    var searcher = try await filled(scratch).searcher
    searcher.mode = mode
    let response = try await searcher.search(Query("sour rye dough", limit: 3))
    let best = try #require(response.answers.first)
    #expect(best.document == "d4")
    #expect(best.title == "chapter4")
    #expect(best.text == Self.texts[4])
    #expect(best.byteRange == 0..<Self.texts[4].utf8.count)
    #expect(best.payload["number"] == 4)
    #expect(response.explanation.mode == mode)
    let sources = Set(best.contributions.map(\.source))
    #expect(sources == (mode == .hybrid ? ["dense", "lexical"] : [mode.rawValue]))
    let stages = response.explanation.stages.map(\.name)
    let expected: [SearchMode: [String]] = [
      .dense: ["encode", "dense", "load", "highlight"], .lexical: ["lexical", "load", "highlight"],
      .hybrid: ["encode", "dense", "lexical", "fuse", "load", "highlight"],
    ]
    #expect(stages == expected[mode])
    #expect(response.explanation.stages.allSatisfy { $0.seconds >= 0 })
    let hits = try await searcher.retrieve(Query("sour rye dough", limit: 3))
    #expect(hits.map(\.passage) == response.answers.map(\.passage))
    #expect(hits.map(\.score) == response.answers.map(\.score))
  }

  @Test func scoresOrderTheAnswers() async throws {
    let scratch = try Scratch()
    let answers = try await filled(scratch).search("birds fly over bread", limit: 5)
    #expect(answers.map(\.score) == answers.map(\.score).sorted(by: >))
    #expect(Set(answers.map(\.passage)).count == answers.count)
  }

  @Test(arguments: [SearchMode.dense, .lexical, .hybrid]) func findsDocumentsByTheirTitles(mode: SearchMode) async throws {
    let scratch = try Scratch()
    var searcher = try await filled(scratch).searcher
    searcher.mode = mode
    #expect(try await searcher.search(Query("chapter3", limit: 1)).answers.first?.document == "d3")
  }

  @Test func filtersKeepTheLimitFilled() async throws {
    let scratch = try Scratch()
    var searcher = try await filled(scratch).searcher
    searcher.mode = .dense
    let filter = Filter.match(field: "even", values: [true])
    let response = try await searcher.search(Query("bread", filter: filter, limit: 3))
    #expect(Set(response.answers.map(\.document)) == ["d0", "d2", "d4"])
  }

  @Test func limitsPassagesOfADocument() async throws {
    let scratch = try Scratch()
    let index = try TextIndex(named: "long", in: DataDirectory(path: scratch.path), embedder: HashingEmbedder(maximumTokens: 16))
    let long = (0..<300).map { "Birds fly over mountain number \($0) today." }.joined(separator: "\n\n")
    try await index.add([Document(id: "long", text: long), Document(id: "short", text: "Some birds walk.")])
    var searcher = index.searcher
    searcher.options.maximumPassagesPerDocument = 2
    let response = try await searcher.search(Query("birds fly over", limit: 5))
    #expect(response.answers.map(\.document).sorted() == ["long", "long", "short"])
    searcher.options.maximumPassagesPerDocument = nil
    #expect(try await searcher.search(Query("birds fly over", limit: 5)).answers.count == 5)
  }

  @Test(arguments: DocumentVector.allCases) func findsSimilarDocuments(standingFor: DocumentVector) async throws {
    let scratch = try Scratch()
    let index = try await filled(scratch)
    let response = try await index.searcher.similar(toDocument: "d1", limit: 2, standingFor: standingFor)
    #expect(response.answers.first?.document == "d4")
    #expect(!response.answers.contains { $0.document == "d1" })
    #expect(response.answers.count == 2)
    let filtered = try await index.searcher.similar(toDocument: "d1", limit: 2, filter: .match(field: "number", values: [3]), standingFor: standingFor)
    #expect(filtered.answers.map(\.document) == ["d3"])
    await #expect(throws: RetrievalError.self) { try await index.searcher.similar(toDocument: "none", limit: 2) }
  }

  @Test func findsSimilarDocumentsByWords() async throws {
    let scratch = try Scratch()
    let index = try await filled(scratch, embedder: nil)
    let response = try await index.searcher.similar(toDocument: "d1", limit: 2)
    #expect(response.explanation.mode == .lexical)
    #expect(response.answers.map(\.document) == ["d4"])
  }

  @Test func refusesWhatCannotBeAsked() async throws {
    let scratch = try Scratch()
    let words = try await filled(scratch, embedder: nil)
    var dense = words.searcher
    dense.mode = .dense
    let asked = dense
    await #expect(throws: RetrievalError.self) { try await asked.search(Query("x")) }
    await #expect(throws: RetrievalError.self) { try await words.search("x", limit: 0) }
    await #expect(throws: RetrievalError.self) { try await words.search("x", limit: Searcher.largestLimit + 1) }

    let vectors = try Scratch()
    let index = try await filled(vectors)
    let blind = Searcher(collection: index.collection, embedder: nil)
    await #expect(throws: RetrievalError.self) { try await blind.search(Query("x")) }
    let other = Searcher(collection: index.collection, embedder: HashingEmbedder(name: "other"))
    await #expect(throws: RetrievalError.self) { try await other.search(Query("x")) }
    #expect(try await Searcher(collection: index.collection, embedder: nil, mode: .lexical).search(Query("bread")).answers.count == 2)
  }

  @Test func isCodable() async throws {
    let scratch = try Scratch()
    let response = try await filled(scratch).searcher.search(Query("bread"))
    let data = try JSON.encode(response)
    #expect(try JSON.decode(SearchResponse.self, from: data) == response)
  }
}
