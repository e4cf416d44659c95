internal import NeedletailNumerics

/// A place in the postings of a term, which only moves forward.
struct TermCursor {
  let scorer: TermScorer
  private let entry: TermEntry
  private let blockCount: Int
  /// The number of the current block; `blockCount` at the end.
  private var block = 0
  /// The block in the buffer, if any, and the place in it.
  private var decoded = -1
  private var position = 0
  private var buffer = PostingBuffer()
  /// The bound of the block it was last computed for.
  private var boundBlock = -1
  private var bound: UInt32 = 0

  init(_ entry: TermEntry, _ scorer: TermScorer) {
    self.entry = entry
    self.scorer = scorer
    blockCount = entry.blockCount
  }

  var isAtEnd: Bool { block == blockCount }

  /// A row that none of the remaining ones is below.
  func lowestRow(in index: LexicalIndex) -> UInt32 {
    if decoded == block, position < buffer.count { return buffer.rows[position] }
    return block == 0 ? 0 : index.blocks[Int(entry.firstBlock) + block - 1].lastRow + 1
  }

  /// Passes the blocks that end below `row`.
  mutating func skipBlocks(below row: UInt32, in index: LexicalIndex) {
    let first = Int(entry.firstBlock)
    guard block < blockCount, index.blocks[first + block].lastRow < row else { return }
    // Galloping: the target is mostly near.
    var step = 1
    var low = block + 1
    while low + step < blockCount, index.blocks[first + low + step].lastRow < row {
      low += step + 1
      step *= 2
    }
    var high = min(low + step, blockCount)
    while low < high {
      let middle = (low + high) / 2
      if index.blocks[first + middle].lastRow < row { low = middle + 1 } else { high = middle }
    }
    block = low
    position = 0
  }

  /// A number that no share in the rows from the current block to `end` exceeds.
  mutating func highestShare(below end: UInt32, in index: LexicalIndex) -> UInt32 {
    var highest: UInt32 = 0
    var number = block
    while number < blockCount {
      if number > block, index.blocks[Int(entry.firstBlock) + number - 1].lastRow + 1 >= end { break }
      highest = max(highest, blockBound(number, in: index))
      number += 1
    }
    return highest
  }

  private mutating func blockBound(_ number: Int, in index: LexicalIndex) -> UInt32 {
    if number != boundBlock {
      bound = scorer.bound(index.blocks[Int(entry.firstBlock) + number])
      boundBlock = number
    }
    return bound
  }

  /// Adds the shares of the rows from `start` to `end` to their sums.
  mutating func accumulate(_ rows: Range<UInt32>, into sums: inout [UInt32], _ index: LexicalIndex) {
    while block < blockCount {
      if block > 0, index.blocks[Int(entry.firstBlock) + block - 1].lastRow + 1 >= rows.upperBound { return }
      decodeIfNeeded(index)
      buffer.decodeFrequencies(of: index)
      position = buffer.accumulate(rows, from: position, scorer, index.lengths, into: &sums)
      if position < buffer.count { return }
      block += 1
      position = 0
    }
  }

  /// The share of a row, which is above those asked for before; 0 if the term is not in it.
  mutating func share(of row: UInt32, in index: LexicalIndex) -> UInt32 {
    skipBlocks(below: row, in: index)
    guard block < blockCount else { return 0 }
    decodeIfNeeded(index)
    position = buffer.position(of: row, from: position)
    guard position < buffer.count, buffer.rows[position] == row else { return 0 }
    buffer.decodeFrequencies(of: index)
    return scorer.share(frequency: buffer.frequencies[position] &+ 1, length: index.lengths[Int(row)])
  }

  private mutating func decodeIfNeeded(_ index: LexicalIndex) {
    guard decoded != block else { return }
    buffer.decode(block, of: entry, in: index)
    decoded = block
  }
}

extension PostingBuffer {
  /// The first place from `start` on whose row is not below `row`.
  func position(of row: UInt32, from start: Int) -> Int {
    var low = start
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if rows[middle] < row { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Adds the shares of rows within the range to the sums, which begin with the range; returns the place after them.
  func accumulate(
    _ range: Range<UInt32>, from start: Int, _ scorer: TermScorer, _ lengths: Column<UInt32>, into sums: inout [UInt32]
  ) -> Int {
    let first = position(of: range.lowerBound, from: start)
    let end = rows[count - 1] < range.upperBound ? count : position(of: range.upperBound, from: first)
    guard first < end else { return end }
    precondition(sums.count >= range.count && Int(rows[end - 1]) < lengths.count, "rows lie within the index")
    unsafe rows.withUnsafeBufferPointer { rows in
      unsafe frequencies.withUnsafeBufferPointer { frequencies in
        unsafe sums.withUnsafeMutableBufferPointer { sums in
          unsafe PostingKernels.current.accumulate(
            rows: rows.baseAddress.unsafelyUnwrapped + first, frequencies: frequencies.baseAddress.unsafelyUnwrapped + first,
            count: end - first, lengths: lengths.start, ceiling: scorer.ceiling, flat: scorer.flat, slope: scorer.slope,
            first: range.lowerBound, into: sums.baseAddress.unsafelyUnwrapped)
        }
      }
    }
    return end
  }
}
