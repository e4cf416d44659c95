internal import NeedletailCore
internal import NeedletailIndex

/// The indexes over one column of a table. Each covers some of its rows and no two the same one; rows in none are compared
/// one by one.
struct VectorGraphs: Sendable {
  private(set) var graphs: [VectorGraph] = []
  /// The rows of the table that a search of the graphs finds.
  private(set) var covered = RowSet()

  /// What the graphs take of the memory that cannot be dropped.
  var residentBytes: Int { graphs.reduce(0) { $0 + $1.residentBytes } }

  /// Takes a row out: its vector changed or went.
  mutating func forget(_ row: PointRow) {
    guard covered.remove(row) else { return }
    for number in graphs.indices where graphs[number].forget(row) {
      if graphs[number].currentCount == 0 { graphs.remove(at: number) }
      return
    }
  }

  /// Puts a graph in the place of others, which hold nothing that it does not.
  ///
  /// - Parameter isCurrent: whether a row of the graph still has the vector that is in it.
  mutating func add(_ graph: VectorGraph, replacing replaced: Set<Int>, isCurrent: (PointRow) -> Bool) {
    for old in graphs where replaced.contains(old.number) { covered.subtract(RowSet(old.currentRows)) }
    graphs.removeAll { replaced.contains($0.number) }
    var graph = graph
    for (number, row) in graph.rows.enumerated() {
      if isCurrent(row), covered.insert(row) { continue }
      graph.stale.insert(Row(number))
    }
    if graph.currentCount > 0 { graphs.append(graph) }
  }
}

/// An index over some rows of one column, as of the moment it was built.
struct VectorGraph: Sendable {
  /// Tells the graphs of a collection apart.
  let number: Int
  let index: any SearchIndex
  /// The table's row of each row of the index, ascending.
  let rows: [PointRow]
  /// What it takes of the memory that cannot be dropped: all of one that is not in a mapped file, and which rows it has.
  let residentBytes: Int
  /// The last operation whose changes are in it.
  let operation: UInt64
  /// Rows of the index, by its own numbers, whose vectors changed or went since.
  var stale = RowSet()

  init(number: Int, index: any SearchIndex, rows: [PointRow], operation: UInt64) {
    self.number = number
    self.index = index
    self.rows = rows
    self.operation = operation
    let footprint = index.footprint
    residentBytes = (footprint.isMapped ? 0 : footprint.totalBytes) + rows.count * MemoryLayout<PointRow>.stride
  }

  /// How many rows are found.
  var currentCount: Int { rows.count - stale.count }
  /// The table's rows that are found.
  var currentRows: some Sequence<PointRow> { rows.enumerated().lazy.filter { !stale.contains(Row($0.offset)) }.map(\.element) }

  /// Takes a row of the table out; false if it is not in the graph.
  fileprivate mutating func forget(_ row: PointRow) -> Bool {
    var (low, high) = (0, rows.count)
    while low < high {
      let middle = (low + high) / 2
      if rows[middle] < row { low = middle + 1 } else { high = middle }
    }
    guard low < rows.count, rows[low] == row else { return false }
    return stale.insert(Row(low))
  }
}
