public import NeedletailNumerics

extension LexicalIndex {
  /// Writes the index. The file appears complete or not at all.
  public func write(to path: String) throws(IndexError) {
    var sections: [SectionTag: Region] = [
      .documentLengths: lengths.region, .termBytes: termBytes.region, .terms: terms.region, .postingBlocks: blocks.region,
      .postings: words.region,
    ]
    if fieldCount > 1 {
      var metadata = ByteWriter()
      metadata.append(UInt32(fieldCount))
      sections[.metadata] = Region(metadata.bytes)
    }
    // Earlier releases would take slots for rows, so what they read is a layout of its own.
    try IndexFile(layout: fieldCount > 1 ? .lexicalFields : .lexical, sections: sections).write(to: path)
  }

  /// Maps an index file. Every byte is read once to check it, and stays in the file afterwards.
  ///
  /// - Throws: `corrupted` for a damaged file, `unsupportedVersion` for one of a newer release, `file` if it cannot be opened.
  public static func open(_ path: String, pool: WorkerPool = .shared) throws(IndexError) -> LexicalIndex {
    let file = try IndexFile(path: path, pool: pool)
    guard file.layout == .lexical || file.layout == .lexicalFields else { throw .corrupted(path: path, reason: "it is not an index of terms") }
    do throws(InvalidSections) {
      return try LexicalIndex(file.sections, hasFields: file.layout == .lexicalFields)
    } catch {
      throw .corrupted(path: path, reason: error.reason)
    }
  }

  /// Checks all that a search relies on, so that no file leads it outside the mapping.
  private init(_ sections: [SectionTag: Region], hasFields: Bool) throws(InvalidSections) {
    func column<Element>(_ tag: SectionTag, of: Element.Type) throws(InvalidSections) -> Column<Element> {
      guard let region = sections[tag], region.count.isMultiple(of: MemoryLayout<Element>.stride) else {
        throw InvalidSections(reason: "its section \(tag) is missing or cut off")
      }
      return Column(region)
    }
    let lengths = try column(.documentLengths, of: UInt32.self)
    guard lengths.count <= maximumRowCount else { throw InvalidSections(reason: "it has too many rows") }
    let fieldCount = try hasFields ? Self.fieldCount(sections) : 1
    guard lengths.count.isMultiple(of: fieldCount) else { throw InvalidSections(reason: "its last row lacks a field") }
    let plain = LexicalIndex(
      fieldCount: fieldCount, lengths: lengths, termBytes: try column(.termBytes, of: UInt8.self),
      terms: try column(.terms, of: TermEntry.self), blocks: try column(.postingBlocks, of: PostingBlock.self),
      words: try column(.postings, of: UInt32.self), rowFrequencies: [])
    try plain.checkTerms()
    let frequencies = try plain.checkedRowFrequencies()
    guard fieldCount > 1 else {
      self = plain
      return
    }
    self.init(
      fieldCount: fieldCount, lengths: plain.lengths, termBytes: plain.termBytes, terms: plain.terms, blocks: plain.blocks, words: plain.words,
      rowFrequencies: frequencies)
  }

  private static func fieldCount(_ sections: [SectionTag: Region]) throws(InvalidSections) -> Int {
    guard let region = sections[.metadata] else { throw InvalidSections(reason: "its fields cannot be counted") }
    var reader = unsafe ByteReader(Array(region.bytes))
    guard let count = reader.next(UInt32.self), (2...UInt32(largestFieldCount)).contains(count) else {
      throw InvalidSections(reason: "its fields cannot be counted")
    }
    return Int(count)
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
      guard Int(entry.firstBlock) == block, entry.documentFrequency > 0, Int(entry.documentFrequency) <= lengths.count else {
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

  /// Reads all postings once; returns in how many rows each term is, if documents have fields.
  private func checkedRowFrequencies() throws(InvalidSections) -> [UInt32] {
    var frequencies: [UInt32] = []
    var word = 0
    var buffer = PostingBuffer()
    for place in 0..<terms.count {
      let entry = terms[place]
      var counter = RowCounter(fieldCount: fieldCount)
      for number in 0..<entry.blockCount {
        let block = blocks[Int(entry.firstBlock) + number]
        let size = PostingBuffer.size(ofBlock: number, of: entry)
        guard Int(block.firstWord) == word, block.rowBits <= 32, block.frequencyBits <= 32,
          (1...PostingBounds.capacity).contains(Int(block.boundCount)), word + block.wordCount(size) <= words.count
        else { throw InvalidSections(reason: "a block of its term \(place) has an impossible shape") }
        word += block.wordCount(size)
        buffer.decode(number, of: entry, in: self)
        buffer.decodeFrequencies(of: self)
        guard buffer.isValid(after: number == 0 ? nil : blocks[Int(entry.firstBlock) + number - 1].lastRow, last: block.lastRow, rowCount: lengths.count)
        else { throw InvalidSections(reason: "a block of its term \(place) has rows out of order") }
        if fieldCount > 1 { for posting in 0..<buffer.count { unsafe counter.count(slot: buffer.rows[posting]) } }
      }
      if fieldCount > 1 { frequencies.append(counter.rows) }
    }
    guard word == words.count else { throw InvalidSections(reason: "it has postings without a term") }
    return frequencies
  }
}
