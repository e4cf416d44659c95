internal import NeedletailNumerics

/// One running search. Two algorithms share the cursors, the scores and the rule of what is worth offering; `scorePivots` is the other one.
///
/// Rows are taken in windows. In each, the shares of the terms with the highest bounds are added up until the other terms together
/// cannot reach the results any more. Those count only for rows that are promising by then: MaxScore (H. Turtle and J. Flood, "Query
/// evaluation: strategies and optimizations", Information Processing & Management 31(6), 1995) with the bounds of blocks (S. Ding
/// and T. Suel, "Faster top-k document retrieval using block-max indexes", SIGIR 2011). Deviations: terms are split once for each
/// window instead of once for each row, which keeps the inner loop free of choices; and where many rows are promising, the
/// shares of such a term are added up too, because a look-up costs as much as some dozens of additions.
struct LexicalSearch {
  /// What it costs to look up one row, in additions.
  private static let lookUpCost = 48
  /// The first window is small, so that the others begin with a threshold.
  private static let firstWindowSize = 1 << 12

  let index: LexicalIndex
  private let options: SearchOptions
  private let scratch: LexicalScratch
  private let algorithm: LexicalAlgorithm
  private let isFiltered: Bool
  private let scale: Float
  /// Where documents have fields; postings count slots then.
  let fields: FieldScorer?
  private let slotsPerRow: UInt32
  var cursors: [TermCursor]
  /// For each cursor, about how many postings the window has, and what no share in it exceeds; and the cursors by falling bounds.
  private var outlooks: [(postings: Int, bound: UInt32)]
  private var order: [Int]
  var best: TopK

  init(
    _ query: LexicalQuery, in index: LexicalIndex, _ scratch: LexicalScratch, _ options: SearchOptions, _ algorithm: LexicalAlgorithm
  ) {
    self.index = index
    self.algorithm = algorithm
    self.options = options
    self.scratch = scratch
    isFiltered = options.within != nil || options.excluding != nil
    scale = query.scale
    fields = query.fields
    slotsPerRow = UInt32(index.fieldCount)
    cursors = query.terms.enumerated().map { TermCursor($1.entry, $1.scorer, scratch.buffer($0)) }
    outlooks = cursors.map { _ in (0, 0) }
    order = Array(cursors.indices)
    best = TopK(capacity: min(options.limit, index.count))
  }

  mutating func run() -> [Neighbour] {
    if let within = options.within, isSelective(within) {
      scoreRows(of: within)
    } else {
      switch algorithm {
      case .maxScore: scoreWindows()
      case .blockMaxWAND: scorePivots()
      }
    }
    return best.ranked.map { Neighbour(row: $0.row, score: $0.score / scale) }
  }

  /// The greatest sum that is not worth offering: later rows lose against equal scores.
  var threshold: UInt32 {
    best.threshold > 0 && !options.isExact ? UInt32(best.threshold) : 0
  }

  func isAllowed(_ row: UInt32) -> Bool {
    if let within = options.within, !within.contains(row) { return false }
    if let excluding = options.excluding, excluding.contains(row) { return false }
    return true
  }

  // MARK: Few rows

  /// Whether looking up each allowed row is cheaper than reading the postings.
  private func isSelective(_ within: RowSet) -> Bool {
    within.count < index.count / 64
  }

  private mutating func scoreRows(of within: RowSet) {
    for row in within where Int(row) < index.count && isAllowed(row) {
      var sum: UInt32 = 0
      for number in cursors.indices { sum += share(number, of: row, above: 0) ?? 0 }
      if sum > 0 { best.insert(row: row, score: Float(sum)) }
    }
  }

  // MARK: One term

  mutating func share(_ number: Int, of row: UInt32, above most: UInt32) -> UInt32? {
    guard let fields else { return cursors[number].share(of: row, above: most, in: index) }
    return cursors[number].share(of: row, fields, in: index)
  }

  private mutating func accumulate(_ number: Int, _ rows: Range<UInt32>) {
    guard let fields else { return unsafe cursors[number].accumulate(rows, into: scratch.sums, index) }
    unsafe cursors[number].accumulate(rows, fields, into: scratch.sums, index)
  }

  mutating func outlook(_ number: Int, below end: UInt32) -> (postings: Int, bound: UInt32) {
    guard let fields else { return cursors[number].outlook(below: end, in: index) }
    return cursors[number].outlook(below: end * slotsPerRow, fields, in: index)
  }

  // MARK: Windows of rows

  private mutating func scoreWindows() {
    var next: UInt32 = 0
    var size = Self.firstWindowSize
    while let lowest = firstRow(from: next) {
      let end = min(Int(lowest) + size, index.count)
      scoreWindow(lowest..<UInt32(end))
      next = UInt32(end)
      if end == index.count { return }
      size = min(2 * size, LexicalScratch.windowSize)
    }
  }

  /// The lowest row from `start` on that a cursor may have; nil at the end of all.
  private mutating func firstRow(from start: UInt32) -> UInt32? {
    var lowest: UInt32?
    for number in cursors.indices {
      cursors[number].skipBlocks(below: start * slotsPerRow, in: index)
      guard !cursors[number].isAtEnd else { continue }
      lowest = min(lowest ?? .max, max(start, cursors[number].lowestRow(in: index) / slotsPerRow))
    }
    return lowest
  }

  private mutating func scoreWindow(_ rows: Range<UInt32>) {
    var rest: UInt32 = 0
    for number in cursors.indices {
      outlooks[number] = outlook(number, below: rows.upperBound)
      rest += outlooks[number].bound
    }
    order.sort { outlooks[$0].bound > outlooks[$1].bound }
    var place = 0
    while place < order.count, rest > threshold {
      accumulate(order[place], rows)
      rest -= outlooks[order[place]].bound
      place += 1
    }
    guard place > 0 else { return }
    var candidates = promising(rows, floor: threshold - min(threshold, rest))
    var isClean = true
    while place < order.count, candidates > 0 {
      let (postings, bound) = outlooks[order[place]]
      rest -= bound
      if candidates * Self.lookUpCost < postings {
        candidates = lookUp(order[place], candidates, rows, rest)
      } else {
        accumulate(order[place], rows)
        candidates = kept(candidates, floor: threshold - min(threshold, rest))
        isClean = false
      }
      place += 1
    }
    offer(candidates, rows)
    if !isClean { unsafe scratch.sums.update(repeating: 0, count: rows.count) }
  }

  /// Finds the sums above `floor` whose rows are allowed, and clears the others; returns how many there are.
  private func promising(_ rows: Range<UInt32>, floor: UInt32) -> Int {
    let found = unsafe PostingKernels.current.select(scratch.sums, count: rows.count, above: floor, into: scratch.places)
    guard isFiltered else { return found }
    var kept = 0
    for number in 0..<found {
      let slot = unsafe scratch.places[number]
      if isAllowed(rows.lowerBound + slot) {
        unsafe scratch.places[kept] = slot
        kept += 1
      } else {
        unsafe scratch.sums[Int(slot)] = 0
      }
    }
    return kept
  }

  /// Leaves out the candidates whose sums are not above `floor`.
  private func kept(_ candidates: Int, floor: UInt32) -> Int {
    var kept = 0
    for number in 0..<candidates {
      let slot = unsafe scratch.places[number]
      if unsafe scratch.sums[Int(slot)] > floor {
        unsafe scratch.places[kept] = slot
        kept += 1
      } else {
        unsafe scratch.sums[Int(slot)] = 0
      }
    }
    return kept
  }

  /// Adds the shares of a term to the sums of the candidates, and leaves out those that cannot reach the results with `rest` more.
  private mutating func lookUp(_ number: Int, _ candidates: Int, _ rows: Range<UInt32>, _ rest: UInt32) -> Int {
    let threshold = threshold
    var kept = 0
    for candidate in 0..<candidates {
      let slot = unsafe scratch.places[candidate]
      let reached = unsafe scratch.sums[Int(slot)] + rest
      if let share = share(number, of: rows.lowerBound + slot, above: threshold - min(threshold, reached)),
        reached + share > threshold
      {
        unsafe scratch.sums[Int(slot)] += share
        unsafe scratch.places[kept] = slot
        kept += 1
      } else {
        unsafe scratch.sums[Int(slot)] = 0
      }
    }
    return kept
  }

  /// Offers the candidates to the results and clears their sums.
  private mutating func offer(_ candidates: Int, _ rows: Range<UInt32>) {
    for number in 0..<candidates {
      let slot = unsafe scratch.places[number]
      let sum = unsafe scratch.sums[Int(slot)]
      unsafe scratch.sums[Int(slot)] = 0
      // The threshold rises while they are offered.
      if sum > threshold { best.insert(row: rows.lowerBound + slot, score: Float(sum)) }
    }
  }
}
