/// The links of a graph: `degree` row numbers for each row, unused ones at the end.
struct Links: Sendable {
  let targets: Column<Row>
  let degree: Int

  /// Stands for an unused link.
  static let none = Row.max

  @unsafe var pointer: LinkPointer { unsafe LinkPointer(base: targets.start, stride: degree) }

  /// The links of a row.
  subscript(row: Row) -> [Row] {
    Array(targets.elements(Int(row) * degree..<(Int(row) + 1) * degree).prefix { $0 != Self.none })
  }

  /// Whether every link names a row of an index of `count` rows.
  func areValid(count: Int) -> Bool {
    guard targets.count == count * degree else { return false }
    let start = unsafe targets.start
    return (0..<targets.count).allSatisfy { unsafe start[$0] < count || start[$0] == Self.none }
  }
}

/// The same for the inner loops, also while a graph is being built.
@unsafe struct LinkPointer {
  var base: UnsafePointer<Row>
  var stride: Int

  @inline(__always)
  func links(of row: Row) -> UnsafePointer<Row> { unsafe base + Int(row) * stride }
}
