import NeedletailCore
import NeedletailRetrieval
import NeedletailStore
import NeedletailText
import Testing

/// Search by weighted terms: alone, beside meaning and words, and in pipelines.
@Suite struct SparseSearchTests {
  private static let texts = ["The needletail flies fast.", "Bread rises slowly.", "A needle in the hay.", "Fast bread in the hay."]

  private static func index(dense: Bool = true, sparse: Bool = true) async throws -> TextIndex {
    let index = try TextIndex(
      embedder: dense ? HashingEmbedder() : nil, sparseEmbedder: sparse ? HashingSparseEmbedder() : nil, analyzer: .plain)
    try await index.add(texts)
    return index
  }

  @Test func ranksByTheSumOfSharedWeights() async throws {
    var index = try await Self.index(dense: false)
    index.searcher.mode = .sparse
    let answers = try await index.search("hay hay bread")
    #expect(answers.map(\.text) == [Self.texts[3], Self.texts[2], Self.texts[1]])
    #expect(answers.map(\.score) == [3, 2, 1])
    #expect(answers.allSatisfy { $0.contributions.map(\.source) == ["sparse"] })
    #expect(try await index.search("").isEmpty)
    #expect(try await index.search("unheard").isEmpty)
  }

  @Test func hybridAsksAllThatTheCollectionHas() async throws {
    for (dense, sparse, sources) in [
      (true, true, ["dense", "lexical", "sparse"]), (false, true, ["lexical", "sparse"]), (true, false, ["dense", "lexical"]),
      (false, false, ["lexical"]),
    ] {
      let index = try await Self.index(dense: dense, sparse: sparse)
      let response = try await index.searcher.search(Query("needle in the hay"))
      #expect(response.answers.first?.text == Self.texts[2])
      #expect(Set(response.answers[0].contributions.map(\.source)) == Set(sources))
      let specification = PipelineSpecification(answering: .hybrid, in: index.collection.settings)
      #expect(specification.sources.map(\.name) == sources)
      let piped = try await Pipeline(specification, searcher: index.searcher).search(Query("needle in the hay"))
      #expect(piped.answers.map(\.text) == response.answers.map(\.text))
    }
  }

  @Test func wantsTheModelOfTheCollection() async throws {
    let index = try await Self.index(dense: false)
    let blind = Searcher(collection: index.collection, embedder: nil, mode: .sparse)
    await #expect(throws: RetrievalError.self) { try await blind.search(Query("hay")) }
    let other = Searcher(collection: index.collection, embedder: nil, sparseEmbedder: HashingSparseEmbedder(name: "other"), mode: .sparse)
    await #expect(throws: RetrievalError.self) { try await other.search(Query("hay")) }
    let without = try await Self.index(sparse: false)
    let asked = Searcher(
      collection: without.collection, embedder: HashingEmbedder(), sparseEmbedder: HashingSparseEmbedder(), mode: .sparse)
    await #expect(throws: RetrievalError.self) { try await asked.search(Query("hay")) }
    // Words need no model.
    #expect(try await Searcher(collection: index.collection, embedder: nil, mode: .lexical).search(Query("hay")).answers.count == 2)
  }
}
