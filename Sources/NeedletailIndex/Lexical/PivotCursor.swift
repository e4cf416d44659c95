/// What block-max WAND knows of a term without decoding its postings.
struct PivotCursor {
  /// The number of the term's `TermCursor`.
  let number: Int
  /// What no share of the term exceeds.
  let bound: UInt32
  /// A row that none of the remaining ones is below; `endOfRows` behind the last.
  var row: UInt32 = 0
  /// What no share exceeds of the remaining rows below `blockEnd`.
  var blockBound: UInt32 = 0
  var blockEnd: UInt32 = 0

  static let endOfRows = UInt32.max

  /// The first of some cursors in the order of rows with which a row could score above `threshold`, and the last one that
  /// stands at the same row; nil if no row can.
  ///
  /// - Precondition: `cursors` are in the order of rows.
  static func pivot(of cursors: [PivotCursor], above threshold: UInt32) -> (row: UInt32, last: Int)? {
    var reach: UInt32 = 0
    for place in cursors.indices where cursors[place].row < endOfRows {
      reach += cursors[place].bound
      guard reach > threshold else { continue }
      let row = cursors[place].row
      var last = place
      while last + 1 < cursors.count, cursors[last + 1].row == row { last += 1 }
      return (row, last)
    }
    return nil
  }

  /// Brings the cursors in the order of rows again after those up to `last` moved on.
  static func sort(_ cursors: inout [PivotCursor], movedUpTo last: Int) {
    for place in cursors.indices.dropFirst() {
      let cursor = cursors[place]
      guard cursor.row < cursors[place - 1].row else {
        if place > last { return }
        continue
      }
      var free = place
      while free > 0, cursors[free - 1].row > cursor.row {
        cursors[free] = cursors[free - 1]
        free -= 1
      }
      cursors[free] = cursor
    }
  }
}

extension TermCursor {
  /// Passes the blocks that end below `row`, without decoding one, and tells what no share of the remaining rows below `end` exceeds; `end`
  /// is above `row`.
  mutating func outlook(from row: UInt32, in index: LexicalIndex) -> (bound: UInt32, end: UInt32) {
    skipBlocks(below: row, in: index)
    guard !isAtEnd else { return (0, PivotCursor.endOfRows) }
    return (blockBound(block, in: index), lastRow(ofBlock: block, index) + 1)
  }

  /// The same where documents have fields; the slots of a row may lie in two blocks.
  mutating func outlook(from row: UInt32, _ fields: FieldScorer, in index: LexicalIndex) -> (bound: UInt32, end: UInt32) {
    let fieldCount = UInt32(fields.fieldCount)
    skipBlocks(below: row * fieldCount, in: index)
    guard !isAtEnd else { return (0, PivotCursor.endOfRows) }
    var last = block
    while last + 1 < blockCount, (lastRow(ofBlock: last, index) + 1) / fieldCount <= row { last += 1 }
    var occurrences: Float = 0
    for field in 0..<fields.fieldCount {
      var highest: Float = 0
      for number in block...last { highest = max(highest, fields.bound(index.blocks[Int(entry.firstBlock) + number], field: field)) }
      occurrences += highest
    }
    // Behind the last block there is nothing that could add to its last row.
    let end = lastRow(ofBlock: last, index) / fieldCount + 1
    return (scorer.bound(occurrences: occurrences), last + 1 < blockCount ? (lastRow(ofBlock: last, index) + 1) / fieldCount : end)
  }

  /// Passes the posting of `row`, which was looked up, and returns a row that none of the remaining ones is below.
  mutating func pass(_ row: UInt32, in index: LexicalIndex) -> UInt32 {
    // Where documents have fields, looking a row up passes it.
    if index.fieldCount == 1, !isAtEnd, lowestRow(in: index) == row { advance() }
    return isAtEnd ? PivotCursor.endOfRows : max(row + 1, lowestRow(in: index) / UInt32(index.fieldCount))
  }
}
