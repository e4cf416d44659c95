internal import NeedletailIndex

extension RowSet {
  /// Above this many rows, a set of its own is combined word by word.
  private static let longRange = 512

  /// Adds consecutive rows.
  mutating func insert(rows: Range<Int>) {
    if rows.count >= Self.longRange {
      formUnion(RowSet(Row(rows.lowerBound)..<Row(rows.upperBound)))
    } else {
      for row in rows { insert(Row(row)) }
    }
  }
}
