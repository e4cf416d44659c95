import Foundation
import NeedletailNumerics
import NeedletailTraining
import Testing

@Suite struct ObjectiveTests {
  private let batch: ExampleBatch
  private let values: [Float]
  private static let dimension = 6

  init() {
    var data = TrainingExamples()
    let passages = (0..<6).map { data.passage("passage \($0)") }
    for row in 0..<3 {
      let query = data.query("query \(row)")
      data.append(.init(
        query: query, positives: [passages[row], passages[row + 1]], negatives: [passages[row + 2], passages[5]],
        teacherScores: [3, 2, 1, 0.5], similarity: 0.25 * Double(row)))
    }
    var generator = SeededGenerator(seed: 1)
    batch = ExampleBatch(0..<3, of: data, positiveCount: 2, negativeCount: 2, using: &generator)
    values = (0..<(3 + batch.passages.count) * Self.dimension).map { _ in .random(in: -1...1, using: &generator) }
  }

  private func loss(_ objective: any Objective, _ values: [Float], on tape: Tape = Tape()) throws -> (Tensor, Tensor) {
    let all = try tape.variable(values, shape: [3 + batch.passages.count, Self.dimension])
    return (all, try objective.loss(queries: all.rows(0..<3), passages: all.rows(3..<all.shape[0]), batch: batch))
  }

  private static let objectives: [any Objective] = [
    Contrastive(temperature: 0.5), Contrastive(comparison: .dot, temperature: 1, isSymmetric: true),
    Contrastive(loss: .joint(isMean: true), comparison: .dot, temperature: 1), Contrastive(loss: .random, temperature: 0.3),
    Distillation(.distribution(temperature: 2)), Distillation(.margins), Distillation(.pairwiseOrder, comparison: .cosine),
    Distillation(.listwiseOrder), SimilarityRegression(), TripletMargin(margin: 0.5),
    NestedDimensions(Contrastive(temperature: 0.5), dimensions: [2, 4]),
    WeightedSum([(0.3, Contrastive()), (2, SimilarityRegression())]),
  ]

  @Test(arguments: objectives.indices) func gradientsAreThoseOfTheLoss(index: Int) throws {
    let objective = Self.objectives[index]
    let tape = Tape()
    let (all, value) = try loss(objective, values, on: tape)
    #expect(value.value > 0)
    try tape.differentiate(value)
    let gradient = all.gradient
    var generator = SeededGenerator(seed: 6)
    // along random directions, so that few evaluations in single precision suffice
    for _ in 0..<4 {
      let direction = values.map { _ in Float.random(in: -1...1, using: &generator) }
      let step: Float = 2e-3
      let above = try loss(objective, zip(values, direction).map { $0 + step * $1 }).1.value
      let below = try loss(objective, zip(values, direction).map { $0 - step * $1 }).1.value
      let slope = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0 * $1.1) }
      #expect(abs(Double(above - below) / Double(2 * step) - slope) < 0.02 * max(1, abs(slope)), "objective \(index)")
    }
  }

  @Test func passagesKnownToAnswerAQueryAreNotItsNegatives() throws {
    // query 0 has passages 0 and 1; with one positive each, the other one is ignored wherever it comes from
    var data = TrainingExamples()
    let (a, b) = (data.passage("a"), data.passage("b"))
    let (first, second) = (data.query("first"), data.query("second"))
    data.append(.init(query: first, positives: [a]))
    data.append(.init(query: second, positives: [b]))
    data.append(.init(query: first, positives: [b]))
    var generator = SeededGenerator(seed: 1)
    let batch = ExampleBatch([0, 1], of: data, positiveCount: 1, negativeCount: 0, using: &generator)
    #expect(batch.passages == [a, b] && batch.positives == [[0], [1]] && batch.ignored == [[1], []])
  }

  @Test func aTeacherThatAgreesLeavesNothingToLearn() {
    let scores = [3.0, 1, 0.5]
    for target in [Distillation.Target.distribution(temperature: 1), .margins] {
      let (value, gradient) = target.value(student: scores, teacher: scores)
      #expect(abs(value) < 1e-12 && gradient.allSatisfy { abs($0) < 1e-12 })
    }
    let (_, order) = Distillation.Target.pairwiseOrder.value(student: [0, 1], teacher: [1, 0])
    #expect(order[0] < 0 && order[1] > 0)
  }
}
