internal import NeedletailNumerics

extension LexicalSearch {
  /// Takes the rows that could be among the results one after the other: block-max WAND (S. Ding and T. Suel, "Faster top-k document
  /// retrieval using block-max indexes", SIGIR 2011, section 4), which is WAND (A. Broder et al., "Efficient query evaluation using a
  /// two-level retrieval process", CIKM 2003) with a second look at the bounds of blocks.
  ///
  /// Terms stand in the order of their next rows. The pivot is the first row that the bounds of the terms up to it allow; nothing before
  /// it can reach the results. Where the bounds of the blocks around the pivot do not allow it either, all of these terms skip to the
  /// end of the nearest block, or to the next term's row, without a posting being decoded. Otherwise its shares are looked up, until what
  /// is left cannot lift it.
  ///
  /// Deviations: a term's next row is a lower bound as long as its block is not decoded, which saves decoding and costs a vain look at a
  /// pivot now and then; all terms up to the pivot skip together instead of one of them.
  mutating func scorePivots() {
    var pivots = cursors.indices.map { PivotCursor(number: $0, bound: outlook($0, below: UInt32(index.count)).bound) }
    while let (row, last) = PivotCursor.pivot(of: pivots, above: threshold) {
      let (reach, end) = blockBounds(&pivots, upTo: last, at: row)
      if reach <= threshold {
        for place in 0...last { pivots[place].row = max(pivots[place].row, end) }
      } else if isAllowed(row) {
        score(row, &pivots, upTo: last, reach: reach)
      } else {
        for place in 0...last { pivots[place].row = max(pivots[place].row, row + 1) }
      }
      PivotCursor.sort(&pivots, movedUpTo: last)
    }
  }

  /// What no row from `row` to below `end` exceeds: the terms behind `last` begin there, or one of the blocks ends.
  private mutating func blockBounds(_ pivots: inout [PivotCursor], upTo last: Int, at row: UInt32) -> (reach: UInt32, end: UInt32) {
    var reach: UInt32 = 0
    var end = last + 1 < pivots.count ? pivots[last + 1].row : PivotCursor.endOfRows
    for place in 0...last {
      if pivots[place].blockEnd <= row {
        let number = pivots[place].number
        (pivots[place].blockBound, pivots[place].blockEnd) =
          if let fields { cursors[number].outlook(from: row, fields, in: index) } else { cursors[number].outlook(from: row, in: index) }
      }
      reach += pivots[place].blockBound
      end = min(end, pivots[place].blockEnd)
    }
    return (reach, end)
  }

  /// Adds up the shares of a row, which the terms up to `last` may have, and offers it; the terms stand behind it then.
  private mutating func score(_ row: UInt32, _ pivots: inout [PivotCursor], upTo last: Int, reach: UInt32) {
    let threshold = threshold
    var reach = reach
    var sum: UInt32 = 0
    for place in 0...last {
      // Where the row fell behind already, the posting may stay where it is.
      guard reach > threshold else {
        pivots[place].row = row + 1
        continue
      }
      let number = pivots[place].number
      let share = share(number, of: row, above: 0) ?? 0
      reach = reach - pivots[place].blockBound + share
      sum += share
      pivots[place].row = cursors[number].pass(row, in: index)
    }
    if sum > threshold { best.insert(row: row, score: Float(sum)) }
  }
}
