internal import NeedletailNumerics

/// Lays out the columns of a lexical index, term by term in the order of their bytes.
struct LexicalWriter {
  private let lengths: [UInt32]
  private var termBytes: [UInt8] = []
  private var terms: [TermEntry] = []
  private var blocks: [PostingBlock] = []
  private var words: [UInt32] = []
  private let fieldCount: Int
  private var rowFrequencies: [UInt32] = []

  init(lengths: [UInt32], fieldCount: Int) {
    self.lengths = lengths
    self.fieldCount = fieldCount
  }

  mutating func append(_ term: String, _ postings: ArraySlice<(row: UInt32, frequency: UInt32)>) {
    terms.append(
      TermEntry(
        firstByte: UInt32(termBytes.count), firstBlock: UInt32(blocks.count), documentFrequency: UInt32(postings.count)))
    termBytes.append(contentsOf: term.utf8)
    if fieldCount > 1 {
      var counter = RowCounter(fieldCount: fieldCount)
      for posting in postings { counter.count(slot: posting.row) }
      rowFrequencies.append(counter.rows)
    }
    var previous: UInt32 = .max  // one below row 0
    var rest = postings
    while !rest.isEmpty {
      let block = rest.prefix(PostingBlock.capacity)
      appendBlock(block, after: previous)
      previous = block[block.endIndex - 1].row
      rest = rest.dropFirst(PostingBlock.capacity)
    }
  }

  private mutating func appendBlock(_ postings: ArraySlice<(row: UInt32, frequency: UInt32)>, after previous: UInt32) {
    var gaps: [UInt32] = []
    gaps.reserveCapacity(postings.count)
    var last = previous
    for posting in postings {
      gaps.append(posting.row &- last &- 1)
      last = posting.row
    }
    let lengths = lengths
    let bounds = PostingBounds.of(postings.lazy.map { (frequency: $0.frequency, length: lengths[Int($0.row)]) })
    let first = bounds[0]
    let block = PostingBlock(
      lastRow: last, firstWord: UInt32(words.count), rowBits: PackedNumbers.width(of: gaps),
      frequencyBits: PackedNumbers.width(of: postings.lazy.map { $0.frequency - 1 }), boundCount: UInt16(bounds.count),
      bounds: (first, bounds.count > 1 ? bounds[1] : first, bounds.count > 2 ? bounds[2] : first))
    PackedNumbers.append(gaps, width: block.rowBits, to: &words)
    PackedNumbers.append(postings.lazy.map { $0.frequency - 1 }, width: block.frequencyBits, to: &words)
    blocks.append(block)
  }

  func finish() -> LexicalIndex {
    LexicalIndex(
      fieldCount: fieldCount, lengths: Column(lengths), termBytes: Column(termBytes), terms: Column(terms), blocks: Column(blocks),
      words: Column(words), rowFrequencies: rowFrequencies)
  }
}

/// Counts the rows of ascending slots.
struct RowCounter {
  private let fieldCount: UInt32
  private var last: UInt32?
  private(set) var rows: UInt32 = 0

  init(fieldCount: Int) { self.fieldCount = UInt32(fieldCount) }

  mutating func count(slot: UInt32) {
    guard last != slot / fieldCount else { return }
    last = slot / fieldCount
    rows += 1
  }
}
