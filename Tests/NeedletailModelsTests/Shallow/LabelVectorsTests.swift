import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import Testing

@Suite struct LabelVectorsTests {
  private static let topics = zip(["music", "sport", "space"], PlantedTexts.topicWords).map {
    KeywordTopic(name: $0, keywords: Array($1.prefix(2)) + ["unheardof"])
  }

  private static func model() throws -> (planted: PlantedTexts, model: ParagraphVectors) {
    let planted = PlantedTexts(count: 150)
    return (planted, try ParagraphVectors.learn(from: WordCorpus(planted.texts), training: ParagraphVectorsTests.training))
  }

  @Test func documentsFindTheirTopics() throws {
    let (planted, model) = try Self.model()
    var options = LabelOptions()
    options.minimumDocuments = 10
    let labels = try LabelVectors.learn(
      Self.topics, documents: model.learnedTexts, options: options, keywordVector: { model.vector(of: $0) })
    let found = labels.classify(scores: labels.scores(of: model.learnedTexts))
    #expect(zip(found, planted.topics).filter { $0.topic == $1 }.count >= 147)
    #expect(found.allSatisfy { $0.confidence > 1.0 / 3 - 1e-4 && $0.confidence <= 1 })
    #expect(labels.unknownKeywords == [["unheardof"], ["unheardof"], ["unheardof"]])
  }

  @Test func candidatesRespectTheirBounds() throws {
    let (_, model) = try Self.model()
    func candidates(_ change: (inout LabelOptions) -> Void) throws -> [Int] {
      var options = LabelOptions()
      options.minimumDocuments = 1
      change(&options)
      return try LabelVectors.learn(
        [Self.topics[0]], documents: model.learnedTexts, options: options, keywordVector: { model.vector(of: $0) }).candidates[0]
    }
    let all = try candidates { $0.threshold = -1.01 }
    #expect(all.count == 150)
    #expect(try candidates { $0.threshold = 1.01; $0.minimumDocuments = 5 } == Array(all.prefix(5)), "the five nearest")
    #expect(try candidates { $0.threshold = -1; $0.maximumDocuments = 7 } == Array(all.prefix(7)))
    #expect(try candidates { $0.threshold = nil } == Array(all.prefix(1)), "offset 0 is the nearest alone")
    #expect(try candidates { $0.threshold = nil; $0.offset = 2.1 } == all)
  }

  @Test func outliersAreLeftOut() throws {
    var generator = SeededGenerator(seed: 2)
    // A cluster around the first axis, and five documents in other directions.
    var rows: [Float] = []
    for _ in 0..<100 {
      rows.append(1)
      for _ in 0..<7 { rows.append(Float.random(in: -0.1...0.1, using: &generator)) }
    }
    for far in 0..<5 { for axis in 0..<8 { rows.append(axis == far + 2 ? 1 : axis == 0 ? 0.2 : 0) } }
    var options = LabelOptions()
    options.threshold = -1
    options.removesOutliers = true
    let labels = try LabelVectors.learn(
      [KeywordTopic(name: "axis", keywords: ["x"])], documents: DenseVectors(dimension: 8, values: rows), options: options,
      keywordVector: { _ in [1, 0, 0, 0, 0, 0, 0, 0] })
    #expect(labels.candidates[0].allSatisfy { $0 < 100 })
    #expect(labels.candidates[0].count >= 95)
  }

  @Test func topicsThatCannotBeLearnedAreRefused() {
    let documents = DenseVectors(dimension: 2, values: [1, 0, 0, 1])
    func learn(_ topics: [KeywordTopic], _ documents: DenseVectors, vector: [Float]? = [1, 0]) throws {
      _ = try LabelVectors.learn(topics, documents: documents, keywordVector: { _ in vector })
    }
    let topic = KeywordTopic(name: "a", keywords: ["x"])
    #expect(throws: ModelError.self) { try learn([], documents) }
    #expect(throws: ModelError.self) { try learn([topic], DenseVectors(dimension: 2, values: [])) }
    #expect(throws: ModelError.self) { try learn([topic, topic], documents) }
    #expect(throws: ModelError.self) { try learn([topic], documents, vector: nil) }
    #expect(throws: ModelError.self) { try learn([KeywordTopic(name: "a", keywords: [])], documents) }
  }
}
