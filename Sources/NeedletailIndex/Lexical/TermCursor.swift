internal import NeedletailNumerics

/// A place in the postings of a term, which only moves forward.
struct TermCursor {
  let scorer: TermScorer
  let entry: TermEntry
  let blockCount: Int
  /// The number of the current block; `blockCount` at the end.
  private(set) var block = 0
  /// The block in the buffer, if any, and the place in it.
  private var decoded = -1
  private var position = 0
  private var buffer: PostingBuffer
  /// The bound of the block it was last computed for.
  private var boundBlock = -1
  private var bound: UInt32 = 0

  init(_ entry: TermEntry, _ scorer: TermScorer, _ buffer: PostingBuffer) {
    self.entry = entry
    self.scorer = scorer
    self.buffer = buffer
    blockCount = entry.blockCount
  }

  var isAtEnd: Bool { block == blockCount }

  @inline(__always)
  func lastRow(ofBlock number: Int, _ index: LexicalIndex) -> UInt32 {
    precondition(Int(entry.firstBlock) + number < index.blocks.count)
    return unsafe index.blocks.start[Int(entry.firstBlock) + number].lastRow
  }

  /// A row that none of the remaining ones is below.
  func lowestRow(in index: LexicalIndex) -> UInt32 {
    if decoded == block, position < buffer.count { return unsafe buffer.rows[position] }
    return block == 0 ? 0 : lastRow(ofBlock: block - 1, index) + 1
  }

  /// Passes the blocks that end below `row`.
  mutating func skipBlocks(below row: UInt32, in index: LexicalIndex) {
    guard block < blockCount, lastRow(ofBlock: block, index) < row else { return }
    // Galloping: the target is mostly near.
    var step = 1
    var low = block + 1
    while low + step < blockCount, lastRow(ofBlock: low + step, index) < row {
      low += step + 1
      step *= 2
    }
    var high = min(low + step, blockCount)
    while low < high {
      let middle = (low + high) / 2
      if lastRow(ofBlock: middle, index) < row { low = middle + 1 } else { high = middle }
    }
    block = low
    position = 0
  }

  /// About how many postings the rows from the current block to `end` have, and a number that no share there exceeds.
  mutating func outlook(below end: UInt32, in index: LexicalIndex) -> (postings: Int, bound: UInt32) {
    var highest: UInt32 = 0
    var number = block
    while number < blockCount {
      if number > block, lastRow(ofBlock: number - 1, index) + 1 >= end { break }
      highest = max(highest, blockBound(number, in: index))
      number += 1
    }
    return (min((number - block) * PostingBlock.capacity, Int(entry.documentFrequency)), highest)
  }

  /// A number that no share in a block exceeds.
  mutating func blockBound(_ number: Int, in index: LexicalIndex) -> UInt32 {
    if number != boundBlock {
      bound = scorer.bound(index.blocks[Int(entry.firstBlock) + number])
      boundBlock = number
    }
    return bound
  }

  /// Adds the shares of the rows of a window to their sums; the window begins with the first of `sums`.
  ///
  /// - Precondition: there is a sum for each row of the window.
  @unsafe mutating func accumulate(_ window: Range<UInt32>, into sums: UnsafeMutablePointer<UInt32>, _ index: LexicalIndex) {
    while block < blockCount {
      if block > 0, lastRow(ofBlock: block - 1, index) + 1 >= window.upperBound { return }
      decodeIfNeeded(index)
      let last = lastRow(ofBlock: block, index)
      let first = unsafe position < buffer.count && buffer.rows[position] >= window.lowerBound ? position : buffer.position(of: window.lowerBound, from: position)
      let end = last < window.upperBound ? buffer.count : buffer.position(of: window.upperBound, from: first)
      if first < end {
        precondition(Int(last) < index.lengths.count, "rows lie within the index")
        buffer.decodeFrequencies(of: index)
        unsafe PostingKernels.current.accumulate(
          rows: buffer.rows + first, frequencies: buffer.frequencies + first, count: end - first, lengths: index.lengths.start,
          ceiling: scorer.ceiling, flat: scorer.flat, slope: scorer.slope, first: window.lowerBound, into: sums)
      }
      position = end
      if position < buffer.count { return }
      block += 1
      position = 0
    }
  }

  /// The share of a row, which is above those asked for before; 0 if the term is not in it. Nil if it is at most `most`, as far
  /// as that is known without looking.
  mutating func share(of row: UInt32, above most: UInt32, in index: LexicalIndex) -> UInt32? {
    skipBlocks(below: row, in: index)
    guard block < blockCount else { return 0 }
    guard decoded == block || blockBound(block, in: index) > most else { return nil }
    decodeIfNeeded(index)
    position = buffer.position(of: row, from: position)
    guard position < buffer.count, unsafe buffer.rows[position] == row else { return 0 }
    buffer.decodeFrequencies(of: index)
    return unsafe scorer.share(frequency: buffer.frequencies[position] &+ 1, length: index.lengths[Int(row)])
  }

  /// Moves to the first posting whose row is not below `row`.
  mutating func move(to row: UInt32, in index: LexicalIndex) {
    skipBlocks(below: row, in: index)
    guard block < blockCount else { return }
    decodeIfNeeded(index)
    position = buffer.position(of: row, from: position)
  }

  /// The current posting if its row is below `end`.
  @inline(__always)
  mutating func posting(below end: UInt32, in index: LexicalIndex) -> (row: UInt32, frequency: UInt32)? {
    guard block < blockCount else { return nil }
    decodeIfNeeded(index)
    let row = unsafe buffer.rows[position]
    guard row < end else { return nil }
    buffer.decodeFrequencies(of: index)
    return unsafe (row, buffer.frequencies[position] &+ 1)
  }

  /// Moves on by one posting.
  @inline(__always)
  mutating func advance() {
    position += 1
    guard position == buffer.count else { return }
    block += 1
    position = 0
  }

  private mutating func decodeIfNeeded(_ index: LexicalIndex) {
    guard decoded != block else { return }
    buffer.decode(block, of: entry, in: index)
    decoded = block
  }
}
