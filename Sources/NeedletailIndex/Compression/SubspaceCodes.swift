internal import NeedletailCore
internal import NeedletailNumerics

/// Product codes of any number of bits, for decoding only.
struct SubspaceCodes: CompressedVectors {
  let count: Int
  let dimension: Int
  private let width: Int
  private let codebooks: [[Float]]
  private let codes: [PackedBits]

  var parts: Int { codebooks.count }

  /// - Parameters:
  ///   - parts: how many parts vectors are cut into; fewer if the width of a part, rounded up, needs fewer.
  ///   - bits: 1 to 12 for each part.
  init(_ vectors: DenseVectors, parts: Int, bits: Int, seed: UInt64, pool: WorkerPool) {
    count = vectors.count
    dimension = vectors.dimension
    let width = (vectors.dimension + parts - 1) / parts
    self.width = width
    var (codebooks, codes): ([[Float]], [PackedBits]) = ([], [])
    for first in stride(from: 0, to: vectors.dimension, by: width) {
      var piece = [Float](repeating: 0, count: vectors.count * width)
      for row in 0..<vectors.count {
        for index in 0..<min(width, vectors.dimension - first) {
          piece[row * width + index] = vectors.values[row * vectors.dimension + first + index]
        }
      }
      let means = KMeans(
        piece, dimension: width,
        parameters: .init(clusterCount: 1 << bits, iterationCount: 15, rowsPerCluster: 128, seed: seed &+ UInt64(first)), pool: pool)
      codebooks.append(means.centroids)
      codes.append(PackedBits(means.clusters(of: piece, pool: pool), width: bits))
    }
    (self.codebooks, self.codes) = (codebooks, codes)
  }

  /// The number of parts that fits a budget; 0 if none does.
  static func parts(count: Int, dimension: Int, bits: Int, budgetBytes: Int) -> Int {
    let forCodes = 8 * budgetBytes - dimension * 32 << bits
    guard forCodes > 0, count > 0 else { return 0 }
    var parts = min(dimension, forCodes / (count * bits))
    // The width of a part is rounded up, and its codebook with it.
    while parts > 0 {
      let width = (dimension + parts - 1) / parts
      let real = (dimension + width - 1) / width
      if count * real * bits + real * width * 32 << bits <= 8 * budgetBytes { return real }
      parts -= 1
    }
    return 0
  }

  var storage: [StoredPart] {
    [
      StoredPart(name: "codes", bits: codes.reduce(0) { $0 + $1.bits }),
      StoredPart(name: "codebooks", bits: codebooks.reduce(0) { $0 + 32 * $1.count }),
    ]
  }

  func decode(_ rows: Range<Int>) -> [Float] {
    var result = [Float](repeating: 0, count: rows.count * dimension)
    for part in 0..<parts {
      let components = part * width..<min(dimension, (part + 1) * width)
      for row in rows {
        let start = Int(codes[part][row]) * width
        for index in 0..<components.count {
          result[(row - rows.lowerBound) * dimension + components.lowerBound + index] = codebooks[part][start + index]
        }
      }
    }
    return result
  }
}
