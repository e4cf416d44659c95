import Foundation
import NeedletailNumerics
import NeedletailTraining
import Testing

@Suite struct SparsityPenaltyTests {
  @Test func penaltiesAreTheirDefinitions() throws {
    let row: [Float] = [0.5, 0, 2, 0.25]
    let tape = Tape()
    let same = try tape.constant(row + row + row, shape: [3, 4])
    #expect(abs(try SparsityPenalty.operations.loss(of: same).value - row.reduce(0) { $0 + $1 * $1 }) < 1e-6)
    #expect(abs(try SparsityPenalty.absolute.loss(of: same).value - 2.75) < 1e-6)
    // terms that all share are dear, the same weights apart are not
    let apart = try tape.constant([3, 0, 0, 0, 3, 0, 0, 0, 3], shape: [3, 3])
    let shared = try tape.constant([3, 0, 0, 3, 0, 0, 3, 0, 0], shape: [3, 3])
    #expect(abs(try SparsityPenalty.operations.loss(of: apart).value - 3) < 1e-6)
    #expect(abs(try SparsityPenalty.operations.loss(of: shared).value - 9) < 1e-6)
    #expect(try SparsityPenalty.absolute.loss(of: apart).value == SparsityPenalty.absolute.loss(of: shared).value)
  }

  @Test(arguments: [SparsityPenalty.operations, .absolute]) func gradientsOfThePenaltiesAgreeWithDifferences(_ penalty: SparsityPenalty) throws {
    let weights: [Float] = [0.5, 0.1, 2, 0.25, 1, 0.75]
    let tape = Tape()
    let variable = try tape.variable(weights, shape: [2, 3])
    try tape.differentiate(penalty.loss(of: variable))
    let gradient = variable.gradient
    for place in weights.indices {
      let values = try [Float(1e-2), -1e-2].map { step in
        var moved = weights
        moved[place] += step
        return try penalty.loss(of: Tape().constant(moved, shape: [2, 3])).value
      }
      #expect(abs((values[0] - values[1]) / 2e-2 - gradient[place]) < 1e-3)
    }
  }

  /// The objective whose loss is nothing, so that the price alone is left.
  private struct Nothing: Objective {
    func loss(queries: Tensor, passages: Tensor, batch: ExampleBatch) throws -> Tensor { try queries.sum().scaled(by: 0) }
  }

  @Test func thePriceRisesWithTheSquareOfTheStepAndThenStays() throws {
    let objective = SparsityRegularized(Nothing(), queryWeight: 2, passageWeight: 0.5, warmupSteps: 10)
    let tape = Tape()
    let (queries, passages) = (try tape.constant([1, 0, 1, 0], shape: [2, 2]), try tape.constant([0, 2, 0, 2], shape: [2, 2]))
    var data = TrainingExamples()
    let places = (data.query("a"), data.passage("b"))
    data.append(.init(query: places.0, positives: [places.1]))
    var generator = SeededGenerator(seed: 1)
    var batch = ExampleBatch([0], of: data, positiveCount: 1, negativeCount: 0, using: &generator)
    for (step, share) in [(0, 0), (5, 0.25), (10, 1), (99, 1)] as [(Int, Float)] {
      batch.step = step
      // the mean weights are (1, 0) and (0, 2)
      let value = try objective.loss(queries: queries, passages: passages, batch: batch).value
      #expect(abs(value - share * (2 * 1 + 0.5 * 4)) < 1e-6, "step \(step)")
    }
  }
}
