internal import ArgumentParser
internal import NeedletailNumerics

/// The vectors that a load is made of, and their JSON: those of a file, or seeded ones that are about as hard to tell apart as
/// embeddings of texts.
///
/// Embeddings lie in clusters and, though they have hundreds of components, move along a few tens of directions only. Seeded
/// vectors do so too: a centre, and steps along shared directions that become shorter. (Noise in all components instead would
/// make all members of a cluster equally far from one another; what is nearest would then mean nothing.)
struct LoadVectors: Sendable {
  private enum Source: Sendable {
    case seeded(seed: UInt64, centres: [Float], directions: [Float])
    /// The rows of a file, one after the other; the last `queries` are the queries.
    case rows([Float], count: Int, queries: Int)
  }

  let dimension: Int
  private let source: Source
  private static let clusters = 512
  private static let directions = 32
  /// Queries are numbered from here on.
  static let firstQuery = 1 << 32

  /// Seeded vectors of unit length.
  init(dimension: Int, seed: UInt64) {
    self.dimension = dimension
    let centres = (0..<Self.clusters).flatMap { Self.direction(dimension, seed, part: UInt64($0)) }
    var directions: [Float] = []
    for number in 0..<Self.directions {
      let length: Float = 1.2 / (1 + Float(number) / 8)
      directions += Self.direction(dimension, seed, part: 1 << 20 | UInt64(number)).map { length * $0 }
    }
    source = .seeded(seed: seed, centres: centres, directions: directions)
  }

  /// The rows of a file in one of the formats of `VectorFile`; of every hundred one is a query, up to 4,096.
  init(path: String) throws {
    let file = try VectorFile(path: path)
    let queries = min(4_096, file.count / 100)
    guard queries > 0 else { throw ValidationError("\(path) has \(file.count) vectors; at least 100 are needed.") }
    dimension = file.dimension
    source = .rows(file.floats(), count: file.count - queries, queries: queries)
  }

  /// How many points there are; nil for any number.
  var count: Int? {
    if case .rows(_, let count, _) = source { count } else { nil }
  }

  /// A vector of the set; numbers from `firstQuery` on are queries, which are not in it. The rows of a file come again and again.
  func vector(_ number: Int) -> [Float] {
    switch source {
    case .rows(let values, let count, let queries):
      let row = number >= Self.firstQuery ? count + (number - Self.firstQuery) % queries : number % count
      return Array(values[row * dimension..<(row + 1) * dimension])
    case .seeded(let seed, let centres, let directions):
      var random = SeededGenerator(seed: seed, part: 1 << 40, UInt64(number))
      let centre = random.index(below: Self.clusters) * dimension
      var values = Array(centres[centre..<centre + dimension])
      for direction in 0..<Self.directions {
        let length = Self.nearlyNormal(&random)
        let start = direction * dimension
        for component in 0..<dimension { values[component] += length * directions[start + component] }
      }
      return Self.normalised(values)
    }
  }

  /// Sums of four uniform numbers are near enough to normal ones.
  private static func nearlyNormal(_ random: inout SeededGenerator) -> Float {
    random.unitFloat() + random.unitFloat() + random.unitFloat() + random.unitFloat() - 2
  }

  private static func direction(_ dimension: Int, _ seed: UInt64, part: UInt64) -> [Float] {
    var random = SeededGenerator(seed: seed, part: part)
    return normalised((0..<dimension).map { _ in nearlyNormal(&random) })
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
      if scaled < 1_000_000 {
        text.append(UInt8(ascii: "0") + UInt8(scaled / 100_000))
      } else {
        text.append(contentsOf: String(scaled / 100_000).utf8)
      }
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
