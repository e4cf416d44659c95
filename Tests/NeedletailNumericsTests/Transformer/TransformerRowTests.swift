import CNeedletailKernels
import Foundation
import Testing

@Suite struct TransformerRowTests {
  private let extents = [(1, 1), (3, 5), (7, 16), (2, 31), (5, 48), (4, 384), (12, 255), (1, 512)]

  private func random(_ rows: Int, _ columns: Int, seed: UInt64) -> PaddedRows {
    var generator = SeededGenerator(seed: seed)
    return PaddedRows(rows: rows, columns: columns) { _, _ in .random(in: -4...4, using: &generator) }
  }

  @Test func layerNormsHaveMeanZeroAndVarianceOne() {
    for (rows, columns) in extents where columns > 1 {
      let input = random(rows, columns, seed: 1)
      let ones = [Float](repeating: 1, count: columns), zeros = [Float](repeating: 0, count: columns)
      for (name, kernels) in KernelSets.all {
        var output = input
        unsafe input.withRows { unsafe kernels.layer_norm($0, ones, zeros, 1e-12, &output.values, output.stride) }
        for row in 0..<rows {
          let values = (0..<columns).map { Double(output[row, $0]) }
          let mean = values.reduce(0, +) / Double(columns)
          let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
          #expect(abs(mean) < 1e-5 && abs(variance - 1) < 1e-4, "\(name) \(columns)")
        }
        #expect(output.gapsAreUntouched, "\(name)")
      }
    }
  }

  @Test func layerNormsAgree() {
    for (rows, columns) in extents {
      let input = random(rows, columns, seed: 2)
      let gain = (0..<columns).map { Float($0 % 7) / 3 }, shift = (0..<columns).map { Float($0 % 5) - 2 }
      let outputs = KernelSets.all.map { set in
        var output = input
        unsafe input.withRows { unsafe set.kernels.layer_norm($0, gain, shift, 1e-5, &output.values, output.stride) }
        return output
      }
      for output in outputs { #expect(output.largestDifference(to: outputs[0]) < 2e-5) }
    }
  }

  @Test func rootMeanSquareNormsDivideByIt() {
    for (rows, columns) in extents {
      let input = random(rows, columns, seed: 12)
      let gain = (0..<columns).map { Float($0 % 7) / 3 }
      for (name, kernels) in KernelSets.all {
        var output = input
        unsafe input.withRows { unsafe kernels.rms_norm($0, gain, 1e-5, &output.values, output.stride) }
        for row in 0..<rows {
          let mean = (0..<columns).reduce(0.0) { $0 + Double(input[row, $1]) * Double(input[row, $1]) } / Double(columns)
          for column in 0..<columns {
            let expected = Double(input[row, column]) / (mean + 1e-5).squareRoot() * Double(gain[column])
            #expect(abs(Double(output[row, column]) - expected) < 1e-5, "\(name)")
          }
        }
        #expect(output.gapsAreUntouched, "\(name)")
      }
    }
  }

  @Test func softmaxIsExponentialOverSum() {
    for (rows, columns) in extents {
      let input = random(rows, columns, seed: 3)
      for (name, kernels) in KernelSets.all {
        var output = input
        var inverse = [Float](repeating: 0, count: rows)
        unsafe input.withRows { unsafe kernels.softmax($0, 0.7, &output.values, nil, output.stride, &inverse) }
        for row in 0..<rows {
          let exponentials = (0..<columns).map { exp(0.7 * Double(input[row, $0])) }
          let sum = exponentials.reduce(0, +)
          for column in 0..<columns {
            #expect(abs(Double(output[row, column] * inverse[row]) - exponentials[column] / sum) < 2e-6, "\(name)")
          }
        }
        #expect(output.gapsAreUntouched, "\(name)")
      }
    }
  }

  @Test func softmaxInBFloat16IsEvenlyPaddedAndClose() {
    for (rows, columns) in extents {
      let input = random(rows, columns, seed: 4)
      let stride = columns + 2
      for (name, kernels) in KernelSets.all {
        var narrow = [UInt16](repeating: 0xffff, count: rows * stride)
        var inverse = [Float](repeating: 0, count: rows)
        unsafe input.withRows { unsafe kernels.softmax($0, 1, nil, &narrow, stride, &inverse) }
        for row in 0..<rows {
          let sum = (0..<columns).reduce(0) { $0 + exp(Double(input[row, $1])) }
          for column in 0..<columns {
            let value = Float(bitPattern: UInt32(narrow[row * stride + column]) << 16) * inverse[row]
            #expect(abs(Double(value) - exp(Double(input[row, column])) / sum) < 5e-3, "\(name)")
          }
          if columns % 2 == 1 { #expect(narrow[row * stride + columns] == 0, "\(name)") }
        }
      }
    }
  }

  @Test func quantisationErrsByHalfAStepAndKeepsZero() {
    for (rows, columns) in extents {
      var input = random(rows, columns, seed: 5)
      input.values[0] = 0
      let stride = columns + 8
      for (name, kernels) in KernelSets.all {
        var bytes = [UInt8](repeating: 7, count: rows * stride)
        var scales = [Float](repeating: 0, count: rows), offsets = scales
        unsafe input.withRows { unsafe kernels.quantise($0, &bytes, stride, &scales, &offsets) }
        for row in 0..<rows {
          for column in 0..<columns {
            let value = scales[row] * Float(bytes[row * stride + column]) + offsets[row]
            #expect(abs(value - input[row, column]) <= scales[row] * 1.01, "\(name)")
          }
          for column in columns..<(columns + 3) / 4 * 4 { #expect(bytes[row * stride + column] == 0, "\(name)") }
        }
        #expect(abs(scales[0] * Float(bytes[0]) + offsets[0]) < 1e-6, "\(name)")
      }
    }
  }

  @Test func quantisingZerosGivesZeros() {
    let input = PaddedRows(rows: 2, columns: 20) { _, _ in 0 }
    for (name, kernels) in KernelSets.all {
      var bytes = [UInt8](repeating: 7, count: 2 * 24)
      var scales: [Float] = [1, 1], offsets: [Float] = [1, 1]
      unsafe input.withRows { unsafe kernels.quantise($0, &bytes, 24, &scales, &offsets) }
      #expect(scales == [0, 0] && offsets.allSatisfy { $0 == 0 }, "\(name)")
    }
  }

  @Test func narrowingAndTransposingAgreeExactly() {
    for (rows, columns) in extents + [(32, 32), (33, 50)] {
      let input = random(rows, columns, seed: 6)
      var narrows: [[UInt16]] = []
      var transposes: [[UInt32]] = []
      for (_, kernels) in KernelSets.all {
        var narrow = [UInt16](repeating: 0, count: rows * columns)
        unsafe input.withRows { unsafe kernels.narrow($0, &narrow, columns) }
        narrows.append(narrow)
        let words = input.values.map(\.bitPattern)
        var transposed = [UInt32](repeating: 0, count: columns * rows)
        unsafe kernels.transpose(words, input.stride, rows, columns, &transposed, rows)
        transposes.append(transposed)
      }
      #expect(narrows.allSatisfy { $0 == narrows[0] })
      #expect(transposes.allSatisfy { $0 == transposes[0] })
      #expect(transposes[0][(columns - 1) * rows] == input[0, columns - 1].bitPattern)
    }
  }
}
