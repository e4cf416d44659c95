internal import NeedletailCore
internal import NeedletailNumerics

/// Components as integers of 8 or 16 bits with one scale for all, rounded up or down at random so that the mean is right
/// (Zhang et al., VLDB 2024, the INT8/16 rows of their comparison).
///
/// Deviation: the scale is set by the largest magnitude instead of the fixed 0.01, which suits only vectors of one size.
struct FixedPointVectors: CompressedVectors {
  let count: Int
  let dimension: Int
  let bits: Int
  private let scale: Float
  private let codes: [Int16]

  init(_ vectors: DenseVectors, bits: Int, seed: UInt64) {
    precondition(bits == 8 || bits == 16)
    count = vectors.count
    dimension = vectors.dimension
    self.bits = bits
    let limit = Float(1 << (bits - 1) - 1)
    let scale = (vectors.values.lazy.map(abs).max() ?? 0) / limit
    self.scale = scale
    var generator = SeededGenerator(seed: seed)
    codes = vectors.values.map { value in
      Int16(scale > 0 ? StochasticRounding.rounded(value / scale, limit: limit, using: &generator) : 0)
    }
  }

  var storage: [StoredPart] {
    [StoredPart(name: "codes", bits: count * dimension * bits), StoredPart(name: "scale", bits: 32)]
  }

  func decode(_ rows: Range<Int>) -> [Float] {
    codes[rows.lowerBound * dimension..<rows.upperBound * dimension].map { scale * Float($0) }
  }
}

/// Rounding whose expected value is the number itself.
enum StochasticRounding {
  static func rounded(_ value: Float, limit: Float, using generator: inout SeededGenerator) -> Float {
    let draw = Float(generator.next() >> 40) / Float(1 << 24)
    return max(-limit, min(limit, (value + draw).rounded(.down)))
  }
}
