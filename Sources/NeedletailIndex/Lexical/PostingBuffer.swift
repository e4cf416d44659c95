internal import NeedletailNumerics

/// One decoded block.
///
/// A copy shares the memory of the original, so only one of them may decode.
@safe struct PostingBuffer {
  private let memory: AlignedMemory
  private(set) var count = 0
  /// Where the frequencies stand that are not decoded yet.
  private var pending: (firstWord: Int, bits: UInt8)?

  init() {
    memory = AlignedMemory.zeroed(count: 2 * PostingBlock.capacity * MemoryLayout<UInt32>.stride)
    unsafe rows = memory.start.bindMemory(to: UInt32.self, capacity: 2 * PostingBlock.capacity)
    unsafe frequencies = rows + PostingBlock.capacity
  }

  /// `count` rows, ascending.
  let rows: UnsafeMutablePointer<UInt32>
  /// Less 1 each; decoded when they are asked for, since most blocks are decoded to look up few rows.
  let frequencies: UnsafeMutablePointer<UInt32>

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
    unsafe PostingKernels.current.unpack(words, available: available, width: block.rowBits, count: size, into: rows)
    unsafe PostingKernels.current.addUp(rows, count: size, from: number == 0 ? .max : index.blocks[place - 1].lastRow)
    pending = (Int(block.firstWord) + rowWordCount, block.frequencyBits)
  }

  /// Decodes the frequencies of the block, unless that was done.
  @inline(__always)
  mutating func decodeFrequencies(of index: LexicalIndex) {
    guard let (firstWord, bits) = pending else { return }
    pending = nil
    unsafe PostingKernels.current.unpack(
      index.words.start + firstWord, available: index.words.count - firstWord, width: bits, count: count, into: frequencies)
  }

  /// The first place from `start` on whose row is not below `row`.
  @inline(__always)
  func position(of row: UInt32, from start: Int) -> Int {
    var low = start
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if unsafe rows[middle] < row { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Whether the rows ascend from above `previous` to `last`, below `rowCount`, and no frequency is 0.
  func isValid(after previous: UInt32?, last: UInt32, rowCount: Int) -> Bool {
    var lowest = previous.map { Int($0) + 1 } ?? 0
    for position in 0..<count {
      guard unsafe Int(rows[position]) >= lowest, unsafe frequencies[position] < .max else { return false }
      lowest = unsafe Int(rows[position]) + 1
    }
    return unsafe count > 0 && rows[count - 1] == last && Int(last) < rowCount
  }
}
