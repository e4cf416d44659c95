/// A set of labels for each row, and the rows of each label.
public struct LabelColumn: Sendable {
  /// The number of rows.
  public let count: Int
  /// One more than the greatest label.
  public let labelCount: Int
  private let labels: [Label]
  private let labelStarts: [Int]
  private let rowsByLabel: [Row]
  private let rowStarts: [Int]
  /// The labels that many rows carry, as sets of bits.
  private let frequent: [Label: RowSet]

  /// Labels from this part of the rows on are kept as bits too, which then take less than the list of rows.
  private static let frequentFraction = 32

  /// The labels of each row, in any order; repetitions do not count.
  ///
  /// - Throws: `IndexError.invalidParameter` for labels from 16,777,216 on: number the values that occur.
  public init(_ sets: [[Label]]) throws(IndexError) {
    var labels: [Label] = []
    var labelStarts = [0]
    labelStarts.reserveCapacity(sets.count + 1)
    for set in sets {
      labels += Set(set).sorted()
      labelStarts.append(labels.count)
    }
    let labelCount = labels.max().map { Int($0) + 1 } ?? 0
    guard labelCount <= 1 << 24 else { throw .invalidParameter("labels have to be numbers below 16,777,216") }
    var rowStarts = [Int](repeating: 0, count: labelCount + 1)
    for label in labels { rowStarts[Int(label) + 1] += 1 }
    for label in 0..<labelCount { rowStarts[label + 1] += rowStarts[label] }
    var next = rowStarts
    var rowsByLabel = [Row](repeating: 0, count: labels.count)
    for row in 0..<sets.count {
      for label in labels[labelStarts[row]..<labelStarts[row + 1]] {
        rowsByLabel[next[Int(label)]] = Row(row)
        next[Int(label)] += 1
      }
    }
    var frequent: [Label: RowSet] = [:]
    for label in 0..<labelCount {
      let rows = rowsByLabel[rowStarts[label]..<rowStarts[label + 1]]
      if rows.count * Self.frequentFraction >= sets.count { frequent[Label(label)] = RowSet(rows) }
    }
    count = sets.count
    self.labelCount = labelCount
    self.labels = labels
    self.labelStarts = labelStarts
    self.rowsByLabel = rowsByLabel
    self.rowStarts = rowStarts
    self.frequent = frequent
  }

  /// The labels of a row, ascending.
  public func labels(of row: Row) -> ArraySlice<Label> { labels[labelStarts[Int(row)]..<labelStarts[Int(row) + 1]] }

  /// The rows that carry a label, ascending; none for a label that does not occur.
  public func rows(of label: Label) -> ArraySlice<Row> {
    label < labelCount ? rowsByLabel[rowStarts[Int(label)]..<rowStarts[Int(label) + 1]] : []
  }

  func rowSet(of label: Label) -> RowSet { frequent[label] ?? RowSet(rows(of: label)) }

  func carries(_ row: Row, _ label: Label) -> Bool {
    for place in labelStarts[Int(row)]..<labelStarts[Int(row) + 1] where labels[place] == label { return true }
    return false
  }

  var byteCount: Int {
    (labels.count + rowsByLabel.count) * MemoryLayout<Row>.size + (count + labelCount) * MemoryLayout<Int>.size
      + frequent.values.reduce(0) { $0 + $1.words.count * MemoryLayout<UInt64>.size }
  }

  /// Whether every label of the first row, as far as `within` has it too, is one of the second's.
  func covers(_ first: Row, by second: Row, within row: Row) -> Bool {
    for label in labels(of: first) where carries(row, label) && !carries(second, label) { return false }
    return true
  }

  /// The rows that satisfy a condition, found by intersecting and joining the lists of its labels.
  func rows(satisfying condition: LabelCondition) -> RowSet {
    switch condition {
    case .all(let wanted):
      let rarestFirst = Set(wanted).sorted { (rows(of: $0).count, $0) < (rows(of: $1).count, $1) }
      guard let rarest = rarestFirst.first else { return RowSet(0..<Row(count)) }
      let others = rarestFirst.dropFirst()
      return RowSet(rows(of: rarest).lazy.filter { row in others.allSatisfy { carries(row, $0) } })
    case .any(let wanted):
      return Set(wanted).reduce(RowSet()) { $0.union(rowSet(of: $1)) }
    case .exactly(let wanted):
      let sorted = Set(wanted).sorted()
      let rows = rows(satisfying: .all(sorted))
      return RowSet(rows.lazy.filter { labels(of: $0).count == sorted.count })
    }
  }
}
