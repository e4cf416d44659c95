import Foundation
import NeedletailNumerics
import Testing

@Suite struct RowPredictionTests {
  static let available = DistanceKernels.InstructionSet.allCases.filter { DistanceKernels($0) != nil }

  /// Rows of random numbers, and what a test expects of them in double precision.
  private struct Sample {
    let inputs: [[Float]]
    let outputs: [[Float]]
    let labels: [Float]

    init(inputs: Int, outputs: Int, dimension: Int, seed: UInt64) {
      var generator = SeededGenerator(seed: seed)
      func row() -> [Float] { (0..<dimension).map { _ in Float.random(in: -0.5...0.5, using: &generator) } }
      self.inputs = (0..<inputs).map { _ in row() }
      self.outputs = (0..<outputs).map { _ in row() }
      labels = (0..<outputs).map { _ in Bool.random(using: &generator) ? 1 : 0 }
    }

    func logLikelihood(_ inputs: [[Double]], _ outputs: [[Double]]) -> Double {
      var sum = 0.0
      for input in inputs {
        for (output, label) in zip(outputs, labels) {
          let score = zip(input, output).reduce(0) { $0 + $1.0 * $1.1 }
          sum -= log1p(exp(label == 1 ? -score : score))
        }
      }
      return sum
    }
  }

  @Test(arguments: available)
  func aStepFollowsTheGradientOfTheLogLikelihood(_ instructionSet: DistanceKernels.InstructionSet) {
    for (inputCount, outputCount, dimension) in [(1, 1, 3), (1, 6, 100), (2, 5, 17), (5, 7, 16), (9, 18, 33)] {
      let sample = Sample(inputs: inputCount, outputs: outputCount, dimension: dimension, seed: UInt64(dimension))
      let inputs = ParameterRows(dimension: dimension, values: Array(sample.inputs.joined()))
      let outputs = ParameterRows(dimension: dimension, values: Array(sample.outputs.joined()))
      let prediction = RowPrediction(inputCapacity: inputCount, outputCapacity: outputCount, instructionSet: instructionSet)
      let rows = Array(0..<Int32(inputCount))
      let targets = Array(0..<Int32(outputCount))
      prediction.learn(
        from: inputs, rows.span, to: outputs, targets.span, targets: sample.labels.span, rate: 1, errors: ParameterRows(count: inputCount, dimension: dimension))

      let x = sample.inputs.map { $0.map(Double.init) }
      let u = sample.outputs.map { $0.map(Double.init) }
      let step = 1e-5
      for (row, column) in [(0, 0), (inputCount - 1, dimension - 1)] {
        var (more, less) = (x, x)
        more[row][column] += step
        less[row][column] -= step
        let gradient = (sample.logLikelihood(more, u) - sample.logLikelihood(less, u)) / (2 * step)
        #expect(abs(Double(inputs[row][column] - sample.inputs[row][column]) - gradient) < 2e-6)
      }
      for (row, column) in [(0, dimension / 2), (outputCount - 1, 0)] {
        var (more, less) = (u, u)
        more[row][column] += step
        less[row][column] -= step
        let gradient = (sample.logLikelihood(x, more) - sample.logLikelihood(x, less)) / (2 * step)
        #expect(abs(Double(outputs[row][column] - sample.outputs[row][column]) - gradient) < 2e-6)
      }
    }
  }

  @Test(arguments: available)
  func everyInstructionSetAgreesWithTheSerialOne(_ instructionSet: DistanceKernels.InstructionSet) {
    for inputCount in [1, 2, 3, 4, 5, 8, 31] {
      for outputCount in [1, 2, 3, 4, 5, 16, 23] {
        let dimension = 1 + (inputCount * 7 + outputCount) % 50
        let sample = Sample(inputs: inputCount, outputs: outputCount, dimension: dimension, seed: 3)
        func step(_ instructionSet: DistanceKernels.InstructionSet) -> [Float] {
          let inputs = ParameterRows(dimension: dimension, values: Array(sample.inputs.joined()))
          let outputs = ParameterRows(dimension: dimension, values: Array(sample.outputs.joined()))
          let rows = Array(0..<Int32(inputCount))
          let targets = Array(0..<Int32(outputCount))
          RowPrediction(inputCapacity: inputCount, outputCapacity: outputCount, instructionSet: instructionSet).learn(
            from: inputs, rows.span, to: outputs, targets.span, targets: sample.labels.span, rate: 0.5, errors: ParameterRows(count: inputCount, dimension: dimension))
          return inputs.values(of: 0..<inputCount) + outputs.values(of: 0..<outputCount)
        }
        let differences = zip(step(instructionSet), step(.serial)).map { abs($0 - $1) }
        #expect(differences.allSatisfy { $0 < 1e-5 })
      }
    }
  }

  @Test func outputsStayWhenTheyAreNotToChange() {
    let inputs = ParameterRows(dimension: 2, values: [1, 2])
    let outputs = ParameterRows(dimension: 2, values: [0.5, -1])
    let first: [Int32] = [0]
    let label: [Float] = [1]
    RowPrediction(inputCapacity: 1, outputCapacity: 1).learn(
      from: inputs, first.span, to: outputs, first.span, targets: label.span, rate: 1, changesOutputs: false,
      errors: ParameterRows(count: 1, dimension: 2))
    #expect(outputs[0] == [0.5, -1])
    #expect(inputs[0] != [1, 2])
  }

  @Test func anInputNamedTwiceLearnsTwice() {
    let once = ParameterRows(dimension: 3, values: [0.1, 0.2, 0.3])
    let twice = ParameterRows(dimension: 3, values: [0.1, 0.2, 0.3])
    let first: [Int32] = [0]
    let label: [Float] = [1]
    for (inputs, rows) in [(once, [Int32(0)]), (twice, [0, 0])] {
      RowPrediction(inputCapacity: 2, outputCapacity: 1).learn(
        from: inputs, rows.span, to: ParameterRows(dimension: 3, values: [1, -1, 2]), first.span, targets: label.span, rate: 0.1,
        errors: ParameterRows(count: 2, dimension: 3))
    }
    let single = zip(once[0], [0.1, 0.2, 0.3] as [Float]).map(-)
    let double = zip(twice[0], [0.1, 0.2, 0.3] as [Float]).map(-)
    #expect(zip(single, double).allSatisfy { abs(2 * $0 - $1) < 1e-6 })
  }

  @Test func theMeanOfRowsIsTheirMean() {
    let rows = ParameterRows(dimension: 2, values: [1, 2, 3, 4, 8, 0])
    let mean = ParameterRows(count: 1, dimension: 2)
    let chosen: [Int32] = [0, 1, 2, 2]
    RowPrediction(inputCapacity: 1, outputCapacity: 1).average(rows, chosen.span, into: mean)
    #expect(mean[0] == [5, 1.5])
  }

  @Test func drawnIndexesAndFractionsAreUniform() {
    var generator = SeededGenerator(seed: 1, part: 2, 3)
    var counts = [Int](repeating: 0, count: 7)
    var sum = 0.0
    for _ in 0..<70_000 {
      counts[generator.index(below: 7)] += 1
      let fraction = generator.unitFloat()
      #expect((0..<1).contains(fraction))
      sum += Double(fraction)
    }
    #expect(counts.allSatisfy { abs($0 - 10_000) < 500 })
    #expect(abs(sum / 70_000 - 0.5) < 0.01)
    var (one, other) = (SeededGenerator(seed: 1, part: 2), SeededGenerator(seed: 1, part: 3))
    #expect(one.next() != other.next())
  }
}
