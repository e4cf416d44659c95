internal import NeedletailNumerics

/// One decoded block.
struct PostingBuffer {
  private(set) var rows: [UInt32]
  private(set) var frequencies: [UInt32]
  private(set) var count = 0

  init() {
    rows = Array(repeating: 0, count: PostingBlock.capacity)
    frequencies = rows
  }

  /// How many rows block number `number` of a term has.
  static func size(ofBlock number: Int, of term: TermEntry) -> Int {
    min(PostingBlock.capacity, Int(term.documentFrequency) - number * PostingBlock.capacity)
  }

  /// Decodes block number `number` of a term.
  ///
  /// - Precondition: the block's words lie within the index, which is checked when a file is opened.
  mutating func decode(_ number: Int, of term: TermEntry, in index: LexicalIndex) {
    let place = Int(term.firstBlock) + number
    let block = index.blocks[place]
    let size = Self.size(ofBlock: number, of: term)
    count = size
    precondition(Int(block.firstWord) + block.wordCount(size) <= index.words.count, "a block lies within the postings")
    let words = unsafe index.words.start + Int(block.firstWord)
    let available = index.words.count - Int(block.firstWord)
    let rowWordCount = (size * Int(block.rowBits) + 31) / 32
    unsafe rows.withUnsafeMutableBufferPointer { rows in
      let rows = unsafe rows.baseAddress.unsafelyUnwrapped
      unsafe PostingKernels.unpack(words, available: available, width: block.rowBits, count: size, into: rows)
      var row: UInt32 = number == 0 ? .max : index.blocks[place - 1].lastRow
      for position in 0..<size {
        row = unsafe row &+ rows[position] &+ 1
        unsafe rows[position] = row
      }
    }
    unsafe frequencies.withUnsafeMutableBufferPointer { frequencies in
      let frequencies = unsafe frequencies.baseAddress.unsafelyUnwrapped
      unsafe PostingKernels.unpack(
        words + rowWordCount, available: available - rowWordCount, width: block.frequencyBits, count: size, into: frequencies)
      for position in 0..<size { unsafe frequencies[position] &+= 1 }
    }
  }

  /// Whether the rows ascend from above `previous` to `last`, below `rowCount`, and no frequency is 0.
  func isValid(after previous: UInt32?, last: UInt32, rowCount: Int) -> Bool {
    var lowest = previous.map { Int($0) + 1 } ?? 0
    for position in 0..<count {
      guard Int(rows[position]) >= lowest, frequencies[position] > 0 else { return false }
      lowest = Int(rows[position]) + 1
    }
    return count > 0 && rows[count - 1] == last && Int(last) < rowCount
  }
}
