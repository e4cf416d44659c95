public import NeedletailCore
public import NeedletailNumerics

/// Items that are sets of features, such as photographs by their local descriptors, ranked by how much of a query they cover.
///
/// For each feature of a query the nearest feature of *each item* counts, not the nearest of all: appearance (distance) and
/// geometry (which camera saw it) are settled in one search (Aiger et al., ICCV 2023, section 3). The score of an item is the mean
/// over the query's features of the worth of that distance, from 0 to 1. This type compares with every feature and is the oracle
/// of the faster ways.
public struct FeatureSetIndex: Sendable {
  let features: TokenVectors
  /// The item of each feature.
  let owners: [Row]
  public let kernel: MatchKernel

  /// - Parameters:
  ///   - features: the features of each item; row `i` is item `i`.
  ///   - kernel: the worth of a match.
  /// - Throws: `IndexError`.
  public init(_ features: TokenVectors, kernel: MatchKernel) throws(IndexError) {
    try kernel.validate()
    guard features.tokenCount <= maximumRowCount, features.dimension <= maximumDimension else {
      throw .invalidParameter("an index of features holds up to \(maximumRowCount) features of up to \(maximumDimension) components")
    }
    if let place = features.values.firstIndex(where: { !$0.isFinite }) {
      let row = features.offsets.dropFirst().firstIndex { $0 * features.dimension > place } ?? 1
      throw .unusableVector(row: row - 1, reason: "a component is not a finite number")
    }
    self.features = features
    self.kernel = kernel
    var owners: [Row] = []
    owners.reserveCapacity(features.tokenCount)
    for item in 0..<features.count { owners += repeatElement(Row(item), count: features.tokens(of: item).count) }
    self.owners = owners
  }

  /// The number of items.
  public var count: Int { features.count }

  /// The items that cover the query best, best first, equal ones by ascending row; those that cover nothing are left out.
  ///
  /// - Parameters:
  ///   - query: the features of the query, one after the other.
  ///   - limit: most items returned.
  ///   - pool: the threads that compare.
  public func search(_ query: [Float], limit: Int, pool: WorkerPool = .shared) throws(IndexError) -> [Neighbour] {
    try features.check(query)
    let queryCount = query.count / features.dimension
    let sums = pool.map(count, tasksOf: 4) { items in items.map { covered(query, queryCount, by: $0) } }
    return Self.ranked(sums, queryCount: queryCount, limit: limit)
  }

  /// The sum over a query's features of what the nearest feature of an item is worth. The features of one item stay in the cache meanwhile.
  private func covered(_ query: [Float], _ queryCount: Int, by item: Int) -> Double {
    let tokens = features.tokens(of: item)
    guard !tokens.isEmpty else { return 0 }
    let dimension = features.dimension
    var squares = [Float](repeating: 0, count: tokens.count)
    var sum = 0.0
    for number in 0..<queryCount {
      unsafe query.withUnsafeBufferPointer { query in
        unsafe features.values.withUnsafeBufferPointer { values in
          unsafe squares.withUnsafeMutableBufferPointer { squares in
            unsafe DistanceKernels.current.squaredEuclidean(
              query.baseAddress.unsafelyUnwrapped + number * dimension,
              RowPointer(
                base: values.baseAddress.unsafelyUnwrapped + tokens.lowerBound * dimension, stride: dimension, dimension: dimension),
              indices: nil, count: tokens.count, into: squares.baseAddress.unsafelyUnwrapped)
          }
        }
      }
      var nearest = Float.infinity
      for square in squares where square < nearest { nearest = square }
      if nearest.isFinite { sum += kernel.worth(at: Double(max(0, nearest)).squareRoot()) }
    }
    return sum
  }

  static func ranked(_ sums: [Double], queryCount: Int, limit: Int) -> [Neighbour] {
    var best = TopK(capacity: min(max(0, limit), sums.count))
    for (item, sum) in sums.enumerated() where sum > 0 { best.insert(row: Row(item), score: Float(sum / Double(queryCount))) }
    return best.neighbours
  }
}

extension TokenVectors {
  /// Makes sure that a query can be compared with these.
  func check(_ query: [Float]) throws(IndexError) {
    guard query.count.isMultiple(of: dimension) else { throw .dimensionMismatch(expected: dimension, found: query.count) }
    guard query.allSatisfy({ $0.isFinite }) else { throw .unusableVector(row: nil, reason: "a component is not a finite number") }
  }
}
