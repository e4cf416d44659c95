internal import NeedletailCore

extension PointSnapshot {
  /// The rows of a selection in the order of a value, each as often as it has values.
  func ordered(by order: OrderBy, among selection: RowSelection, limit: Int) throws(PointError) -> [ScoredRow] {
    guard let index = settings.indexes[order.path.text], index.servesOrder else {
      throw .wrongInput(
        "No range index for `order_by` key: `\(order.path.text)`. Please create one to use `order_by`. "
          + "Check https://qdrant.tech/documentation/concepts/indexing/#payload-index to see which payload schemas support Range conditions")
    }
    var found: [ScoredRow] = []
    for (number, block) in table.blocks.enumerated() where !selection.masks[number].isEmpty {
      let column = block.columns.column(order.path, of: block)
      func add(_ value: OrderValue, at place: Int) {
        guard selection.masks[number].contains(place), isReached(value, order) else { return }
        found.append(ScoredRow(row: PointRow(number << 8 | place), score: 1, order: value))
      }
      switch index.kind {
      case .integer: for (value, mask) in column.integerValues { mask.forEach { add(.integer(value), at: $0) } }
      case .datetime: for (value, mask) in column.dateValues { mask.forEach { add(.integer(value), at: $0) } }
      default: for (value, place) in column.numberValues { add(.number(value), at: Int(place)) }
      }
    }
    found.sort { left, right in
      let (first, second) = (left.order?.double ?? 0, right.order?.double ?? 0)
      if first != second { return order.isDescending ? first > second : first < second }
      return order.isDescending ? table.id(of: left.row) > table.id(of: right.row) : table.id(of: left.row) < table.id(of: right.row)
    }
    return Array(found.prefix(limit))
  }

  private func isReached(_ value: OrderValue, _ order: OrderBy) -> Bool {
    guard let start = order.start?.double else { return true }
    return order.isDescending ? value.double <= start : value.double >= start
  }

  /// Points in the order of a value, each with the value.
  public func scroll(_ filter: PointFilter?, by order: OrderBy, limit: Int, _ part: PointPart) throws(PointError) -> [(point: StoredPoint, order: OrderValue)] {
    try ordered(by: order, among: selection(filter.map { [$0] } ?? []), limit: limit).map { row in
      (point(row.row, part), row.order ?? .integer(0))
    }
  }
}
