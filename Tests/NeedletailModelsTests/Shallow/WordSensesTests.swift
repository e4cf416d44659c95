import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import Testing

@Suite struct WordSensesTests {
  @Test func gumbelSoftmaxChoosesByTheSoftmax() {
    let logits: [Float] = [0.3, -1, 1.2, 0]
    var weights = [Float](repeating: 0, count: 4)
    var generator = SeededGenerator(seed: 7)
    var chosen = [Double](repeating: 0, count: 4)
    for _ in 0..<100_000 {
      SenseSelection.draw(logits, temperature: 0.5, into: &weights, &generator)
      chosen[weights.indices.max { weights[$0] < weights[$1] } ?? 0] += 1e-5
    }
    SenseSelection.soften(logits, into: &weights)
    #expect(zip(chosen, weights).allSatisfy { abs($0 - Double($1)) < 0.01 })
    for _ in 0..<100 {
      SenseSelection.draw(logits, temperature: 1e-4, into: &weights, &generator)
      #expect(weights.filter { $0 > 0.999 }.count == 1)
    }
  }

  @Test func gradientsThroughTheChoiceAreThoseOfFiniteDifferences() {
    let logits: [Float] = [0.3, -1, 1.2]
    let errors: [Float] = [0.5, -0.2, 0.9]
    var weights = [Float](repeating: 0, count: 3)
    var gradient = weights
    func value(_ logits: [Float]) -> (product: Float, entropy: Float) {
      var weights = [Float](repeating: 0, count: 3)
      SenseSelection.soften(logits, into: &weights)
      return (zip(weights, errors).reduce(0) { $0 + $1.0 * $1.1 }, weights.reduce(0) { $0 - $1 * log($1) })
    }
    SenseSelection.soften(logits, into: &weights)
    SenseSelection.backward(errors, weights: weights, temperature: 1, into: &gradient)
    var entropyGradient = [Float](repeating: 0, count: 3)
    SenseSelection.addEntropyGradient(weights: weights, scale: 1, to: &entropyGradient)
    for index in logits.indices {
      var (more, less) = (logits, logits)
      more[index] += 1e-2
      less[index] -= 1e-2
      #expect(abs((value(more).product - value(less).product) / 2e-2 - gradient[index]) < 1e-3)
      #expect(abs((value(more).entropy - value(less).entropy) / 2e-2 - entropyGradient[index]) < 1e-3)
    }
  }

  /// One word in the place of two of different topics.
  @Test func aWordOfTwoTopicsGetsASenseForEach() throws {
    let planted = PlantedTexts(count: 600, words: 20)
    let texts = planted.texts.map {
      $0.replacingOccurrences(of: "guitar", with: "double").replacingOccurrences(of: "rocket", with: "double")
    }
    var options = SenseOptions()
    options.senses = 3
    var training = ShallowTraining()
    training.dimension = 24
    training.minimumCount = 1
    training.sample = 0
    training.epochs = 20
    training.rate = 0.05
    training.negatives = 10
    let model = try WordSenses.learn(from: WordCorpus(texts), options: options, training: training)
    for choice in WordSenses.Choice.allCases {
      let music = try #require(model.sense(of: "double", among: ["melody", "concert", "violin", "opera", "singer"], by: choice))
      let space = try #require(model.sense(of: "double", among: ["orbit", "planet", "comet", "lunar", "galaxy"], by: choice))
      #expect(music != space)
    }
    let senses = try #require(model.senses(of: "double"))
    #expect(senses.count >= 2)
    #expect(senses.allSatisfy { $0.prior >= options.pruning } && senses.reduce(0) { $0 + $1.prior } < 1.001)
    #expect(model.sense(of: "nothing", among: []) == nil && model.senses(of: "nothing") == nil)
    let again = try WordSenses.learn(from: WordCorpus(texts), options: options, training: training)
    #expect(again.profile == model.profile)
  }
}
