public import NeedletailNumerics

/// For each centroid the rows that have a vector there, ascending and each once.
struct CentroidLists: Sendable {
  /// The first entry of each centroid; one more than centroids.
  let starts: Column<UInt64>
  let rows: Column<UInt32>

  init(starts: Column<UInt64>, rows: Column<UInt32>) {
    self.starts = starts
    self.rows = rows
  }

  init(assignments: [UInt32], offsets: [Int], centroidCount: Int) {
    var lists = [[UInt32]](repeating: [], count: centroidCount)
    for row in 0..<offsets.count - 1 {
      for token in offsets[row]..<offsets[row + 1] where lists[Int(assignments[token])].last != UInt32(row) {
        lists[Int(assignments[token])].append(UInt32(row))
      }
    }
    var starts: [UInt64] = [0]
    for list in lists { starts.append(starts[starts.count - 1] + UInt64(list.count)) }
    self.init(starts: Column(starts), rows: Column(lists.flatMap(\.self)))
  }

  func entries(of centroid: Int) -> Range<Int> { Int(starts[centroid])..<Int(starts[centroid + 1]) }
}

/// How candidates are found by centroids.
public struct CentroidSearchOptions: Hashable, Sendable {
  /// Centroids of each query vector whose rows are candidates (`nprobe`).
  public var probes: Int
  /// Candidates that are compared exactly, the best by their centroids' scores (`ndocs / 4` in the paper).
  public var rescored: Int

  public init(probes: Int = 4, rescored: Int = 256) {
    self.probes = probes
    self.rescored = rescored
  }
}

extension MultiVectorIndex {
  /// The best rows by way of centroids: rows with a vector in one of the nearest cells of a query vector are candidates, the best
  /// of them by the scores of their centroids alone are compared exactly.
  ///
  /// Santhanam et al., "PLAID: An Efficient Engine for Late Interaction Retrieval", CIKM 2022, section 4. Deviation: one stage of
  /// centroid interaction instead of two, without pruning of centroids.
  ///
  /// - Returns: the best, and how many rows were candidates.
  /// - Throws: `invalidParameter` where the vectors are not stored as residuals.
  public func searchByCentroids(
    _ query: [Float], limit: Int, options: CentroidSearchOptions = CentroidSearchOptions(), pool: WorkerPool = .shared
  ) throws(IndexError) -> (neighbours: [Neighbour], candidates: Int) {
    try check(query)
    try SearchOptions(limit: limit).validate()
    guard let residuals = rows.residuals, let lists else {
      throw .invalidParameter("only an index of residuals has centroids to search by")
    }
    let queryCount = query.count / dimension
    guard queryCount > 0, limit > 0 else { return ([], 0) }
    let scores = centroidScores(query, queryCount, residuals)
    let candidates = self.candidates(scores, queryCount, residuals.centroidCount, lists, probes: max(1, options.probes))
    var best = TopK(capacity: min(max(options.rescored, limit), candidates.count))
    var largest = [Float](repeating: 0, count: queryCount)
    for row in candidates {
      for number in 0..<queryCount { largest[number] = -.infinity }
      for token in tokens(of: row) {
        let start = Int(rows.assignments[token]) * queryCount
        for number in 0..<queryCount { largest[number] = max(largest[number], scores[start + number]) }
      }
      best.insert(row: row, score: largest.reduce(0, +))
    }
    return (try rank(best.ranked.map(\.row), for: query, limit: limit, pool: pool), candidates.count)
  }

  /// For each centroid its inner products with all query vectors.
  private func centroidScores(_ query: [Float], _ queryCount: Int, _ residuals: ResidualCodec) -> [Float] {
    var scores = [Float](repeating: 0, count: residuals.centroidCount * queryCount)
    var column = [Float](repeating: 0, count: residuals.centroidCount)
    let centroids = unsafe RowPointer(base: residuals.centroids.start, stride: dimension, dimension: dimension)
    for number in 0..<queryCount {
      unsafe query.withUnsafeBufferPointer { query in
        unsafe column.withUnsafeMutableBufferPointer { column in
          unsafe DistanceKernels.current.dot(
            query.baseAddress.unsafelyUnwrapped + number * dimension, centroids, indices: nil, count: residuals.centroidCount,
            into: column.baseAddress.unsafelyUnwrapped)
        }
      }
      for centroid in column.indices { scores[centroid * queryCount + number] = column[centroid] }
    }
    return scores
  }

  private func candidates(_ scores: [Float], _ queryCount: Int, _ centroidCount: Int, _ lists: CentroidLists, probes: Int) -> RowSet {
    var candidates = RowSet()
    var probed = RowSet()
    for number in 0..<queryCount {
      var best = TopK(capacity: min(probes, centroidCount))
      for centroid in 0..<centroidCount { best.insert(row: UInt32(centroid), score: scores[centroid * queryCount + number]) }
      for (centroid, _) in best.ranked where !probed.contains(centroid) {
        probed.insert(centroid)
        for entry in lists.entries(of: Int(centroid)) { candidates.insert(lists.rows[entry]) }
      }
    }
    return candidates
  }
}
