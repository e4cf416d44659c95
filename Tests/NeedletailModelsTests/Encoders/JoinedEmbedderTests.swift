import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import NeedletailText
import Testing

@Suite struct JoinedEmbedderTests {
  private let folder = NSTemporaryDirectory() + "needletail-joined-" + UUID().uuidString
  private let texts = ["needle in the hay", "the quick fox", "hello world", "a lazy dog sleeps in hay", "needle"]

  private func untrained(_ change: (inout UntrainedModel) -> Void = { _ in }) throws -> ModelDirectory {
    let fixtures = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
    let base = try ModelDirectory(path: fixtures.appending(path: "transformers/tiny-bert").path)
    var model = UntrainedModel()
    (model.layers, model.hiddenSize, model.heads, model.intermediateSize, model.maximumTokens) = (1, 12, 2, 24, 32)
    model.vocabularySize = 110
    change(&model)
    try model.write(to: folder, tokenizerOf: base, texts: texts)
    return try ModelDirectory(path: folder)
  }

  @Test func theJoinedScoreIsThatOfTheVectorsWrittenOneBehindTheOther() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let embedder = try JoinedEmbedder(untrained(), termCount: 9)
    let documents = try embedder.encodeNow(texts, as: .document)
    let queries = try embedder.encodeNow(["fox", "needle in hay"], as: .query)
    func dense(_ vectors: JoinedVectors, _ row: Int) -> [Double] {
      var values = vectors.summaries[row].map(Double.init) + [Double](repeating: 0, count: vectors.terms.dimension)
      for place in vectors.terms.offsets[row]..<vectors.terms.offsets[row + 1] {
        values[12 + Int(vectors.terms.terms[place])] = Double(vectors.terms.weights[place])
      }
      return values
    }
    for query in 0..<2 {
      let both = documents.scores(for: query, of: queries)
      let (summary, terms) = (documents.scores(for: query, of: queries, by: .summary), documents.scores(for: query, of: queries, by: .terms))
      for row in texts.indices {
        let expected = zip(dense(queries, query), dense(documents, row)).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(Double(both[row]) - expected) < 1e-5)
        #expect(abs(both[row] - summary[row] - terms[row]) < 1e-5)
      }
    }
    for row in texts.indices {
      let places = documents.terms.offsets[row]..<documents.terms.offsets[row + 1]
      #expect(places.count <= 9)
      #expect(abs(documents.terms.weights[places].reduce(0) { $0 + $1 * $1 } - 1) < 1e-4)
      #expect(documents.terms.weights[places].allSatisfy { $0 > 0 })
    }
  }

  @Test func theVocabularyKeepsWhatIsUsedMostAndSpellsTheRest() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let directory = try untrained()
    let tokenizer = try directory.tokenizer()
    #expect(tokenizer.vocabularySize <= 110 && tokenizer.vocabularySize == directory.configuration.vocabularySize)
    for text in texts { #expect(!tokenizer.encode(text, maximumTokens: nil).ids.contains(tokenizer.unknownID ?? -1)) }
    #expect(tokenizer.id(of: "[MASK]") == 4)
  }

  @Test func equalSeedsGiveEqualWeightsAndHeadsHaveToDivide() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let first = try untrained().weight(of: .query(layer: 0))
    #expect(try untrained().weight(of: .query(layer: 0)) == first)
    #expect(try untrained { $0.seed = 2 }.weight(of: .query(layer: 0)) != first)
    #expect(throws: ModelError.self) { try untrained { $0.heads = 5 } }
  }

  @Test func aModelWithoutTheHeadIsRefused() throws {
    let fixtures = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
    #expect(throws: ModelError.self) { try JoinedEmbedder(ModelDirectory(path: fixtures.appending(path: "transformers/tiny-bert").path)) }
  }
}
