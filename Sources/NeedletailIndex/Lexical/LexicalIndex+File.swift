public import NeedletailNumerics

extension LexicalIndex {
  /// Writes the index. The file appears complete or not at all.
  public func write(to path: String) throws(IndexError) {
    try IndexFile(
      layout: .lexical,
      sections: [
        .documentLengths: lengths.region, .termBytes: termBytes.region, .terms: terms.region, .postingBlocks: blocks.region,
        .postings: words.region,
      ]
    ).write(to: path)
  }

  /// Maps an index file. Every byte is read once to check it, and stays in the file afterwards.
  ///
  /// - Throws: `corrupted` for a damaged file, `unsupportedVersion` for one of a newer release, `file` if it cannot be opened.
  public static func open(_ path: String, pool: WorkerPool = .shared) throws(IndexError) -> LexicalIndex {
    let file = try IndexFile(path: path, pool: pool)
    guard file.layout == .lexical else { throw .corrupted(path: path, reason: "it is not an index of terms") }
    do throws(InvalidSections) {
      return try LexicalIndex(file.sections)
    } catch {
      throw .corrupted(path: path, reason: error.reason)
    }
  }

  /// Checks all that a search relies on, so that no file leads it outside the mapping.
  private init(_ sections: [SectionTag: Region]) throws(InvalidSections) {
    func column<Element>(_ tag: SectionTag, of: Element.Type) throws(InvalidSections) -> Column<Element> {
      guard let region = sections[tag], region.count.isMultiple(of: MemoryLayout<Element>.stride) else {
        throw InvalidSections(reason: "its section \(tag) is missing or cut off")
      }
      return Column(region)
    }
    let lengths = try column(.documentLengths, of: UInt32.self)
    guard lengths.count <= maximumRowCount else { throw InvalidSections(reason: "it has too many rows") }
    self.init(
      lengths: lengths, termBytes: try column(.termBytes, of: UInt8.self), terms: try column(.terms, of: TermEntry.self),
      blocks: try column(.postingBlocks, of: PostingBlock.self), words: try column(.postings, of: UInt32.self))
    try checkTerms()
    try checkPostings()
  }

  private func checkTerms() throws(InvalidSections) {
    var block = 0
    var previous = 0..<0
    for place in 0..<terms.count {
      let entry = terms[place]
      let next = place + 1 < terms.count ? Int(terms[place + 1].firstByte) : termBytes.count
      guard Int(entry.firstByte) == previous.upperBound, Int(entry.firstByte) < next, next <= termBytes.count else {
        throw InvalidSections(reason: "its term \(place) has no bytes")
      }
      let range = Int(entry.firstByte)..<next
      guard place == 0 || isAscending(previous, range) else { throw InvalidSections(reason: "its terms are not in order") }
      guard Int(entry.firstBlock) == block, entry.documentFrequency > 0, Int(entry.documentFrequency) <= count else {
        throw InvalidSections(reason: "its term \(place) has impossible postings")
      }
      block += entry.blockCount
      previous = range
    }
    guard block == blocks.count else { throw InvalidSections(reason: "it has blocks without a term") }
    guard terms.count > 0 || termBytes.count == 0 else { throw InvalidSections(reason: "it has bytes without a term") }
  }

  private func isAscending(_ first: Range<Int>, _ second: Range<Int>) -> Bool {
    for (left, right) in zip(first, second) where termBytes[left] != termBytes[right] {
      return termBytes[left] < termBytes[right]
    }
    return first.count < second.count
  }

  private func checkPostings() throws(InvalidSections) {
    var word = 0
    var buffer = PostingBuffer()
    for place in 0..<terms.count {
      let entry = terms[place]
      for number in 0..<entry.blockCount {
        let block = blocks[Int(entry.firstBlock) + number]
        let size = PostingBuffer.size(ofBlock: number, of: entry)
        guard Int(block.firstWord) == word, block.rowBits <= 32, block.frequencyBits <= 32,
          (1...PostingBounds.capacity).contains(Int(block.boundCount)), word + block.wordCount(size) <= words.count
        else { throw InvalidSections(reason: "a block of its term \(place) has an impossible shape") }
        word += block.wordCount(size)
        buffer.decode(number, of: entry, in: self)
        buffer.decodeFrequencies(of: self)
        guard buffer.isValid(after: number == 0 ? nil : blocks[Int(entry.firstBlock) + number - 1].lastRow, last: block.lastRow, rowCount: count)
        else { throw InvalidSections(reason: "a block of its term \(place) has rows out of order") }
      }
    }
    guard word == words.count else { throw InvalidSections(reason: "it has postings without a term") }
  }
}
