import Foundation
import NeedletailNumerics
import Testing

@Suite struct AttentionGradientTests {
  /// Attention in plain double precision.
  private func plain(_ x: [Double], _ shape: AttentionShape, _ sequences: [Range<Int>]) -> [Double] {
    let (size, columns) = (shape.headSize, shape.projectionColumns)
    var out = [Double](repeating: 0, count: (sequences.last?.upperBound ?? 0) * shape.heads * size)
    for rows in sequences {
      for head in 0..<shape.heads {
        let keyStart = (shape.heads + head / (shape.heads / shape.keyHeads)) * size
        for query in rows {
          let seen = Array(shape.isCausal ? rows.lowerBound..<query + 1 : rows)
          let scores = seen.map { key in
            (0..<size).reduce(0) { $0 + x[query * columns + head * size + $1] * x[key * columns + keyStart + $1] } / Double(size).squareRoot()
          }
          let weights = plainSoftmax(scores[...])
          for component in 0..<size {
            out[(query * shape.heads + head) * size + component] = zip(weights, seen).reduce(0) {
              $0 + $1.0 * x[$1.1 * columns + keyStart + shape.keyHeads * size + component]
            }
          }
        }
      }
    }
    return out
  }

  @Test(arguments: [
    AttentionShape(heads: 2, headSize: 5), AttentionShape(heads: 2, headSize: 4, isCausal: true),
    AttentionShape(heads: 4, keyHeads: 2, headSize: 3, isCausal: true), AttentionShape(heads: 1, headSize: 36),
  ])
  func attentionOverPackedSequences(shape: AttentionShape) throws {
    let sequences = [0..<3, 3..<3, 3..<4, 4..<23]
    try GradientCheck(shapes: [[23, shape.projectionColumns]], tolerance: 5e-4)({ try $0[0].attention(shape, sequences: sequences) }) {
      plain($0[0], shape, sequences)
    }
  }

  @Test(arguments: [AttentionShape(heads: 2, headSize: 5), AttentionShape(heads: 4, keyHeads: 2, headSize: 3)])
  func attentionThatHidesPairs(shape: AttentionShape) throws {
    let sequences = [0..<3, 3..<12]
    var generator = SeededGenerator(seed: 9)
    // each row sees itself or its neighbour at least
    let hidden = sequences.flatMap { rows in
      (0..<rows.count * rows.count).map { place -> UInt8 in
        let (row, column) = place.quotientAndRemainder(dividingBy: rows.count)
        return column == (row + 1) % rows.count ? 0 : Float.random(in: 0..<1, using: &generator) < 0.6 ? 1 : 0
      }
    }
    let size = shape.headSize
    let (columns, keyColumns) = (shape.heads * size, shape.keyHeads * size)
    try GradientCheck(shapes: [[12, columns], [12, 2 * keyColumns]], tolerance: 5e-4)(
      { try $0[0].attention(over: $0[1], shape, sequences: sequences, hidden: hidden) }
    ) { inputs in
      var out = [Double](repeating: 0, count: 12 * columns)
      var start = 0
      for rows in sequences {
        for head in 0..<shape.heads {
          let key = head / (shape.heads / shape.keyHeads) * size
          for (place, query) in rows.enumerated() {
            let seen = rows.filter { hidden[start + place * rows.count + $0 - rows.lowerBound] == 0 }
            let scores = seen.map { row in
              (0..<size).reduce(0) { $0 + inputs[0][query * columns + head * size + $1] * inputs[1][row * 2 * keyColumns + key + $1] } / Double(size).squareRoot()
            }
            let weights = plainSoftmax(scores[...])
            for component in 0..<size {
              out[query * columns + head * size + component] = zip(weights, seen).reduce(0) {
                $0 + $1.0 * inputs[1][$1.1 * 2 * keyColumns + keyColumns + key + component]
              }
            }
          }
        }
        start += rows.count * rows.count
      }
      return out
    }
  }

  @Test func masksOfAnotherSizeAreRefused() throws {
    let tape = Tape()
    let (queries, keys) = (try tape.variable([Float](repeating: 0, count: 12), shape: [3, 4]), try tape.variable([Float](repeating: 0, count: 24), shape: [3, 8]))
    #expect(throws: TensorError.self) {
      try queries.attention(over: keys, AttentionShape(heads: 2, headSize: 2), sequences: [0..<3], hidden: [0, 1])
    }
  }

  @Test func rotations() throws {
    let positions: [Int32] = [0, 1, 7]
    try GradientCheck(shapes: [[3, 10]])({ try $0[0].rotated(columns: 2..<10, headSize: 4, positions: positions) }) { x in
      x[0].rows(of: 10).enumerated().flatMap { row, values -> [Double] in
        var values = Array(values)
        for head in [2, 6] {
          for pair in 0..<2 {
            let angle = Double(positions[row]) * pow(10_000, -Double(pair) / 2)
            let (a, b) = (values[head + pair], values[head + pair + 2])
            values[head + pair] = a * cos(angle) - b * sin(angle)
            values[head + pair + 2] = a * sin(angle) + b * cos(angle)
          }
        }
        return values
      }
    }
  }

  @Test func droppedWeightsAreTheSameBackwards() throws {
    // with dropout the operation is linear in the values: the gradient in a direction is the change of the output
    let shape = AttentionShape(heads: 2, headSize: 4)
    var generator = SeededGenerator(seed: 8)
    let columns = shape.projectionColumns
    let values = (0..<9 * columns).map { _ in Float.random(in: -1...1, using: &generator) }
    let tape = Tape()
    func output(_ values: [Float]) throws -> (Tensor, Tensor) {
      tape.clear()
      tape.seed = 21
      let x = try tape.variable(values, shape: [9, columns])
      return (x, try x.attention(shape, sequences: [0..<9], dropout: 0.5))
    }
    let (x, y) = try output(values)
    let before = y.values
    let direction = before.map { _ in Float.random(in: -1...1, using: &generator) }
    try tape.differentiate(y, gradient: direction)
    let gradient = x.gradient
    for place in [0, 1, columns + 5, 3 * columns + 9, 4 * columns + 17, 8 * columns + 23] {
      var (above, below) = (values, values)
      above[place] += 1e-2
      below[place] -= 1e-2
      let change = zip(zip(try output(above).1.values, try output(below).1.values), direction).reduce(0.0) {
        $0 + Double(($1.0.0 - $1.0.1) * $1.1) / 2e-2
      }
      #expect(abs(change - Double(gradient[place])) < 2e-3, "entry \(place)")
    }
    let plain = try output(values).0.attention(shape, sequences: [0..<9]).values
    #expect(before != plain)
  }
}
