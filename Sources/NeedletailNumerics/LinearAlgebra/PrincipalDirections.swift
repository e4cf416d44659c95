/// The directions in which rows differ most, to keep few components of each (K. Pearson, "On lines and planes of closest fit to
/// systems of points in space", Philosophical Magazine 2, 1901).
public struct PrincipalDirections: Sendable {
  /// The mean of the rows.
  public let mean: [Float]
  /// Orthonormal rows of `dimension` components, the direction of the largest variance first.
  public let directions: [Float]
  /// Components of a row.
  public let dimension: Int
  /// Components that are kept.
  public let count: Int

  /// Most rows that are looked at, spread over all.
  private static let sampleSize = 20_000

  /// Finds the directions.
  ///
  /// - Parameters:
  ///   - values: rows of `dimension` finite components, one after the other.
  ///   - dimension: components of a row.
  ///   - count: how many directions; at most `dimension`.
  ///   - pool: the threads that multiply; the result does not depend on how many there are.
  public init(_ values: [Float], dimension: Int, count: Int, pool: WorkerPool = .shared) {
    precondition(dimension > 0 && values.count.isMultiple(of: dimension), "\(values.count) values do not make rows of \(dimension)")
    precondition((1...dimension).contains(count), "\(count) directions of \(dimension)")
    self.dimension = dimension
    self.count = count
    let rows = values.count / dimension
    var sums = [Double](repeating: 0, count: dimension)
    for row in 0..<rows { for index in 0..<dimension { sums[index] += Double(values[row * dimension + index]) } }
    mean = sums.map { Float($0 / Double(max(1, rows))) }
    let sampled = min(rows, Self.sampleSize)
    // One row for each component, so that the product is the covariance.
    var columns = [Float](repeating: 0, count: dimension * max(1, sampled))
    for place in 0..<sampled {
      let start = place * rows / sampled * dimension
      for index in 0..<dimension { columns[index * sampled + place] = values[start + index] - mean[index] }
    }
    let covariance = DenseProduct.rows(columns, columns, depth: max(1, sampled), pool: pool).map { Double($0) / Double(max(1, sampled)) }
    let decomposition = SingularValues(covariance, count: dimension)
    directions = decomposition.right.prefix(count).flatMap { $0.map(Float.init) }
  }

  /// Rows less the mean, in the coordinates of the directions.
  public func project(_ values: [Float], pool: WorkerPool = .shared) -> [Float] {
    var centred = values
    for start in stride(from: 0, to: values.count, by: dimension) { for index in 0..<dimension { centred[start + index] -= mean[index] } }
    return centred.isEmpty ? [] : DenseProduct.rows(centred, directions, depth: dimension, pool: pool)
  }
}
