internal import NeedletailNumerics

extension LexicalIndex {
  /// The best rows for the terms of a query by BM25: rows with at least one of them, by descending score, equal scores by
  /// ascending row.
  ///
  /// - Parameters:
  ///   - terms: what the analyser of the index made of the question; a term that occurs twice counts twice.
  ///   - parameters: k1 and b.
  ///   - statistics: of the collection that this index is a part of; nil for those of the index itself.
  ///   - options: `efSearch` does not matter; `isExact` scores every row, which gives the same answer and takes longer.
  public func search(
    _ terms: [String], parameters: BM25Parameters = BM25Parameters(), statistics: LexicalStatistics? = nil,
    options: SearchOptions = SearchOptions()
  ) throws(IndexError) -> [Neighbour] {
    let boosts = terms.reduce(into: [String: Double]()) { $0[$1, default: 0] += 1 }
    return try search(boosts: boosts, parameters: parameters, statistics: statistics, options: options)
  }

  /// The same for terms with factors: a term's share in the score is multiplied by its boost, so that counting a term twice is a
  /// boost of 2. Terms whose boost is not a positive finite number do not count.
  public func search(
    boosts: [String: Double], parameters: BM25Parameters = BM25Parameters(), statistics: LexicalStatistics? = nil,
    options: SearchOptions = SearchOptions()
  ) throws(IndexError) -> [Neighbour] {
    try parameters.validate()
    guard options.limit > 0, count > 0 else { return [] }
    let statistics = statistics ?? LexicalStatistics(of: CollectionOfOne(self), terms: boosts.keys)
    let query = LexicalQuery(boosts, in: self, parameters, statistics)
    var search = LexicalSearch(query, in: self, options)
    return search.run()
  }
}

/// One running search.
///
/// Rows are taken in windows. In each window the terms whose bounds together cannot reach the results any more are looked
/// up only for rows that the others made promising: MaxScore (H. Turtle and J. Flood, "Query evaluation: strategies and
/// optimizations", Information Processing & Management 31(6), 1995) with the bounds of blocks (S. Ding and T. Suel,
/// "Faster top-k document retrieval using block-max indexes", SIGIR 2011). Deviation: terms are split once for each window
/// instead of once for each row, which keeps the inner loop free of choices.
struct LexicalSearch {
  private static let windowSize = 4096

  private let index: LexicalIndex
  private let options: SearchOptions
  private let scale: Float
  private var cursors: [TermCursor]
  /// For each cursor, what no share in the window exceeds; and the cursors by rising bounds.
  private var bounds: [UInt32]
  private var order: [Int]
  private var sums: [UInt32]
  /// Where in the window the sums are that may reach the results.
  private var places: [UInt32]
  private var best: TopK

  init(_ query: LexicalQuery, in index: LexicalIndex, _ options: SearchOptions) {
    self.index = index
    self.options = options
    scale = query.scale
    cursors = query.terms.map { TermCursor($0.entry, $0.scorer) }
    bounds = cursors.map { _ in 0 }
    order = Array(cursors.indices)
    sums = Array(repeating: 0, count: Self.windowSize)
    places = Array(repeating: 0, count: Self.windowSize + PostingKernels.extraPlaces)
    best = TopK(capacity: min(options.limit, index.count))
  }

  mutating func run() -> [Neighbour] {
    if let within = options.within, isSelective(within) { scoreRows(of: within) } else { scoreWindows() }
    return best.ranked.map { Neighbour(row: $0.row, score: $0.score / scale) }
  }

  /// The greatest sum that is not worth offering: later rows lose against equal scores.
  private var threshold: UInt32 {
    best.threshold > 0 && !options.isExact ? UInt32(best.threshold) : 0
  }

  private func isAllowed(_ row: UInt32) -> Bool {
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
      for number in cursors.indices { sum += cursors[number].share(of: row, in: index) }
      if sum > 0 { best.insert(row: row, score: Float(sum)) }
    }
  }

  // MARK: Many rows

  private mutating func scoreWindows() {
    var next: UInt32 = 0
    while let lowest = firstRow(from: next) {
      let start = lowest / UInt32(Self.windowSize) * UInt32(Self.windowSize)
      let end = min(start + UInt32(Self.windowSize), UInt32(index.count))
      scoreWindow(start..<end)
      next = end
      if Int(end) == index.count { return }
    }
  }

  /// The lowest row from `start` on that a cursor may have; nil at the end of all.
  private mutating func firstRow(from start: UInt32) -> UInt32? {
    var lowest: UInt32?
    for number in cursors.indices {
      cursors[number].skipBlocks(below: start, in: index)
      guard !cursors[number].isAtEnd else { continue }
      lowest = min(lowest ?? .max, max(start, cursors[number].lowestRow(in: index)))
    }
    return lowest
  }

  private mutating func scoreWindow(_ rows: Range<UInt32>) {
    for number in cursors.indices { bounds[number] = cursors[number].highestShare(below: rows.upperBound, in: index) }
    order.sort { bounds[$0] < bounds[$1] }
    var optionalCount = 0
    var optionalBound: UInt32 = 0
    while optionalCount < order.count, optionalBound + bounds[order[optionalCount]] <= threshold {
      optionalBound += bounds[order[optionalCount]]
      optionalCount += 1
    }
    guard optionalCount < order.count else { return }
    for number in order[optionalCount...] where bounds[number] > 0 { cursors[number].accumulate(rows, into: &sums, index) }
    offerSums(rows, optionalCount: optionalCount, optionalBound: optionalBound)
  }

  /// Completes the sums that may still reach the results, offers them, and clears all.
  private mutating func offerSums(_ rows: Range<UInt32>, optionalCount: Int, optionalBound: UInt32) {
    let floor = threshold > optionalBound ? threshold - optionalBound : 0
    let count = unsafe sums.withUnsafeMutableBufferPointer { sums in
      unsafe places.withUnsafeMutableBufferPointer { places in
        unsafe PostingKernels.current.select(
          sums.baseAddress.unsafelyUnwrapped, count: rows.count, above: floor, into: places.baseAddress.unsafelyUnwrapped)
      }
    }
    for number in 0..<count {
      let slot = Int(places[number])
      let sum = sums[slot]
      sums[slot] = 0
      // The threshold rises while they are offered.
      guard sum + optionalBound > threshold else { continue }
      let row = rows.lowerBound + UInt32(slot)
      guard isAllowed(row), let total = complete(sum, row, optionalCount, optionalBound) else { continue }
      best.insert(row: row, score: Float(total))
    }
  }

  /// Adds the shares of the optional terms, greatest bound first; nil as soon as the row cannot reach the results.
  private mutating func complete(_ sum: UInt32, _ row: UInt32, _ optionalCount: Int, _ optionalBound: UInt32) -> UInt32? {
    var sum = sum
    var rest = optionalBound
    for place in stride(from: optionalCount - 1, through: 0, by: -1) {
      guard sum + rest > threshold else { return nil }
      rest -= bounds[order[place]]
      sum += cursors[order[place]].share(of: row, in: index)
    }
    return sum
  }
}
