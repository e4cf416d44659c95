/// How much sparser the surroundings of a point are than those of its neighbours: about 1 inside a cluster, more outside.
///
/// Breunig, Kriegel, Ng and Sander, "LOF: Identifying Density-Based Local Outliers", SIGMOD 2000, definitions 3 to 7, with exactly k neighbours
/// (among equally near ones, those of lower number).
public enum LocalOutlierFactor {
  /// What a point's factor may be before it counts as an outlier by the usual rule.
  public static let usualLimit: Float = 1.5

  /// The factor of each point.
  ///
  /// Euclidean distances; O(n²) time, O(n k) memory. Points that coincide with more than k others have infinite density, and a factor of 1.
  ///
  /// - Parameters:
  ///   - points: row after row.
  ///   - dimension: numbers in a row.
  ///   - neighbours: k; at most the number of other points are used.
  public static func factors(of points: [Float], dimension: Int, neighbours: Int = 20) -> [Float] {
    precondition(dimension > 0 && points.count.isMultiple(of: dimension), "\(points.count) values do not make rows of \(dimension)")
    let count = points.count / dimension
    let k = min(neighbours, count - 1)
    guard k > 0 else { return [Float](repeating: 1, count: count) }
    let near = (0..<count).map { nearest(to: $0, in: points, dimension: dimension, k) }
    let reach = near.map { $0.last?.distance ?? 0 }
    let density = near.map { neighbours in
      let sum = neighbours.reduce(Float(0)) { $0 + max(reach[$1.row], $1.distance) }
      return sum > 0 ? Float(neighbours.count) / sum : .infinity
    }
    return near.indices.map { point in
      guard density[point].isFinite else { return 1 }
      return near[point].reduce(Float(0)) { $0 + density[$1.row] } / (Float(k) * density[point])
    }
  }

  private static func nearest(to point: Int, in points: [Float], dimension: Int, _ k: Int) -> [(row: Int, distance: Float)] {
    let query = Array(points[point * dimension..<(point + 1) * dimension])
    var best = TopK(capacity: k)
    for (row, distance) in DistanceKernels.current.squaredEuclidean(query.span, rows: points.span).enumerated() where row != point {
      best.insert(row: UInt32(row), score: -distance)
    }
    return best.ranked.map { (Int($0.row), (-$0.score).squareRoot()) }
  }
}
