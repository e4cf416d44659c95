import Foundation
import NeedletailNumerics
import Testing

@Suite struct OptimizerTests {
  /// Gradients of a sum of squares around (3, -2), plus a term that couples the two.
  private func setGradient(_ parameters: Parameters, _ tape: Tape) throws {
    tape.clear()
    let x = tape.parameter(parameters.all[0], of: parameters)
    let offset = try x.subtracting(tape.constant([3, -2], shape: [2]))
    try tape.differentiate(offset.multiplied(by: offset).sum())
  }

  @Test(arguments: [true, false]) func adamFollowsItsDefinition(isDecayDecoupled: Bool) throws {
    let parameters = Parameters([("x", [2], true)])
    parameters[parameters.all[0]] = [0.5, 1]
    let decay = 0.1
    let algorithm = OptimizerAlgorithm.adam(beta1: 0.9, beta2: 0.99, epsilon: 1e-6, isDecayDecoupled: isDecayDecoupled)
    let optimizer = Optimizer(algorithm, of: parameters) { _ in Float(decay) }
    let tape = Tape()
    var (value, mean, variance) = ([0.5, 1.0], [0.0, 0.0], [0.0, 0.0])
    for step in 1...20 {
      try setGradient(parameters, tape)
      optimizer.step(rate: 0.05, gradientScale: 0.5)
      for index in 0..<2 {
        var gradient = (value[index] - [3, -2][index]) * 2 * 0.5
        if isDecayDecoupled { value[index] *= 1 - 0.05 * decay } else { gradient += decay * value[index] }
        mean[index] = 0.9 * mean[index] + 0.1 * gradient
        variance[index] = 0.99 * variance[index] + 0.01 * gradient * gradient
        let corrected = (mean[index] / (1 - pow(0.9, Double(step))), variance[index] / (1 - pow(0.99, Double(step))))
        value[index] -= 0.05 * corrected.0 / (corrected.1.squareRoot() + 1e-6)
      }
    }
    for (found, expected) in zip(parameters[parameters.all[0]], value) { #expect(abs(Double(found) - expected) < 1e-4) }
    #expect(parameters.gradient(of: parameters.all[0]) == [0, 0])
  }

  /// What the library transformers computes; see Fixtures/scripts/make_adafactor.py.
  private struct Reference: Decodable {
    struct Case: Decodable {
      let scalesByValue: Bool
      let values: [[Float]]
    }
    let beginning: [[Float]]
    let gradients: [[[Float]]]
    let cases: [Case]
  }

  @Test(arguments: [1, 3]) func adafactorAgreesWithTransformers(threads: Int) throws {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/adafactor", withExtension: "json"))
    let reference = try JSONDecoder().decode(Reference.self, from: Data(contentsOf: url))
    #expect(reference.cases.count == 2)
    for wanted in reference.cases {
      let parameters = Parameters([("matrix", [5, 7], true), ("fixed", [3], false), ("vector", [6], true)])
      let trained = parameters.all.filter(\.isTrained)
      for (parameter, values) in zip(trained, reference.beginning) { parameters[parameter] = values }
      let algorithm = OptimizerAlgorithm.adafactor(decayRate: 0.8, clipThreshold: 1, scalesByValue: wanted.scalesByValue)
      let pool = WorkerPool(threadCount: threads)
      var optimizer = Optimizer(algorithm, of: parameters, pool: pool) { $0.shape.rank > 1 ? 0.1 : 0 }
      let tape = Tape()
      for (step, gradients) in reference.gradients.enumerated() {
        tape.clear()
        for (parameter, gradient) in zip(trained, gradients) {
          let half = try tape.constant(gradient.map { $0 / 2 }, shape: parameter.shape)
          try tape.differentiate(tape.parameter(parameter, of: parameters).multiplied(by: half).sum())
        }
        optimizer.step(rate: 0.05, gradientScale: 2)
        // a state that is put back goes on in the same way
        if step == 3 {
          let state = optimizer.state
          #expect(state.moments.map(\.count) == [5 + 7 + 6])
          optimizer = Optimizer(algorithm, of: parameters, pool: pool) { $0.shape.rank > 1 ? 0.1 : 0 }
          optimizer.state = state
        }
      }
      for (parameter, expected) in zip(trained, wanted.values) {
        for (found, value) in zip(parameters[parameter], expected) { #expect(abs(found - value) < 1e-5 * max(1, abs(value))) }
        #expect(parameters.gradient(of: parameter).allSatisfy { $0 == 0 })
      }
    }
  }

  /// Queries, keys and values are one parameter here and three elsewhere; the steps have to be the same.
  @Test(arguments: [true, false]) func adafactorTakesThePiecesOfAParameterForParametersOfTheirOwn(scalesByValue: Bool) throws {
    let whole = Parameters([("matrices", [15, 7], true), ("vectors", [15], true)])
    var declarations: [(name: String, shape: Shape, isTrained: Bool)] = []
    for number in 0..<3 { declarations.append(("matrix \(number)", [5, 7], true)) }
    for number in 0..<3 { declarations.append(("vector \(number)", [5], true)) }
    let parts = Parameters(declarations)
    var generator = SeededGenerator(seed: 3)
    func numbers(_ count: Int) -> [Float] {
      (0..<count).map { place in
        let size = Float(place / 35 + 1)
        return Float.random(in: -size...size, using: &generator)
      }
    }
    func divide(_ values: [Float]) -> [[Float]] {
      let size = values.count / 3
      return (0..<3).map { part in Array(values[part * size..<(part + 1) * size]) }
    }
    for (place, parameter) in whole.all.enumerated() {
      whole[parameter] = numbers(parameter.shape.count)
      for (part, values) in zip(parts.all[(3 * place)...], divide(whole[parameter])) { parts[part] = values }
    }
    let algorithm = OptimizerAlgorithm.adafactor(decayRate: 0.8, clipThreshold: 1, scalesByValue: scalesByValue)
    let together = Optimizer(algorithm, of: whole, pieces: { _ in 3 })
    let apart = Optimizer(algorithm, of: parts)
    #expect(together.momentCounts == apart.momentCounts)
    let tape = Tape()
    func give(_ gradient: [Float], to parameter: Parameter, of parameters: Parameters) throws {
      let slope = try tape.constant(gradient, shape: parameter.shape)
      try tape.differentiate(tape.parameter(parameter, of: parameters).multiplied(by: slope).sum())
    }
    for _ in 0..<5 {
      tape.clear()
      for (place, parameter) in whole.all.enumerated() {
        let gradient = numbers(parameter.shape.count)
        try give(gradient, to: parameter, of: whole)
        for (part, slope) in zip(parts.all[(3 * place)...], divide(gradient)) { try give(slope, to: part, of: parts) }
      }
      together.step(rate: 0.05)
      apart.step(rate: 0.05)
    }
    for (place, parameter) in whole.all.enumerated() {
      #expect(whole[parameter] == parts.all[(3 * place)..<(3 * place + 3)].flatMap { parts[$0] })
    }
  }

  @Test func gradientDescentWithMomentumFindsTheMinimum() throws {
    let parameters = Parameters([("x", [2], true), ("fixed", [1], false)])
    let optimizer = Optimizer(.gradientDescent(momentum: 0.5), of: parameters)
    let tape = Tape()
    for _ in 0..<60 {
      try setGradient(parameters, tape)
      optimizer.step(rate: 0.1)
    }
    for (found, expected) in zip(parameters[parameters.all[0]], [Float(3), -2]) { #expect(abs(found - expected) < 1e-4) }
  }

  @Test func theNormOfTheGradientTellsThatItIsNotFinite() throws {
    let parameters = Parameters([("x", [2], true)])
    parameters[parameters.all[0]] = [0, 2]
    let optimizer = Optimizer(.adamW, of: parameters)
    try setGradient(parameters, Tape())
    #expect(abs(optimizer.gradientNorm() - 10) < 1e-6)
    parameters[parameters.all[0]] = [.nan, 2]
    parameters.clearGradients()
    try setGradient(parameters, Tape())
    #expect(optimizer.gradientNorm().isNaN)
  }

  @Test func aStateThatIsPutBackContinuesBitByBit() throws {
    let parameters = Parameters([("x", [2], true)])
    let first = Optimizer(.adamW, of: parameters)
    let tape = Tape()
    for _ in 0..<5 { try setGradient(parameters, tape); first.step(rate: 0.01) }
    let (values, state) = (parameters.snapshot, first.state)
    for _ in 0..<5 { try setGradient(parameters, tape); first.step(rate: 0.01) }
    let end = parameters.snapshot
    let second = Optimizer(.adamW, of: parameters)
    parameters.snapshot = values
    second.state = state
    for _ in 0..<5 { try setGradient(parameters, tape); second.step(rate: 0.01) }
    #expect(parameters.snapshot == end)
  }

  @Test func schedulesRiseAndFall() {
    let linear = LearningRateSchedule(.linear, warmupSteps: 4, steps: 14)
    #expect((0..<5).map { linear.factor(at: $0) } == [0.2, 0.4, 0.6, 0.8, 1])
    #expect(abs(linear.factor(at: 9) - 0.5) < 1e-12 && linear.factor(at: 14) == 0)
    #expect(abs(LearningRateSchedule(.cosine, warmupSteps: 0, steps: 10).factor(at: 5) - 0.5) < 1e-12)
    #expect(LearningRateSchedule(.constant, warmupSteps: 0, steps: 10).factor(at: 9) == 1)
  }

  @Test func theMovingAverageForgetsOldValues() {
    let parameters = Parameters([("x", [1], true)])
    let average = MovingAverage(of: parameters, decay: 0.5)
    parameters[parameters.all[0]] = [8]
    average.update(from: parameters)
    #expect(average.values[0] == 4)
    average.update(from: parameters)
    #expect(average.values[0] == 6)
  }
}
