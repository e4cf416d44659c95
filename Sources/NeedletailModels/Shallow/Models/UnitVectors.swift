internal import NeedletailNumerics

extension [Float] {
  /// Adds another vector of the same length.
  mutating func add(_ other: [Float]) {
    for index in indices { self[index] += other[index] }
  }

  /// The vector divided by its length; zeros stay zeros.
  var scaledToUnitLength: [Float] {
    let length = reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
    return length > 0 ? map { $0 / length } : self
  }
}

extension ParameterRows {
  /// The rows of a range nearest to a vector by cosine, nearest first; rows of zeros are passed over.
  func nearest(to vector: [Float], within rows: Range<Int>, limit: Int) -> [(row: Int, similarity: Float)] {
    let query = vector.scaledToUnitLength
    var best = TopK(capacity: limit)
    for row in rows {
      let (product, square) = withRow(row) { values in
        var sums = (product: Float(0), square: Float(0))
        for index in query.indices {
          sums.product += query[index] * values[index]
          sums.square += values[index] * values[index]
        }
        return sums
      }
      if square > 0 { best.insert(row: UInt32(row), score: product / square.squareRoot()) }
    }
    return best.ranked.map { (Int($0.row), $0.score) }
  }
}
