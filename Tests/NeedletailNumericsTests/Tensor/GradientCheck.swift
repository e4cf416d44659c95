import Foundation
import NeedletailNumerics
import Testing

/// An operation beside the same in plain double precision.
///
/// The output of the operation has to agree with the plain function; its gradient, for a random direction of the output, with central
/// differences of the plain function.
struct GradientCheck {
  var shapes: [Shape]
  var range: ClosedRange<Float> = -1.5...1.5
  var tolerance = 2e-4

  func callAsFunction(
    _ operation: ([Tensor]) throws -> Tensor, as plain: ([[Double]]) -> [Double], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var generator = SeededGenerator(seed: 11)
    let inputs = shapes.map { shape in (0..<shape.count).map { _ in Float.random(in: range, using: &generator) } }
    let tape = Tape(pool: WorkerPool(threadCount: 2))
    // the second round works in memory that the first one left dirty
    for round in 0..<2 {
      tape.clear()
      tape.seed = 3
      let tensors = try zip(inputs, shapes).map { try tape.variable($0, shape: $1) }
      let output = try operation(tensors)
      let expected = plain(inputs.map { $0.map(Double.init) })
      #expect(output.shape.count == expected.count, sourceLocation: sourceLocation)
      try compare(output.values, expected, "value in round \(round)", sourceLocation)
      let direction = (0..<output.shape.count).map { _ in Float.random(in: -1...1, using: &generator) }
      try tape.differentiate(output, gradient: direction)
      for (index, tensor) in tensors.enumerated() {
        let differences = differences(plain, inputs.map { $0.map(Double.init) }, input: index, direction: direction)
        try compare(tensor.gradient, differences, "gradient of input \(index) in round \(round)", sourceLocation)
      }
    }
  }

  private func compare(_ found: [Float], _ expected: [Double], _ what: String, _ location: SourceLocation) throws {
    try #require(found.count == expected.count, sourceLocation: location)
    for (place, pair) in zip(found, expected).enumerated() {
      let difference = abs(Double(pair.0) - pair.1)
      #expect(difference <= tolerance * max(1, abs(pair.1)), "\(what) at \(place): \(pair.0), expected \(pair.1)", sourceLocation: location)
      if !(difference <= tolerance * max(1, abs(pair.1))) { return }
    }
  }

  private func differences(_ plain: ([[Double]]) -> [Double], _ inputs: [[Double]], input: Int, direction: [Float]) -> [Double] {
    let step = 1e-5
    return inputs[input].indices.map { place in
      var (above, below) = (inputs, inputs)
      above[input][place] += step
      below[input][place] -= step
      return zip(zip(plain(above), plain(below)), direction).reduce(0) { $0 + ($1.0.0 - $1.0.1) / (2 * step) * Double($1.1) }
    }
  }
}

/// Plain matrices for the functions that operations are compared with.
func plainProduct(_ a: [Double], _ b: [Double], rows: Int, depth: Int, columns: Int, turnsLeft: Bool = false, turnsRight: Bool = false) -> [Double] {
  var out = [Double](repeating: 0, count: rows * columns)
  for r in 0..<rows {
    for c in 0..<columns {
      for k in 0..<depth { out[r * columns + c] += (turnsLeft ? a[k * rows + r] : a[r * depth + k]) * (turnsRight ? b[c * depth + k] : b[k * columns + c]) }
    }
  }
  return out
}

func plainSoftmax(_ x: ArraySlice<Double>) -> [Double] {
  let top = x.max() ?? 0
  let weights = x.map { exp($0 - top) }
  let sum = weights.reduce(0, +)
  return weights.map { $0 / sum }
}

extension Array {
  func rows(of columns: Int) -> [ArraySlice<Element>] { stride(from: 0, to: count, by: columns).map { self[$0..<$0 + columns] } }
}
