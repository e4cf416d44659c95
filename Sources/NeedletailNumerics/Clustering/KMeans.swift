/// Centroids that a set of rows gathers around: Lloyd's algorithm on a sample (S. Lloyd, "Least squares quantization in
/// PCM", IEEE Transactions on Information Theory 28, 1982).
///
/// Every step compares blocks of rows with all centroids by one matrix product. The result depends on the rows, the
/// parameters and the instruction set, not on the number of threads.
public struct KMeans: Sendable {
  /// How centroids are sought.
  public struct Parameters: Hashable, Sendable {
    /// How many centroids; fewer rows than that give as many centroids as rows.
    public var clusterCount: Int
    /// How often rows are assigned and centroids moved.
    public var iterationCount: Int
    /// Centroids are learned from a random sample of at most so many rows for each of them.
    public var rowsPerCluster: Int
    /// Whether clusters of more than average size become dearer until sizes are alike.
    public var isBalanced: Bool
    public var seed: UInt64

    public init(
      clusterCount: Int, iterationCount: Int = 12, rowsPerCluster: Int = 256, isBalanced: Bool = false, seed: UInt64 = 42
    ) {
      self.clusterCount = clusterCount
      self.iterationCount = iterationCount
      self.rowsPerCluster = rowsPerCluster
      self.isBalanced = isBalanced
      self.seed = seed
    }
  }

  public let dimension: Int
  /// One row for each cluster, one after the other.
  public private(set) var centroids: [Float]
  // What a cluster costs beyond the distance, all zero unless balanced.
  private var prices: [Float]

  public var clusterCount: Int { prices.count }

  /// Learns centroids.
  ///
  /// - Parameters:
  ///   - values: rows of `dimension` finite components, one after the other.
  ///   - dimension: components of a row.
  ///   - parameters: how many clusters and how long.
  ///   - pool: the threads to work with; the result does not depend on how many there are.
  public init(_ values: [Float], dimension: Int, parameters: Parameters, pool: WorkerPool = .shared) {
    precondition(dimension > 0 && values.count.isMultiple(of: dimension), "\(values.count) values do not make rows of \(dimension)")
    precondition(parameters.clusterCount > 0, "at least one cluster")
    self.dimension = dimension
    let count = values.count / dimension
    let clusterCount = min(parameters.clusterCount, max(count, 1))
    let sample = Self.sample(values, dimension, count: min(count, clusterCount * max(1, parameters.rowsPerCluster)), parameters.seed)
    centroids = count == 0 ? [Float](repeating: 0, count: dimension) : Array(sample[..<(clusterCount * dimension)])
    prices = [Float](repeating: 0, count: clusterCount)
    guard count > 0 else { return }
    let sampleCount = sample.count / dimension
    for iteration in 0..<parameters.iterationCount {
      let (clusters, scores) = NearestCentroids(centroids: centroids, dimension: dimension, prices: prices)
        .nearest(to: sample, pool: pool)
      let members = Members(clusters, clusterCount: clusterCount)
      if parameters.isBalanced {
        // Large steps first, small ones at the end, so that sizes settle.
        let remaining = Float(parameters.iterationCount - iteration) / Float(parameters.iterationCount)
        raisePrices(members, step: 0.1 * remaining * meanDistance(sample, clusters, scores))
      }
      // While sizes may still move: the smallest clusters take over half of the largest.
      let isEarly = 3 * iteration < 2 * parameters.iterationCount
      move(members, sample, takingOver: parameters.isBalanced && isEarly ? sampleCount / clusterCount / 2 : 0, pool)
    }
  }

  /// The cluster of each row. Balanced clusters count their prices, so this is not always the nearest centroid.
  public func clusters(of values: [Float], pool: WorkerPool = .shared) -> [UInt32] {
    NearestCentroids(centroids: centroids, dimension: dimension, prices: prices).nearest(to: values, pool: pool).clusters
  }

  // MARK: - Steps

  /// The rows of each cluster, in order.
  private struct Members {
    var starts: [Int]
    var rows: [Int]

    init(_ clusters: [UInt32], clusterCount: Int) {
      starts = [Int](repeating: 0, count: clusterCount + 1)
      for cluster in clusters { starts[Int(cluster) + 1] += 1 }
      for cluster in 0..<clusterCount { starts[cluster + 1] += starts[cluster] }
      var next = starts
      rows = [Int](repeating: 0, count: clusters.count)
      for (row, cluster) in clusters.enumerated() {
        rows[next[Int(cluster)]] = row
        next[Int(cluster)] += 1
      }
    }

    func count(_ cluster: Int) -> Int { starts[cluster + 1] - starts[cluster] }
  }

  /// Rows drawn at random without repetition, in random order.
  private static func sample(_ values: [Float], _ dimension: Int, count: Int, _ seed: UInt64) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    var rows = Array(0..<values.count / dimension)
    var sample: [Float] = []
    sample.reserveCapacity(count * dimension)
    for place in 0..<count {
      rows.swapAt(place, Int.random(in: place..<rows.count, using: &generator))
      sample += values[rows[place] * dimension..<(rows[place] + 1) * dimension]
    }
    return sample
  }

  private mutating func move(_ members: Members, _ sample: [Float], takingOver smallest: Int, _ pool: WorkerPool) {
    let dimension = dimension
    unsafe centroids.withUnsafeMutableBufferPointer { centroids in
      nonisolated(unsafe) let centroids = unsafe centroids
      let clustersPerTask = 16
      let clusterCount = members.starts.count - 1
      pool.forEach((clusterCount + clustersPerTask - 1) / clustersPerTask) { task in
        var sum = [Double](repeating: 0, count: dimension)
        for cluster in task * clustersPerTask..<min(clusterCount, (task + 1) * clustersPerTask)
        where members.count(cluster) > 0 {
          for index in 0..<dimension { sum[index] = 0 }
          for row in members.rows[members.starts[cluster]..<members.starts[cluster + 1]] {
            for index in 0..<dimension { sum[index] += Double(sample[row * dimension + index]) }
          }
          for index in 0..<dimension {
            unsafe centroids[cluster * dimension + index] = Float(sum[index] / Double(members.count(cluster)))
          }
        }
      }
    }
    fillEmpty(members, smallest: smallest)
  }

  /// Gives each cluster of at most `smallest` rows a place beside the largest, half of whose rows it will take.
  private mutating func fillEmpty(_ members: Members, smallest: Int) {
    var sizes = (0..<clusterCount).map(members.count)
    for empty in 0..<clusterCount where members.count(empty) <= smallest {
      guard let largest = sizes.indices.max(by: { (sizes[$0], -$0) < (sizes[$1], -$1) }), sizes[largest] > max(1, 3 * smallest)
      else { return }
      for index in 0..<dimension {
        let value = centroids[largest * dimension + index]
        let shift: Float = index.isMultiple(of: 2) ? 1 / 1024 : -1 / 1024
        centroids[empty * dimension + index] = value * (1 + shift)
        centroids[largest * dimension + index] = value * (1 - shift)
      }
      prices[empty] = prices[largest]
      sizes[empty] = sizes[largest] / 2
      sizes[largest] -= sizes[empty]
    }
  }

  /// The mean squared distance between rows and their centroids.
  private func meanDistance(_ sample: [Float], _ clusters: [UInt32], _ scores: [Float]) -> Float {
    var squares = 0.0
    for value in sample { squares += Double(value) * Double(value) }
    for (cluster, score) in zip(clusters, scores) { squares -= 2 * Double(score) + Double(prices[Int(cluster)]) }
    return Float(max(0, squares) / Double(max(1, scores.count)))
  }

  private mutating func raisePrices(_ members: Members, step: Float) {
    let target = Float(members.rows.count) / Float(clusterCount)
    for cluster in 0..<clusterCount {
      prices[cluster] += step * min(1, Float(members.count(cluster)) / target - 1)
    }
  }
}
