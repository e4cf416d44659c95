internal import NeedletailNumerics

/// Seeded vectors of unit length that lie in clusters, as embeddings do, and their JSON.
struct LoadVectors: Sendable {
  let dimension: Int
  private let seed: UInt64
  /// The centres of the clusters, one after the other.
  private let centres: [Float]
  private static let clusters = 512
  /// How far a vector strays from its centre, beside the centre's own length of one.
  private static let spread: Float = 0.8

  init(dimension: Int, seed: UInt64) {
    self.dimension = dimension
    self.seed = seed
    centres = (0..<Self.clusters).flatMap { Self.direction(dimension, seed, part: UInt64($0)) }
  }

  /// A vector of the set; numbers from `1 << 32` on are queries, which are not in it.
  func vector(_ number: Int) -> [Float] {
    var random = SeededGenerator(seed: seed, part: 1 << 40, UInt64(number))
    let start = random.index(below: Self.clusters) * dimension
    let noise = Self.direction(dimension, seed, part: 1 << 41 | UInt64(number))
    return Self.normalised((0..<dimension).map { centres[start + $0] + Self.spread * noise[$0] })
  }

  private static func direction(_ dimension: Int, _ seed: UInt64, part: UInt64) -> [Float] {
    var random = SeededGenerator(seed: seed, part: part)
    // Sums of four uniform numbers are near enough to normal ones.
    return normalised((0..<dimension).map { _ in random.unitFloat() + random.unitFloat() + random.unitFloat() + random.unitFloat() - 2 })
  }

  private static func normalised(_ values: [Float]) -> [Float] {
    let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return length > 0 ? values.map { $0 / length } : values
  }

  /// A list of numbers with five decimals.
  static func append(_ values: [Float], to text: inout [UInt8]) {
    text.append(UInt8(ascii: "["))
    for (index, value) in values.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      let scaled = Int((value.magnitude * 100_000).rounded())
      if value < 0 { text.append(UInt8(ascii: "-")) }
      text.append(contentsOf: String(scaled / 100_000).utf8)
      text.append(UInt8(ascii: "."))
      var divisor = 10_000
      while divisor > 0 {
        text.append(UInt8(ascii: "0") + UInt8(scaled / divisor % 10))
        divisor /= 10
      }
    }
    text.append(UInt8(ascii: "]"))
  }
}
