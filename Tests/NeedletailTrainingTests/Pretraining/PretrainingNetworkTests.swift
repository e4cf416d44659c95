import Foundation
import NeedletailModels
import NeedletailNumerics
import NeedletailText
import NeedletailTraining
import Testing

@Suite struct PretrainingNetworkTests {
  private let directory: ModelDirectory
  private let masking: TokenMasking
  private let texts: [[Int32]] = [[2, 20, 31, 40, 55, 61, 72, 3], [2, 70, 33, 33, 41, 3], [2, 9, 99, 3]]

  init() throws {
    directory = try ModelDirectory(path: TinyModels.path("tiny-bert"))
    masking = try #require(TokenMasking(directory.tokenizer()))
  }

  private func network(_ objective: PretrainingObjective) -> PretrainingNetwork {
    PretrainingNetwork(directory, objective: objective, masking: masking, seed: 4)
  }

  private static let both: TextReconstruction = {
    var objective = TextReconstruction()
    objective.bagWeight = 0.7
    return objective
  }()

  private static let objectives: [PretrainingObjective] = [
    .reconstruction(.maskedTokens(rate: 0.3)), .reconstruction(both), .nextToken,
    .reconstruction({
      var objective = TextReconstruction()
      objective.bagWeight = 0
      return objective
    }()),
    .reconstruction(.denoising(rate: 0.5)),
  ]

  @Test(arguments: objectives.indices) func gradientsAreThoseOfTheLoss(index: Int) throws {
    let learning = network(Self.objectives[index])
    let parameters = learning.network.parameters
    // away from the zeros that biases begin with
    var generator = SeededGenerator(seed: 6)
    let values = parameters.snapshot.map { $0 + 0.05 * generator.normalFloat() }
    func loss(_ values: [Float], on tape: Tape = Tape()) throws -> Tensor {
      parameters.snapshot = values
      return try learning.loss(of: texts, on: tape, seed: 12)
    }
    let tape = Tape()
    try tape.differentiate(loss(values, on: tape))
    // each parameter by itself, along a random direction
    for parameter in parameters.all {
      let gradient = parameters.gradient(of: parameter)
      let direction = gradient.map { _ in Float.random(in: -1...1, using: &generator) }
      let slope = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0 * $1.1) }
      func moved(_ step: Float) throws -> Double {
        parameters.snapshot = values
        let own = parameters[parameter]
        parameters[parameter] = zip(own, direction).map { $0 + step * $1 }
        return Double(try learning.loss(of: texts, on: Tape(), seed: 12).value)
      }
      let found = (try moved(4e-3) - moved(-4e-3)) / 8e-3
      #expect(abs(found - slope) < 5e-3 + 0.02 * abs(slope), "objective \(index), \(parameter.name): \(found), expected \(slope)")
    }
  }

  @Test func aPositionNeverSeesItselfAndAlwaysTheSummary() throws {
    let learning = network(.reconstruction(Self.both))
    let size = directory.configuration.hiddenSize
    let text = texts[0]
    var generator = SeededGenerator(seed: 2)
    let hidden = VisibilityMask.hidden(text, masking, rate: 0.5, using: &generator)
    let summary = (0..<size).map { _ in generator.normalFloat() }
    func rows(_ text: [Int32], _ summary: [Float]) throws -> [[Float]] {
      let tape = Tape()
      let values = try #require(try learning.rebuilt([text], from: tape.constant(summary, shape: [1, size]), hidden: hidden, on: tape)).values
      return stride(from: 0, to: values.count, by: values.count / text.count).map { Array(values[$0..<$0 + values.count / text.count]) }
    }
    let before = try rows(text, summary)
    for place in 1..<text.count - 1 {
      var other = text
      other[place] = 90
      let after = try rows(other, summary)
      #expect(after[place] == before[place], "what is told at \(place) follows from the token there")
      let seen = text.indices.filter { hidden[$0 * text.count + place] == 0 }
      for row in text.indices { #expect((after[row] != before[row]) == seen.contains(row), "row \(row), token \(place)") }
    }
    let after = try rows(text, summary.map { -$0 })
    for row in text.indices { #expect(after[row] != before[row]) }
  }

  @Test func withoutSummaryAndTokensOnlyThePositionIsLeft() throws {
    let learning = network(.reconstruction(Self.both))
    let size = directory.configuration.hiddenSize
    let count = texts[0].count
    // everything but the summary is hidden, and the summary says nothing
    let hidden = (0..<count * count).map { UInt8($0 % count == 0 ? 0 : 1) }
    func scores(_ text: [Int32]) throws -> [Float] {
      let tape = Tape()
      return try #require(
        try learning.rebuilt([text], from: tape.constant([Float](repeating: 0, count: size), shape: [1, size]), hidden: hidden, on: tape)
      ).values
    }
    #expect(try scores(texts[0]) == scores(texts[0].map { $0 == 2 || $0 == 3 ? $0 : $0 + 1 }))
  }

  @Test func theSameSeedGivesTheSameLossOnAnyNumberOfThreads() throws {
    let learning = network(.reconstruction(Self.both))
    func gradient(_ threads: Int) throws -> [Float] {
      learning.network.parameters.clearGradients()
      let tape = Tape(pool: WorkerPool(threadCount: threads))
      try tape.differentiate(learning.loss(of: texts, on: tape, seed: 3))
      return learning.network.parameters.all.flatMap { learning.network.parameters.gradient(of: $0) }
    }
    #expect(try gradient(1) == gradient(3))
  }
}
