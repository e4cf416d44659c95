import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import Testing

@Suite struct BinaryParagraphVectorsTests {
  static let planted = PlantedTexts(count: 150)

  static var training: ShallowTraining {
    var training = ShallowTraining()
    training.dimension = 16
    training.minimumCount = 1
    training.sample = 0
    training.epochs = 40
    return training
  }

  @Test func roundingIsExactForwardsAndTheSigmoidsBackwards() {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<1000 {
      let logit = Float.random(in: -6...6, using: &generator)
      let error = Float.random(in: -1...1, using: &generator)
      let (activation, output) = CodeLayer.rounded.forward(logit)
      let (smoothActivation, smoothOutput) = CodeLayer.smooth.forward(logit)
      #expect(output == (logit > 0 ? 1 : 0))
      #expect(activation == smoothActivation && smoothOutput == activation)
      let gradient = CodeLayer.rounded.backward(error, activation: activation)
      #expect(gradient == CodeLayer.smooth.backward(error, activation: activation), "the gradient is that of the sigmoid path")
      let difference = (CodeLayer.smooth.forward(logit + 1e-2).output - CodeLayer.smooth.forward(logit - 1e-2).output) / 2e-2
      #expect(abs(gradient - error * difference) < 1e-3)
    }
  }

  @Test(arguments: [(false, nil), (true, nil), (false, 24)] as [(Bool, Int?)])
  func codesOfATopicComeTogether(usesContext: Bool, realDimension: Int?) throws {
    var options = BinaryCodeOptions()
    options.bits = 32
    options.codeRate = 8
    options.usesContext = usesContext
    options.realDimension = realDimension
    let model = try BinaryParagraphVectors.learn(from: WordCorpus(Self.planted.texts), options: options, training: Self.training)
    let codes = model.codes(of: model.learnedTexts)
    let distances = (0..<codes.count).map { codes.distances(from: $0, to: codes) }
    #expect(Self.planted.agreement { -Float(distances[$0][$1]) } > 0.9)
    #expect(model.learnedTexts.dimension == realDimension ?? 32)
  }

  @Test func inferredCodesAgreeWithLearnedOnes() async throws {
    var options = BinaryCodeOptions()
    options.bits = 64
    options.codeRate = 8
    let model = try BinaryParagraphVectors.learn(from: WordCorpus(Self.planted.texts), options: options, training: Self.training)
    let unseen = PlantedTexts(count: 30, seed: 9)
    let codes = HammingCodes(signsOf: try await model.encode(unseen.texts, as: .document))
    let learned = model.codes(of: model.learnedTexts)
    let right = unseen.topics.indices.filter { text in
      let distances = codes.distances(from: text, to: learned)
      let nearest = distances.indices.min { distances[$0] < distances[$1] }
      return nearest.map { Self.planted.topics[$0] } == unseen.topics[text]
    }
    #expect(right.count >= 27)
  }

  @Test func distancesAndBucketsAgreeWithComparingBitByBit() {
    var generator = SeededGenerator(seed: 5)
    for bits in [1, 7, 32, 64, 65, 130] {
      let vectors = (0..<2).map { _ in
        DenseVectors(dimension: bits, values: (0..<200 * bits).map { _ in Float.random(in: -1...1, using: &generator) })
      }
      let (queries, codes) = (HammingCodes(signsOf: vectors[0]), HammingCodes(signsOf: vectors[1]))
      for query in 0..<5 {
        let expected = (0..<200).map { row in
          zip(vectors[0][query], vectors[1][row]).filter { ($0 > 0) != ($1 > 0) }.count
        }
        let distances = queries.distances(from: query, to: codes)
        #expect(distances == expected)
        guard bits <= 32 else { continue }
        for radius in 0...2 {
          let near = expected.indices.filter { expected[$0] <= radius }.sorted { (expected[$0], $0) < (expected[$1], $1) }
          #expect(CodeBuckets(codes).rows(within: radius, of: query, in: queries) == near)
        }
      }
      #expect(HammingCodes(signsOf: codes.vectors) == codes)
    }
  }
}
