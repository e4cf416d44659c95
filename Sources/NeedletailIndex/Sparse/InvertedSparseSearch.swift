internal import NeedletailCore
internal import NeedletailNumerics

/// One running search.
///
/// Rows are taken in windows; in each, the terms whose bounds together cannot reach the results any more are looked up only for
/// rows that the others made promising: MaxScore (H. Turtle and J. Flood, "Query evaluation: strategies and optimizations",
/// Information Processing & Management 31(6), 1995) with the bounds of runs. Sums are in double precision, so that the order in
/// which terms are added does not show.
struct InvertedSparseSearch {
  /// A place in the list of a term, which only moves forward.
  private struct Cursor {
    let factor: Double
    let end: Int
    let start: Int
    let boundStart: Int
    var place: Int
    /// What no share in the window exceeds.
    var bound = 0.0
  }

  private static let windowSize = 4096
  // Sums of rounded products may exceed the sum of rounded bounds by as much.
  private static let slack = 1 + 1e-12

  private let index: InvertedSparseIndex
  private let options: SearchOptions
  private var cursors: [Cursor] = []
  /// Cursors by rising bounds.
  private var order: [Int] = []
  private var sums: [Double]
  private var best: TopK

  init(_ query: SparseVector, in index: InvertedSparseIndex, _ options: SearchOptions) {
    self.index = index
    self.options = options
    for (term, weight) in zip(query.terms, query.weights) {
      let (start, end) = (Int(index.listStarts[Int(term)]), Int(index.listStarts[Int(term) + 1]))
      guard start < end, weight > 0 else { continue }
      cursors.append(
        Cursor(factor: Double(weight), end: end, start: start, boundStart: Int(index.boundStarts[Int(term)]), place: start))
    }
    order = Array(cursors.indices)
    sums = Array(repeating: 0, count: Self.windowSize)
    best = TopK(capacity: min(options.limit, index.count))
  }

  mutating func run() -> [Neighbour] {
    if let within = options.within, within.count < index.count / 64 { scoreRows(of: within) } else { scoreWindows() }
    return best.neighbours
  }

  private var threshold: Double { options.isExact ? 0 : Double(best.threshold) }

  private func isAllowed(_ row: Row) -> Bool {
    if let within = options.within, !within.contains(row) { return false }
    if let excluding = options.excluding, excluding.contains(row) { return false }
    return true
  }

  // MARK: Few rows

  private mutating func scoreRows(of within: RowSet) {
    for row in within where Int(row) < index.count && isAllowed(row) {
      var sum = 0.0
      for number in cursors.indices { sum += share(of: row, number) }
      if sum > 0 { best.insert(row: row, score: Float(sum)) }
    }
  }

  /// What a term adds to the score of a row, which is not below those asked for before.
  private mutating func share(of row: Row, _ number: Int) -> Double {
    let place = place(of: row, number)
    cursors[number].place = place
    guard place < cursors[number].end, index.rows[place] == row else { return 0 }
    return cursors[number].factor * Double(index.weights[place])
  }

  // MARK: Many rows

  private mutating func scoreWindows() {
    var start = 0
    while start < index.count {
      let end = min(start + Self.windowSize, index.count)
      scoreWindow(Row(start)..<Row(end))
      start = end
    }
  }

  private mutating func scoreWindow(_ rows: Range<Row>) {
    for number in cursors.indices { bound(number, rows) }
    order.sort { cursors[$0].bound < cursors[$1].bound }
    var optionalCount = 0
    var optionalBound = 0.0
    while optionalCount < order.count,
      (optionalBound + cursors[order[optionalCount]].bound) * Self.slack <= threshold
    {
      optionalBound += cursors[order[optionalCount]].bound
      optionalCount += 1
    }
    guard optionalCount < order.count else { return }
    for number in order[optionalCount...] where cursors[number].bound > 0 { accumulate(number, rows) }
    offerSums(rows, optionalCount: optionalCount, optionalBound: optionalBound)
  }

  /// Moves a cursor to the window and bounds its shares there.
  private mutating func bound(_ number: Int, _ window: Range<Row>) {
    let first = place(of: window.lowerBound, number)
    cursors[number].place = first
    let cursor = cursors[number]
    var highest: Float = 0
    let rows = unsafe index.rows.start
    if first < cursor.end, unsafe rows[first] < window.upperBound {
      var run = (first - cursor.start) / InvertedSparseIndex.runLength
      repeat {
        highest = max(highest, index.bounds[cursor.boundStart + run])
        run += 1
      } while unsafe cursor.start + run * InvertedSparseIndex.runLength < cursor.end
        && rows[cursor.start + run * InvertedSparseIndex.runLength] < window.upperBound
    }
    cursors[number].bound = cursor.factor * Double(highest)
  }

  /// The first place from the cursor's on whose row is not below `row`.
  private func place(of row: Row, _ number: Int) -> Int {
    let rows = unsafe index.rows.start
    let end = cursors[number].end
    var low = cursors[number].place
    guard low < end, unsafe rows[low] < row else { return low }
    // Galloping: the target is mostly near.
    var step = 1
    while low + step < end, unsafe rows[low + step] < row {
      low += step
      step *= 2
    }
    var high = min(low + step, end)
    while low < high {
      let middle = (low + high) / 2
      if unsafe rows[middle] < row { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private mutating func accumulate(_ number: Int, _ window: Range<Row>) {
    let first = cursors[number].place
    let end = place(of: window.upperBound, number)
    unsafe sums.withUnsafeMutableBufferPointer { sums in
      unsafe SparseKernels.accumulate(
        index.rows.start + first, index.weights.start + first, count: end - first, factor: cursors[number].factor,
        first: window.lowerBound, into: sums.baseAddress.unsafelyUnwrapped)
    }
    cursors[number].place = end
  }

  /// Completes the sums that may still reach the results, offers them, and clears all.
  private mutating func offerSums(_ rows: Range<Row>, optionalCount: Int, optionalBound: Double) {
    for slot in 0..<rows.count {
      let sum = sums[slot]
      guard sum > 0 else { continue }
      sums[slot] = 0
      guard (sum + optionalBound) * Self.slack >= threshold else { continue }
      let row = rows.lowerBound + Row(slot)
      guard isAllowed(row) else { continue }
      var total = sum
      var rest = optionalBound
      for place in stride(from: optionalCount - 1, through: 0, by: -1) {
        guard (total + rest) * Self.slack >= threshold else { break }
        rest -= cursors[order[place]].bound
        total += share(of: row, order[place])
      }
      best.insert(row: row, score: Float(total))
    }
  }
}
