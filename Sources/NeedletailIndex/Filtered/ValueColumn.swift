/// A number for each row, and the rows in its order.
public struct ValueColumn: Sendable {
  /// The value of each row.
  public let values: [Double]
  /// The rows in ascending order of their values, equal ones by row.
  let order: [Row]
  /// The place of each row in that order.
  let ranks: [UInt32]
  private let sorted: [Double]

  /// A value for each row.
  ///
  /// - Throws: `IndexError.invalidParameter` for a value that is not a number.
  public init(_ values: [Double]) throws(IndexError) {
    if let row = values.firstIndex(where: \.isNaN) { throw .invalidParameter("the value of row \(row) is not a number") }
    self.values = values
    order = (0..<Row(values.count)).sorted { (values[Int($0)], $0) < (values[Int($1)], $1) }
    sorted = order.map { values[Int($0)] }
    var ranks = [UInt32](repeating: 0, count: values.count)
    for (rank, row) in order.enumerated() { ranks[Int(row)] = UInt32(rank) }
    self.ranks = ranks
  }

  public var count: Int { values.count }

  var byteCount: Int { values.count * (2 * MemoryLayout<Double>.size + MemoryLayout<Row>.size + MemoryLayout<UInt32>.size) }

  /// The places of the rows whose values lie within bounds.
  func ranks(in bounds: ClosedRange<Double>) -> Range<Int> {
    let low = firstRank { $0 >= bounds.lowerBound }
    return low..<max(low, firstRank { $0 > bounds.upperBound })
  }

  private func firstRank(where isBeyond: (Double) -> Bool) -> Int {
    var low = 0
    var high = sorted.count
    while low < high {
      let middle = (low + high) / 2
      if isBeyond(sorted[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
