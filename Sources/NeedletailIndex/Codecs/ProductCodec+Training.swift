internal import NeedletailNumerics

extension ProductCodec {
  /// Learned vectors are the centroids of a sample of so many rows for each.
  private static let rowsPerCluster = 256

  init(
    training values: [Float], dimension: Int, parts: Int, bits: Int, isRotated: Bool, seed: UInt64, pool: WorkerPool
  ) {
    let sample = Self.sample(values, dimension, count: Self.rowsPerCluster << bits, seed)
    let rotation =
      isRotated
      ? LearnedRotation(training: sample, dimension: dimension, parts: parts, bits: bits, seed: seed, pool: pool) : nil
    let turned = rotation.map { $0.applied(to: sample, pool: pool) } ?? sample
    self.init(
      dimension: dimension, parts: parts, bits: bits, rotation: rotation,
      codebooks: Self.codebooks(
        of: turned, dimension: dimension, parts: parts, bits: bits, iterationCount: 20, seed: seed, pool: pool))
  }

  static func sample(_ values: [Float], _ dimension: Int, count: Int, _ seed: UInt64) -> [Float] {
    let available = dimension == 0 ? 0 : values.count / dimension
    guard available > count else { return values }
    var generator = SeededGenerator(seed: seed)
    var rows = Array(0..<available)
    var sample: [Float] = []
    sample.reserveCapacity(count * dimension)
    for place in 0..<count {
      rows.swapAt(place, Int.random(in: place..<available, using: &generator))
      sample += values[rows[place] * dimension..<(rows[place] + 1) * dimension]
    }
    return sample
  }

  /// Centroids of each part, in the order in which they are compared.
  static func codebooks(
    of values: [Float], dimension: Int, parts: Int, bits: Int, iterationCount: Int, seed: UInt64, pool: WorkerPool
  ) -> Column<Float> {
    let width = width(dimension: dimension, parts: parts)
    let clusters = 1 << bits
    let count = values.count / max(1, dimension)
    return unsafe Column(count: parts * width * clusters) { target in
      for part in 0..<parts {
        var piece = [Float](repeating: 0, count: count * width)
        for row in 0..<count {
          for index in 0..<width where part * width + index < dimension {
            piece[row * width + index] = values[row * dimension + part * width + index]
          }
        }
        let means = KMeans(
          piece, dimension: width,
          parameters: .init(clusterCount: clusters, iterationCount: iterationCount, rowsPerCluster: rowsPerCluster, seed: seed &+ UInt64(part)),
          pool: pool)
        // Fewer rows than clusters: the last centroid is repeated, and the lowest number wins.
        for cluster in 0..<clusters {
          let source = min(cluster, means.clusterCount - 1)
          for index in 0..<width {
            unsafe target[(part * width + index) * clusters + cluster] = means.centroids[source * width + index]
          }
        }
      }
    }
  }
}
