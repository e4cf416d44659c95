internal import NeedletailNumerics

/// A network of one hidden layer, `W₂ relu(W₁ x + b₁) + b₂`, ready to be applied.
struct Perceptron: Sendable {
  let inputs: Int
  let hidden: Int
  let outputs: Int
  /// Weights and biases of both layers, one row for each output.
  let weights: [[Float]]
  private let first: PackedMatrix
  private let second: PackedMatrix

  /// - Parameter weights: `hidden * inputs`, `hidden`, `outputs * hidden` and `outputs` numbers.
  init(inputs: Int, hidden: Int, outputs: Int, weights: [[Float]]) {
    self.inputs = inputs
    self.hidden = hidden
    self.outputs = outputs
    self.weights = weights
    first = PackedMatrix(weight: weights[0], bias: weights[1], precision: .float32)
    second = PackedMatrix(weight: weights[2], bias: weights[3], precision: .float32)
  }

  var parameterCount: Int { weights.reduce(0) { $0 + $1.count } }

  /// The outputs for rows of inputs, one after the other.
  func apply(to rows: [Float]) -> [Float] {
    let count = rows.count / inputs
    let (input, middle, output) = (
      Activations(.float32, rows: count, columns: inputs), Activations(.float32, rows: count, columns: hidden),
      Activations(.float32, rows: count, columns: outputs)
    )
    for row in 0..<count { input[row] = Array(rows[row * inputs..<(row + 1) * inputs]) }
    first.multiply(input, rows: 0..<count, activation: .relu, into: middle, firstRow: 0)
    second.multiply(middle, rows: 0..<count, into: output, firstRow: 0)
    var result: [Float] = []
    result.reserveCapacity(count * outputs)
    for row in 0..<count { result += output[row] }
    return result
  }

  func write(to writer: inout ByteWriter) {
    writer.append(UInt32(hidden))
    for values in weights { values.forEach { writer.append($0) } }
  }

  /// Nil if the bytes do not hold as many finite numbers as the network needs.
  init?(inputs: Int, outputs: Int, from reader: inout ByteReader) {
    guard let hidden = reader.next(UInt32.self).map(Int.init), (1...65_536).contains(hidden) else { return nil }
    var weights: [[Float]] = []
    for count in [hidden * inputs, hidden, outputs * hidden, outputs] {
      guard let values = reader.nextFloats(count) else { return nil }
      weights.append(values)
    }
    self.init(inputs: inputs, hidden: hidden, outputs: outputs, weights: weights)
  }
}

/// Rows scaled to unit length.
package enum UnitRows {
  /// Scales each row in place; returns the factors. A row of zeros stays as it is.
  @discardableResult
  package static func normalise(_ rows: inout [Float], dimension: Int) -> [Float] {
    stride(from: 0, to: rows.count, by: dimension).map { start in
      var squared = 0.0
      for index in start..<start + dimension { squared += Double(rows[index]) * Double(rows[index]) }
      let factor = squared > 0 ? Float(1 / squared.squareRoot()) : 0
      for index in start..<start + dimension { rows[index] *= factor }
      return factor
    }
  }
}
