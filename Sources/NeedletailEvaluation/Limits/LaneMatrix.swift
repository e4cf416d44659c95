#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif
internal import NeedletailNumerics

/// A matrix whose rows are padded to whole vectors of eight numbers, so that loops over a row need neither a remainder nor
/// unsafe code to be fast. Lanes beyond the last column are 0.
struct LaneMatrix: Sendable {
  let columns: Int
  /// Vectors in one row.
  let blocks: Int
  var values: [SIMD8<Float>]

  var rowCount: Int { values.count / blocks }

  init(rows: Int, columns: Int, value: (Int, Int) -> Float) {
    self.columns = columns
    blocks = (columns + 7) / 8
    values = [SIMD8<Float>](repeating: .zero, count: rows * blocks)
    for row in 0..<rows { for column in 0..<columns { self[row, column] = value(row, column) } }
  }

  subscript(row: Int, column: Int) -> Float {
    get { values[row * blocks + column / 8][column % 8] }
    set { values[row * blocks + column / 8][column % 8] = newValue }
  }

  /// The numbers row by row, without padding.
  var rows: [[Float]] { (0..<rowCount).map { row in (0..<columns).map { self[row, $0] } } }

  mutating func clear() { for index in values.indices { values[index] = .zero } }

  /// Scales every row to unit length.
  mutating func normaliseRows() {
    for row in 0..<rowCount {
      let range = row * blocks..<(row + 1) * blocks
      var squares = SIMD8<Float>.zero
      for index in range { squares += values[index] * values[index] }
      let factor = 1 / squares.sum().squareRoot()
      for index in range { values[index] *= factor }
    }
  }

  /// Scales every column to unit length.
  mutating func normaliseColumns() {
    for block in 0..<blocks {
      var squares = SIMD8<Float>.zero
      for row in 0..<rowCount { squares += values[row * blocks + block] * values[row * blocks + block] }
      // Padding stays 0.
      squares.replace(with: 1, where: squares .== 0)
      let factor = 1 / squares.squareRoot()
      for row in 0..<rowCount { values[row * blocks + block] *= factor }
    }
  }
}

/// The running means of Adam (Kingma and Ba, ICLR 2015), with the decay rates of the paper.
struct AdamMoments: Sendable {
  private var first: [SIMD8<Float>]
  private var second: [SIMD8<Float>]

  init(count: Int) {
    first = [SIMD8<Float>](repeating: .zero, count: count)
    second = first
  }

  /// - Parameter step: counted from 1.
  mutating func apply(_ gradient: LaneMatrix, to matrix: inout LaneMatrix, step: Int, learningRate: Float) {
    let firstCorrection = 1 / (1 - pow(0.9, Float(step)))
    let secondCorrection = 1 / (1 - pow(0.999, Float(step)))
    for index in first.indices {
      let slope = gradient.values[index]
      let mean = 0.9 * first[index] + 0.1 * slope
      let square = 0.999 * second[index] + 0.001 * slope * slope
      first[index] = mean
      second[index] = square
      matrix.values[index] -= learningRate * (mean * firstCorrection) / ((square * secondCorrection).squareRoot() + 1e-8)
    }
  }
}

/// Standard normal numbers (Box and Muller, 1958).
struct NormalGenerator {
  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func next() -> Float {
    let radius = (-2 * log(Double.random(in: 0x1p-60...1, using: &generator))).squareRoot()
    return Float(radius * cos(2 * Double.pi * Double.random(in: 0..<1, using: &generator)))
  }
}

/// The natural logarithm.
func naturalLogarithm(_ x: Float) -> Float { log(x) }
