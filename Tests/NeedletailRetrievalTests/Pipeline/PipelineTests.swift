import Foundation
import NeedletailCore
import NeedletailRetrieval
import NeedletailStore
import Testing

@Suite struct PipelineTests {
  private static let words = ["moon", "tide", "sea", "water", "bread", "yeast", "dough", "oven", "bird", "wing", "nest", "sky", "river", "stone", "rain"]

  /// Sixty short texts of few words, so that sources agree on some and not on others.
  private func filled(_ scratch: Scratch) async throws -> Searcher {
    let index = try TextIndex(named: "words", in: DataDirectory(path: scratch.path), embedder: HashingEmbedder())
    var generator = SeededGenerator(seed: 7)
    try await index.add((0..<60).map { number in
      let text = (0..<6).map { _ in Self.words.randomElement(using: &generator) ?? "" }.joined(separator: " ")
      return Document(id: "d\(number)", text: text, payload: ["even": .bool(number % 2 == 0)])
    })
    return index.searcher
  }

  private func ids(_ specification: PipelineSpecification, _ searcher: Searcher, limit: Int = 20) async throws -> [PassageID] {
    try await Pipeline(specification, searcher: searcher).retrieve(Query("moon tide bread", limit: limit)).map(\.passage)
  }

  private func ranking(_ mode: SearchMode, _ searcher: Searcher) async throws -> [PassageID] {
    var searcher = searcher
    searcher.mode = mode
    return try await searcher.retrieve(Query("moon tide bread", limit: 20)).map(\.passage)
  }

  @Test func aSingleSourceAnswersAsTheSearcherDoes() async throws {
    let scratch = try Scratch()
    let searcher = try await filled(scratch)
    #expect(try await ids(PipelineSpecification(sources: [.init(.dense)]), searcher) == ranking(.dense, searcher))
    #expect(try await ids(PipelineSpecification(sources: [.init(.lexical)]), searcher) == ranking(.lexical, searcher))
  }

  @Test func interpolationAtItsEndsIsOneSource() async throws {
    let scratch = try Scratch()
    let searcher = try await filled(scratch)
    for (name, mode) in [("dense", SearchMode.dense), ("lexical", .lexical)] {
      let weights = ["dense": name == "dense" ? 1.0 : 0, "lexical": name == "lexical" ? 1.0 : 0]
      let specification = PipelineSpecification(sources: [.init(.dense), .init(.lexical)], fusion: .interpolation(.init(weights: weights)))
      #expect(try await ids(specification, searcher) == ranking(mode, searcher))
    }
  }

  @Test(arguments: [VectorFeedback(method: .average, documents: 0), VectorFeedback(method: .rocchio, alpha: 1, beta: 0)])
  func feedbackThatMovesNothingChangesNothing(feedback: VectorFeedback) async throws {
    let scratch = try Scratch()
    let searcher = try await filled(scratch)
    let specification = PipelineSpecification(sources: [.init(.dense, vectorFeedback: feedback)])
    #expect(try await ids(specification, searcher) == ranking(.dense, searcher))
  }

  /// The four conditions, each put together by hand from the searches of the snapshot.
  @Test(arguments: PipelineSpecification.Interpolation.allCases)
  func mixesSourcesWhereItIsTold(interpolation: PipelineSpecification.Interpolation) async throws {
    let scratch = try Scratch()
    let searcher = try await filled(scratch)
    let snapshot = try searcher.collection.snapshot()
    let question = try await HashingEmbedder().encode(["moon tide bread"], as: .query).values
    func dense(_ vector: [Float]) throws -> SourceRanking {
      SourceRanking(source: "dense", passages: try snapshot.nearest(to: vector, limit: 30).map { ($0.id, Double($0.score)) })
    }
    let lexical = SourceRanking(source: "lexical", passages: try snapshot.lexical("moon tide bread", limit: 30).map { ($0.id, Double($0.score)) })
    let fusion = ScoreInterpolation()
    let first = try dense(question)
    let basis = interpolation == .before || interpolation == .both ? fusion.fuse([first, lexical]).map(\.id) : first.passages.map(\.id)
    let second = try dense(VectorFeedback().moved(question, towards: snapshot.vectors(of: Array(basis.prefix(3))).vectors))
    let expected = interpolation == .after || interpolation == .both ? fusion.fuse([second, lexical]).map(\.id) : second.passages.map(\.id)

    let specification = PipelineSpecification(
      sources: [.init(.dense, depth: 30, vectorFeedback: VectorFeedback()), .init(.lexical, depth: 30)], fusion: .interpolation(fusion),
      interpolation: interpolation)
    #expect(try await ids(specification, searcher) == Array(expected.prefix(20)))
  }

  @Test func addedTermsFindPassagesWithoutAWordOfTheQuestion() async throws {
    let scratch = try Scratch()
    let searcher = try await filled(scratch)
    let plain = PipelineSpecification(sources: [.init(.lexical)])
    var source = PipelineSpecification.Source(.lexical, termFeedback: TermFeedback(largestDocumentShare: 1))
    let before = Set(try await ids(plain, searcher, limit: 60))
    let after = Set(try await ids(PipelineSpecification(sources: [source]), searcher, limit: 60))
    #expect(after.isStrictSuperset(of: before))
    source.termFeedback = TermFeedback(largestDocumentShare: 0)
    #expect(Set(try await ids(PipelineSpecification(sources: [source]), searcher, limit: 60)) == before)
  }

  @Test func pipelinesAndRetrieversAreSources() async throws {
    let scratch = try Scratch()
    let searcher = try await filled(scratch)
    let inner = PipelineSpecification(sources: [.init(.dense), .init(.lexical)])
    let outer = PipelineSpecification(sources: [.init(.pipeline, pipeline: inner)])
    let expected = try await ids(inner, searcher)
    #expect(try await ids(outer, searcher) == expected)
    let asRetriever = try Pipeline(
      PipelineSpecification(sources: [.init(.retriever, name: "other", depth: 100)]), searcher: searcher,
      retrievers: ["other": Pipeline(inner, searcher: searcher)])
    #expect(try await asRetriever.retrieve(Query("moon tide bread", limit: 20)).map(\.passage) == expected)
  }

  @Test func rerankersSeeTheFirstAnswersAndMayDropThem() async throws {
    struct Backwards: Reranker {
      func rerank(_ query: Query, _ candidates: [Candidate]) async throws -> [Hit] {
        candidates.reversed().dropLast().enumerated().map { place, candidate in
          var hit = candidate.hit
          hit.score = -Double(place)
          return hit
        }
      }
    }
    let scratch = try Scratch()
    let searcher = try await filled(scratch)
    let plain = try await ids(PipelineSpecification(sources: [.init(.dense)]), searcher)
    let specification = PipelineSpecification(sources: [.init(.dense)], rerank: [.init(.model, model: "backwards", depth: 5)])
    let pipeline = try Pipeline(specification, searcher: searcher, rerankers: ["backwards": Backwards()])
    let hits = try await pipeline.retrieve(Query("moon tide bread", limit: 19))
    #expect(hits.map(\.passage) == plain[1..<5].reversed() + plain[5...])
    #expect(hits.map(\.score) == hits.map(\.score).sorted(by: >))
    #expect(throws: PipelineError.missing(kind: "reranker", name: "backwards")) { try Pipeline(specification, searcher: searcher) }
  }

  @Test func endsTheListAtTheCutOff() async throws {
    let scratch = try Scratch()
    let searcher = try await filled(scratch)
    var dense = searcher
    dense.mode = .dense
    let hits = try await dense.retrieve(Query("moon tide bread", limit: 20))
    let threshold = hits[7].score
    func kept(_ cutoff: PipelineSpecification.RelevanceCutoff) async throws -> Int {
      try await ids(PipelineSpecification(sources: [.init(.dense)], relevance: cutoff), searcher).count
    }
    #expect(try await kept(.init(.score(atLeast: threshold))) == hits.count { $0.score >= threshold })
    #expect(try await kept(.init(.score(atLeast: 99))) == 0)
    #expect(try await kept(.init(.score(atLeast: 99), minimumKept: 4)) == 4)
  }

  @Test func explainsEachStage() async throws {
    let scratch = try Scratch()
    let searcher = try await filled(scratch)
    let specification = PipelineSpecification(
      sources: [.init(.dense, vectorFeedback: VectorFeedback()), .init(.lexical)], fusion: .interpolation(.init()),
      rerank: [.init(.vectors, depth: 5)], relevance: .init(.score(atLeast: 0)))
    let response = try await Pipeline(specification, searcher: searcher).search(Query("moon tide bread", limit: 5))
    #expect(response.explanation.stages.map(\.name) == [
      "encode", "dense", "lexical", "dense feedback", "dense", "fuse", "rerank vectors", "relevance", "load", "highlight",
    ])
    #expect(response.explanation.stages.last { $0.name == "lexical" }?.detail?.contains("of 5 answers") == true)
    let sources = response.answers.flatMap(\.contributions).map(\.source)
    #expect(Set(sources) == ["dense", "lexical", "vectors"])
  }

  @Test func keepsToTheFilter() async throws {
    let scratch = try Scratch()
    let searcher = try await filled(scratch)
    let specification = PipelineSpecification(sources: [.init(.dense, vectorFeedback: VectorFeedback()), .init(.lexical, termFeedback: TermFeedback())])
    let hits = try await Pipeline(specification, searcher: searcher)
      .retrieve(Query("moon tide bread", filter: .match(field: "even", values: [true]), limit: 60))
    #expect(hits.count == 30)
    #expect(hits.allSatisfy { Int($0.document.dropFirst())?.isMultiple(of: 2) == true })
  }
}
