internal import NeedletailNumerics

/// How the rows of one block of tokens are spread over threads.
///
/// Many short texts make many blocks, and each thread takes whole blocks (`single`): nothing is shared, nobody waits. What is left are the
/// single query and the single long text, whose layers have to be divided.
enum WorkDivision: Sendable {
  /// One thread, in pieces of so many rows that what a piece passes on from product to product stays in the second-level cache.
  case single
  /// Each thread takes some of the rows through all products.
  case rows(WorkerPool)
  /// All rows, each thread some of the columns: for so few rows that reading the weights is what takes the time.
  case columns(WorkerPool)

  static let rowsPerPiece = 96

  /// The division for a block that has the pool for itself.
  init(tokenCount: Int, pool: WorkerPool) {
    self = pool.threadCount == 1 ? .single : tokenCount >= 48 * pool.threadCount ? .rows(pool) : .columns(pool)
  }

  /// How many tasks run at the same time, and so need memory of their own.
  var taskCount: Int {
    switch self {
    case .single: 1
    case .rows(let pool), .columns(let pool): pool.threadCount
    }
  }

  /// Rows that may be in the midst of a piece at the same time.
  func openRows(of count: Int) -> Int {
    if case .single = self { min(count, Self.rowsPerPiece) } else { count }
  }

  /// Goes over all rows in pieces.
  func forEachPiece(of count: Int, _ body: @Sendable (Piece) -> Void) {
    switch self {
    case .single:
      let pieces = (count + Self.rowsPerPiece - 1) / Self.rowsPerPiece
      for piece in 0..<pieces { body(Piece(rows: count * piece / pieces..<count * (piece + 1) / pieces, scratchRow: 0)) }
    case .rows(let pool):
      let pieces = max(pool.threadCount, (count + Self.rowsPerPiece - 1) / Self.rowsPerPiece)
      pool.forEach(pieces) { piece in
        let rows = count * piece / pieces..<count * (piece + 1) / pieces
        body(Piece(rows: rows, scratchRow: rows.lowerBound))
      }
    case .columns:
      body(Piece(rows: 0..<count, scratchRow: 0))
    }
  }

  /// Goes over `count` equal shares of work that take a task's own memory.
  func forEachShare(of count: Int, _ body: @Sendable (_ share: Int, _ task: Int) -> Void) {
    switch self {
    case .single:
      for share in 0..<count { body(share, 0) }
    case .rows(let pool), .columns(let pool):
      let tasks = min(pool.threadCount, count)
      pool.forEach(tasks) { task in
        for share in stride(from: task, to: count, by: tasks) { body(share, task) }
      }
    }
  }

  /// Goes over the columns of a product, of all of which one piece has the rows.
  func forEachColumnRange(of columns: Int, _ body: @Sendable (Range<Int>) -> Void) {
    guard case .columns(let pool) = self else {
      body(0..<columns)
      return
    }
    let width = PackedMatrix.panelWidth
    let panels = (columns + width - 1) / width
    let tasks = min(pool.threadCount, panels)
    pool.forEach(tasks) { task in
      body(panels * task / tasks * width..<min(columns, panels * (task + 1) / tasks * width))
    }
  }
}

/// Rows that pass through several products one after the other.
struct Piece: Sendable {
  let rows: Range<Int>
  /// Their place in buffers that hold pieces in the midst of being worked on.
  let scratchRow: Int

  var scratchRows: Range<Int> { scratchRow..<scratchRow + rows.count }
}
