import Foundation
import NeedletailNumerics
import Testing

@Suite struct RecurrenceGradientTests {
  private let length = 3
  private let batch = 2
  private let inputs = 4
  private let units = 3

  private func shapes(gates: Int) -> [Shape] {
    [[length, batch, inputs], [gates * units, inputs], [gates * units, units], [gates * units], [gates * units]]
  }

  private func weights(_ tensors: [Tensor]) -> RecurrentWeights {
    RecurrentWeights(input: tensors[1], hidden: tensors[2], inputBias: tensors[3], hiddenBias: tensors[4])
  }

  private func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
  private func plainTanh(_ x: Double) -> Double { tanh(x) }

  /// Weight times vector plus bias, for one row of a weight.
  private func row(_ weight: [Double], _ index: Int, _ vector: [Double], _ bias: [Double]) -> Double {
    var sum = bias[index]
    for (place, value) in vector.enumerated() { sum += weight[index * vector.count + place] * value }
    return sum
  }

  @Test func longShortTermMemories() throws {
    try GradientCheck(shapes: shapes(gates: 4), tolerance: 1e-3)({ try $0[0].longShortTermMemory(weights($0)) }) { (x: [[Double]]) -> [Double] in
      var hidden = [[Double]](repeating: [Double](repeating: 0, count: units), count: batch)
      var cell = hidden
      var out: [Double] = []
      for step in 0..<length {
        for item in 0..<batch {
          let start = (step * batch + item) * inputs
          let input = Array(x[0][start..<start + inputs])
          let before = hidden[item]
          for unit in 0..<units {
            let gates = (0..<4).map { (gate: Int) -> Double in
              row(x[1], gate * units + unit, input, x[3]) + row(x[2], gate * units + unit, before, x[4])
            }
            let kept: Double = logistic(gates[1]) * cell[item][unit]
            let entering: Double = logistic(gates[0]) * plainTanh(gates[2])
            cell[item][unit] = kept + entering
            hidden[item][unit] = logistic(gates[3]) * plainTanh(kept + entering)
          }
          out += hidden[item]
        }
      }
      return out
    }
  }

  @Test func gatedRecurrentUnits() throws {
    try GradientCheck(shapes: shapes(gates: 3), tolerance: 1e-3)({ try $0[0].gatedRecurrentUnit(weights($0)) }) { (x: [[Double]]) -> [Double] in
      var hidden = [[Double]](repeating: [Double](repeating: 0, count: units), count: batch)
      var out: [Double] = []
      for step in 0..<length {
        for item in 0..<batch {
          let start = (step * batch + item) * inputs
          let input = Array(x[0][start..<start + inputs])
          let before = hidden[item]
          for unit in 0..<units {
            let left = (0..<3).map { (gate: Int) -> Double in row(x[1], gate * units + unit, input, x[3]) }
            let right = (0..<3).map { (gate: Int) -> Double in row(x[2], gate * units + unit, before, x[4]) }
            let reset: Double = logistic(left[0] + right[0])
            let update: Double = logistic(left[1] + right[1])
            let candidate: Double = plainTanh(left[2] + reset * right[2])
            hidden[item][unit] = (1 - update) * candidate + update * before[unit]
          }
          out += hidden[item]
        }
      }
      return out
    }
  }
}
