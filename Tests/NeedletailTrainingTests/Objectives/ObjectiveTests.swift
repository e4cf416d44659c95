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
    WeightedSum([(0.3, Contrastive()), (2, SimilarityRegression())]), PassageContrast(temperature: 0.5),
    PassageContrast(comparison: .dot, temperature: 1), Contrastive(temperature: 0.5, sparedSimilarity: 0.3),
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

  @Test func copiesOfAnAnswerCarryNoGradient() throws {
    // passage 1 is a copy of what answers query 0, passage 2 is not
    var data = TrainingExamples()
    let passages = ["answer", "copy", "other"].map { data.passage($0) }
    let query = data.query("query")
    data.append(.init(query: query, positives: [passages[0]], negatives: [passages[1], passages[2]]))
    var generator = SeededGenerator(seed: 1)
    let batch = ExampleBatch([0], of: data, positiveCount: 1, negativeCount: 2, using: &generator)
    func gradient(_ spared: Float?) throws -> [Float] {
      let tape = Tape()
      let own = try tape.variable([1, 0.2, 0, 1, 0.19, 0, 0.3, 1, 0.2], shape: [3, 3])
      let query = try tape.constant([0.8, 0.5, 0.1], shape: [1, 3])
      try tape.differentiate(Contrastive(comparison: .dot, temperature: 1, sparedSimilarity: spared).loss(queries: query, passages: own, batch: batch))
      return own.gradient
    }
    let (plain, spared) = (try gradient(nil), try gradient(0.95))
    #expect(plain[3..<6].contains { abs($0) > 0.05 } && spared[3..<6].allSatisfy { $0 == 0 })
    #expect(spared[6..<9].contains { abs($0) > 0.05 })
  }

  @Test func passagesArePushedApartBesideTheirQueries() throws {
    let tape = Tape()
    let (all, value) = try loss(PassageContrast(temperature: 0.5), values, on: tape)
    try tape.differentiate(value)
    // a step against the gradient makes answers less like the passages that answer nothing, which plain contrast does not ask for
    func likeness(_ values: [Float]) throws -> Float {
      let tape = Tape()
      let own = try tape.constant(Array(values.dropFirst(3 * Self.dimension)), shape: [batch.passages.count, Self.dimension]).unitLength()
      let scores = try own.matrixProduct(own, transposesOther: true).values
      let pairs = batch.positives.indices.flatMap { row in
        (0..<batch.passages.count).filter { !batch.positives[row].contains($0) && !batch.ignored[row].contains($0) }
          .map { scores[(batch.positives[row].first ?? 0) * batch.passages.count + $0] }
      }
      return pairs.reduce(0, +) / Float(pairs.count)
    }
    let moved = zip(values, all.gradient).map { $0 - 0.5 * $1 }
    #expect(try likeness(moved) < likeness(values) - 1e-3)
  }
}
