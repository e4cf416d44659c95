import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailRetrieval
import NeedletailStore
import Testing

/// A vector for each word, the direction that it is hashed to.
private struct WordEmbedder: Embedder {
  let words = HashingEmbedder()
  var profile: EmbedderProfile { words.profile }

  func encode(_ inputs: [String], as role: Role) async throws -> TokenVectors {
    var tokens = TokenVectors(dimension: profile.dimension)
    for input in inputs {
      tokens.append(try await words.encode(input.split(separator: " ").map(String.init), as: role).values)
    }
    return tokens
  }
}

@Suite struct TokenSearchTests {
  private static let texts = [
    "the moon pulls the tide", "bread needs yeast and time", "the tide carries sand", "birds nest in spring", "yeast eats sugar",
  ]

  private func built(_ scratch: Scratch, _ specification: TokenSearchSpecification = TokenSearchSpecification(vectors: .init(codec: .float32))) async throws -> (TextIndex, TokenSearch) {
    let index = try TextIndex(named: "notes", in: DataDirectory(path: scratch.path), embedder: HashingEmbedder())
    try await index.add(Self.texts.enumerated().map { number, text in
      Document(id: "d\(number)", text: text, payload: ["even": .bool(number % 2 == 0)])
    })
    let folder = scratch.path + "/tokens"
    try await TokenSearch.build(in: folder, from: index.collection, embedder: WordEmbedder(), specification: specification)
    return (index, try TokenSearch(folder: folder, collection: index.collection, embedder: WordEmbedder()))
  }

  @Test func countsTheWordsThatMatch() async throws {
    let scratch = try Scratch()
    let (_, tokens) = try await built(scratch)
    let hits = try await tokens.retrieve(Query("moon tide sand", limit: 5))
    #expect(hits.prefix(2).map(\.document).sorted() == ["d0", "d2"])
    #expect(hits.prefix(2).allSatisfy { abs($0.score - 2) < 1e-3 })
    #expect(hits[0].contributions.first?.source == "tokens")
    var exact = tokens
    exact.isExact = true
    #expect(try await exact.retrieve(Query("moon tide sand", limit: 5)) == hits)
  }

  @Test func keepsToTheFilterAndLeavesOutWhatWasRemoved() async throws {
    let scratch = try Scratch()
    let (index, tokens) = try await built(scratch)
    let even = try await tokens.retrieve(Query("yeast", filter: .match(field: "even", values: [true]), limit: 5))
    #expect(even.map(\.document).sorted() == ["d0", "d2", "d4"])
    #expect(even.first?.document == "d4")
    try await index.remove(["d4"])
    #expect(try await tokens.retrieve(Query("yeast", limit: 5)).map(\.document).contains("d4") == false)
  }

  @Test func isASourceAndARerankerOfPipelines() async throws {
    let scratch = try Scratch()
    let (index, tokens) = try await built(scratch)
    let source = PipelineSpecification(sources: [.init(.retriever, name: "tokens")])
    #expect(source.names("tokens"))
    let found = try await Pipeline(source, searcher: index.searcher, retrievers: ["tokens": tokens]).retrieve(Query("tide sand", limit: 2))
    #expect(found.map(\.document) == ["d2", "d0"])
    let reranking = PipelineSpecification(sources: [.init(.lexical)], rerank: [.init(.model, model: "tokens")])
    let reranked = try await Pipeline(reranking, searcher: index.searcher, rerankers: ["tokens": tokens]).retrieve(Query("tide sand", limit: 2))
    #expect(reranked.map(\.document) == ["d2", "d0"])
  }

  @Test func saysWhatIsWrongWithTheFolder() async throws {
    let scratch = try Scratch()
    let (index, _) = try await built(scratch)
    #expect(throws: TokenSearchError.self) {
      try TokenSearch(folder: scratch.path + "/nothing", collection: index.collection, embedder: WordEmbedder())
    }
    try Data("{}".utf8).write(to: URL(fileURLWithPath: scratch.path + "/tokens/description.json"))
    #expect(throws: TokenSearchError.self) {
      try TokenSearch(folder: scratch.path + "/tokens", collection: index.collection, embedder: WordEmbedder())
    }
  }
}
