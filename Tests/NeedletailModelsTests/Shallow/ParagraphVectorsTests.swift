import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import Testing

@Suite struct ParagraphVectorsTests {
  static let planted = PlantedTexts(count: 150)

  static var training: ShallowTraining {
    var training = ShallowTraining()
    training.dimension = 24
    training.minimumCount = 1
    training.sample = 0
    training.epochs = 40
    training.window = 5
    return training
  }

  @Test(arguments: ParagraphVectors.Objective.allCases, [false, true])
  func textsOfATopicComeTogether(_ objective: ParagraphVectors.Objective, hierarchical: Bool) throws {
    var training = Self.training
    training.usesHierarchicalSoftmax = hierarchical
    if hierarchical { training.negatives = 0 }
    let model = try ParagraphVectors.learn(from: WordCorpus(Self.planted.texts), objective: objective, training: training)
    let vectors = model.learnedTexts
    #expect(Self.planted.agreement { plantedCosine(vectors[$0], vectors[$1]) } > 0.9)
  }

  @Test func wordsAndTextsShareASpaceOnlyWhenWordsAreTrainedToo() throws {
    func agreement(_ objective: ParagraphVectors.Objective) throws -> Double {
      let model = try ParagraphVectors.learn(from: WordCorpus(Self.planted.texts), objective: objective, training: Self.training)
      let topicVectors = try PlantedTexts.topicWords.map { try #require(model.vector(of: $0[0])) }
      let right = Self.planted.topics.indices.filter { text in
        let scores = topicVectors.map { plantedCosine($0, model.learnedTexts[text]) }
        return scores.indices.max { scores[$0] < scores[$1] } == Self.planted.topics[text]
      }
      return Double(right.count) / Double(Self.planted.topics.count)
    }
    #expect(try agreement(.bagOfWordsAndContexts) > 0.95)
    #expect(try agreement(.bagOfWords) < 0.8)
  }

  @Test(arguments: ParagraphVectors.Objective.allCases)
  func aNewTextFallsAmongThoseOfItsTopic(_ objective: ParagraphVectors.Objective) async throws {
    let model = try ParagraphVectors.learn(from: WordCorpus(Self.planted.texts), objective: objective, training: Self.training)
    let unseen = PlantedTexts(count: 30, seed: 9)
    let vectors = try await model.encode(unseen.texts, as: .document)
    let right = unseen.topics.indices.filter { text in
      let nearest = Self.planted.topics.indices.max {
        plantedCosine(vectors[text], model.learnedTexts[$0]) < plantedCosine(vectors[text], model.learnedTexts[$1])
      }
      return nearest.map { Self.planted.topics[$0] } == unseen.topics[text]
    }
    #expect(right.count >= 28)
    #expect(try await model.encode([unseen.texts[0]], as: .query).values == Array(vectors[0]), "alone or in a batch, the same")
    #expect(try await model.encode(["qqq 17"], as: .query).values.allSatisfy { $0 == 0 })
  }

  @Test func equalSeedsGiveEqualModels() throws {
    let corpus = WordCorpus(Self.planted.texts)
    var training = Self.training
    training.epochs = 2
    let first = try ParagraphVectors.learn(from: corpus, training: training)
    let second = try ParagraphVectors.learn(from: corpus, training: training)
    training.seed = 2
    let third = try ParagraphVectors.learn(from: corpus, training: training)
    #expect(first.profile == second.profile)
    #expect(first.learnedTexts == second.learnedTexts)
    #expect(first.profile.digest != third.profile.digest)
  }

  @Test func severalThreadsLearnAsWell() throws {
    var training = Self.training
    training.threads = 2
    let model = try ParagraphVectors.learn(from: WordCorpus(Self.planted.texts), training: training)
    #expect(Self.planted.agreement { plantedCosine(model.learnedTexts[$0], model.learnedTexts[$1]) } > 0.95)
  }

  @Test(arguments: WordVectors.Objective.allCases)
  func wordsOfATopicAreNearEachOther(_ objective: WordVectors.Objective) async throws {
    let model = try WordVectors.learn(from: WordCorpus(Self.planted.texts), objective: objective, training: Self.training)
    let guitar = try #require(model.vector(of: "guitar"))
    let nearest = model.nearestWords(to: guitar, limit: 6).map(\.word)
    #expect(nearest.first == "guitar")
    #expect(nearest.filter(PlantedTexts.topicWords[0].contains).count >= 5)
    let vectors = try await model.encode(["orbit rocket", "planet comet", "goal coach"], as: .document)
    #expect(plantedCosine(vectors[0], vectors[1]) > plantedCosine(vectors[0], vectors[2]))
  }

  @Test func impossibleNumbersAreRefused() {
    let corpus = WordCorpus(Self.planted.texts)
    let changes: [(inout ShallowTraining) -> Void] = [
      { $0.dimension = 0 }, { $0.window = 0 }, { $0.epochs = 0 }, { $0.negatives = 0 }, { $0.rate = .nan }, { $0.threads = 0 },
      { $0.sample = -1 }, { $0.finalRate = 1 },
    ]
    for change in changes {
      var training = ShallowTraining()
      change(&training)
      #expect(throws: ModelError.self) { try ParagraphVectors.learn(from: corpus, training: training) }
    }
    #expect(throws: ModelError.self) { try ParagraphVectors.learn(from: WordCorpus(["", "one"], minimumCount: 2)) }
  }

  @Test func cancellingStopsTheTraining() async {
    let task = Task {
      var training = Self.training
      training.epochs = 10_000
      return try ParagraphVectors.learn(from: WordCorpus(Self.planted.texts), training: training)
    }
    task.cancel()
    await #expect(throws: ModelError.cancelled) { try await task.value }
  }
}
