internal import NeedletailNumerics

/// One decoded block.
struct PostingBuffer {
  private(set) var rows: [UInt32]
  /// Less 1 each; decoded when they are asked for, since most blocks are decoded to look up few rows.
  private(set) var frequencies: [UInt32]
  private(set) var count = 0
  /// Where the frequencies stand that are not decoded yet.
  private var pending: (firstWord: Int, bits: UInt8)?

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
      unsafe PostingKernels.current.unpack(words, available: available, width: block.rowBits, count: size, into: rows)
      unsafe PostingKernels.current.addUp(rows, count: size, from: number == 0 ? .max : index.blocks[place - 1].lastRow)
    }
    pending = (Int(block.firstWord) + rowWordCount, block.frequencyBits)
  }

  /// Decodes the frequencies of the block, unless that was done.
  @inline(__always)
  mutating func decodeFrequencies(of index: LexicalIndex) {
    guard let (firstWord, bits) = pending else { return }
    pending = nil
    unsafe frequencies.withUnsafeMutableBufferPointer { frequencies in
      unsafe PostingKernels.current.unpack(
        index.words.start + firstWord, available: index.words.count - firstWord, width: bits, count: count,
        into: frequencies.baseAddress.unsafelyUnwrapped)
    }
  }

  /// Whether the rows ascend from above `previous` to `last`, below `rowCount`, and no frequency is 0.
  func isValid(after previous: UInt32?, last: UInt32, rowCount: Int) -> Bool {
    var lowest = previous.map { Int($0) + 1 } ?? 0
    for position in 0..<count {
      guard Int(rows[position]) >= lowest, frequencies[position] < .max else { return false }
      lowest = Int(rows[position]) + 1
    }
    return count > 0 && rows[count - 1] == last && Int(last) < rowCount
  }
}
