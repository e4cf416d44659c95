/// A random rotation that costs `n log n`: rounds of random signs, each followed by Hadamard transforms of the front and
/// of the back (the structured rotations of Ailon and Chazelle, "The fast Johnson-Lindenstrauss transform", SIAM Journal
/// on Computing 39, 2009, with two overlapping transforms where the dimension is not a power of two).
///
/// Lengths and inner products stay what they are, and no direction of the data is special afterwards.
public struct RandomRotation: Sendable {
  public let dimension: Int
  public let seed: UInt64
  private let signs: [Float]
  /// The greatest power of two that is not greater than the dimension.
  private let width: Int

  private static let roundCount = 4

  public init(dimension: Int, seed: UInt64) {
    precondition(dimension > 0, "a rotation of no dimensions")
    self.dimension = dimension
    self.seed = seed
    var generator = SeededGenerator(seed: seed)
    signs = (0..<Self.roundCount * dimension).map { _ in generator.next() >> 63 == 0 ? 1 : -1 }
    width = 1 << (Int.bitWidth - 1 - dimension.leadingZeroBitCount)
  }

  /// Rotates a vector in place.
  public func apply(to vector: inout [Float]) {
    precondition(vector.count == dimension, "a vector of \(vector.count) for a rotation of \(dimension)")
    unsafe vector.withUnsafeMutableBufferPointer { unsafe turn($0.baseAddress!) }
  }

  /// Turns a rotated vector back in place.
  public func reverse(_ vector: inout [Float]) {
    precondition(vector.count == dimension, "a vector of \(vector.count) for a rotation of \(dimension)")
    unsafe vector.withUnsafeMutableBufferPointer { unsafe turnBack($0.baseAddress!) }
  }

  @unsafe package func turn(_ vector: UnsafeMutablePointer<Float>) {
    for round in 0..<Self.roundCount {
      for index in 0..<dimension { unsafe vector[index] *= signs[round * dimension + index] }
      unsafe Self.transform(vector, count: width)
      if width < dimension { unsafe Self.transform(vector + (dimension - width), count: width) }
    }
  }

  @unsafe package func turnBack(_ vector: UnsafeMutablePointer<Float>) {
    for round in (0..<Self.roundCount).reversed() {
      if width < dimension { unsafe Self.transform(vector + (dimension - width), count: width) }
      unsafe Self.transform(vector, count: width)
      for index in 0..<dimension { unsafe vector[index] *= signs[round * dimension + index] }
    }
  }

  /// The orthogonal Hadamard transform, which is its own inverse.
  private static func transform(_ vector: UnsafeMutablePointer<Float>, count: Int) {
    var half = 1
    while half < count {
      for start in stride(from: 0, to: count, by: 2 * half) {
        for index in start..<start + half {
          let (first, second) = unsafe (vector[index], vector[index + half])
          unsafe vector[index] = first + second
          unsafe vector[index + half] = first - second
        }
      }
      half *= 2
    }
    let factor = 1 / Float(count).squareRoot()
    for index in 0..<count { unsafe vector[index] *= factor }
  }
}
