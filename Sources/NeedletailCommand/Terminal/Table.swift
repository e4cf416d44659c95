/// Aligned columns.
struct Table {
  enum Alignment { case left, right }

  private let columns: [(title: String, alignment: Alignment)]
  private var rows: [[String]] = []

  init(_ columns: [(title: String, alignment: Alignment)]) {
    self.columns = columns
  }

  mutating func add(_ cells: [String]) {
    precondition(cells.count == columns.count, "a row of \(cells.count) cells in a table of \(columns.count) columns")
    rows.append(cells)
  }

  /// The table with its titles, one line a row, for the given terminal.
  func rendered(for terminal: Terminal) -> String {
    let widths = columns.indices.map { column in
      ([columns[column].title] + rows.map { $0[column] }).map(\.count).max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      var text = ""
      for (column, cell) in cells.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        text += columns[column].alignment == .right ? padding + cell : cell + padding
        text += "  "
      }
      while text.last == " " { text.removeLast() }
      return text
    }
    let head = terminal.styled(line(columns.map(\.title)), .bold)
    return ([head] + rows.map(line)).joined(separator: "\n") + "\n"
  }
}
