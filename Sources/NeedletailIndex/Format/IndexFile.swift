internal import NeedletailNumerics

/// The sections of an index file, checked on reading: whole, in order, and with the right checksums.
struct IndexFile {
  let layout: IndexLayout
  let sections: [SectionTag: Region]
  /// What lies behind the sections and is read piece by piece; it answers for its own checksums.
  var pages: Region?
  /// Where the pages start in the file that this was read from.
  private(set) var pagesStart = 0

  init(layout: IndexLayout, sections: [SectionTag: Region], pages: Region? = nil) {
    self.layout = layout
    self.sections = sections
    // An index without rows has no pages.
    self.pages = pages?.count == 0 ? nil : pages
  }

  /// Writes a file that appears complete or not at all.
  func write(to path: String) throws(IndexError) {
    let ordered = SectionTag.allCases.compactMap { tag in sections[tag].map { (tag: tag, region: $0) } }
    let start = roundedToLines(IndexFileHeader.headerBytes + ordered.count * IndexFileHeader.entryBytes)
    var offset = start
    var table = ByteWriter()
    for (tag, region) in ordered {
      table.append(tag.rawValue)
      table.append(Self.checksum(region))
      table.append(UInt64(offset))
      table.append(UInt64(region.count))
      table.append(UInt64(0))
      offset += roundedToLines(region.count)
    }
    let gap = pages == nil ? 0 : Self.roundedToPages(offset) - offset
    let head = header(
      sectionCount: ordered.count, fileBytes: offset + gap + (pages?.count ?? 0), table: table.bytes)
    do throws(FileError) {
      try AtomicFile.write(to: path) { writer throws(FileError) in
        try writer.write(head)
        for (_, region) in ordered {
          try unsafe writer.write(region.bytes)
          try writer.write([UInt8](repeating: 0, count: roundedToLines(region.count) - region.count))
        }
        guard let pages else { return }
        try writer.write([UInt8](repeating: 0, count: gap))
        try unsafe writer.write(pages.bytes)
      }
    } catch {
      throw .file(error)
    }
  }

  private func header(sectionCount: Int, fileBytes: Int, table: [UInt8]) -> [UInt8] {
    func head(checksum: UInt32) -> [UInt8] {
      var writer = ByteWriter()
      writer.append(bytes: IndexFileHeader.magic)
      writer.append(IndexFileHeader.version)
      writer.append(IndexFileHeader.byteOrder)
      writer.append(layout.rawValue)
      writer.append(UInt32(sectionCount))
      writer.append(UInt64(fileBytes))
      writer.append(checksum)
      writer.fill(to: IndexFileHeader.pagesOffset)
      writer.append(UInt64(pages?.count ?? 0))
      writer.fill(to: IndexFileHeader.headerBytes)
      writer.append(bytes: table)
      writer.fill(to: roundedToLines(writer.bytes.count))
      return writer.bytes
    }
    return head(checksum: Checksum.crc32(head(checksum: 0)))
  }

  private static func roundedToPages(_ count: Int) -> Int {
    (count + IndexFileHeader.pageAlignment - 1) / IndexFileHeader.pageAlignment * IndexFileHeader.pageAlignment
  }

  private static func checksum(_ region: Region) -> UInt32 {
    let filling = [UInt8](repeating: 0, count: roundedToLines(region.count) - region.count)
    return unsafe Checksum.crc32(filling, continuing: Checksum.crc32(region.bytes, pool: .shared))
  }
}

// MARK: - Reading

extension IndexFile {
  /// Maps a file and checks it; every byte is read once for the checksums.
  init(path: String, pool: WorkerPool) throws(IndexError) {
    let file: MappedFile
    do throws(FileError) { file = try MappedFile(path: path) } catch { throw .file(error) }
    func damaged(_ reason: String) -> IndexError { .corrupted(path: path, reason: reason) }

    guard file.count >= IndexFileHeader.headerBytes else { throw damaged("it is shorter than a header") }
    let head = Self.bytes(file, 0..<IndexFileHeader.headerBytes)
    guard head.starts(with: IndexFileHeader.magic) else { throw damaged("it is not an index file") }
    var reader = ByteReader(Array(head.dropFirst(IndexFileHeader.magic.count)))
    guard let version = reader.next(UInt32.self), let byteOrder = reader.next(UInt32.self),
      let layoutNumber = reader.next(UInt32.self), let sectionCount = reader.next(UInt32.self),
      let fileBytes = reader.nextCount(), let checksum = reader.next(UInt32.self), reader.next(UInt32.self) != nil,
      let pageBytes = reader.nextCount()
    else { throw damaged("its header is not readable") }
    guard version <= IndexFileHeader.version else { throw .unsupportedVersion(path: path, version: Int(version)) }
    guard version > 0, byteOrder == IndexFileHeader.byteOrder, let layout = IndexLayout(rawValue: layoutNumber),
      (1...IndexFileHeader.largestSectionCount).contains(Int(sectionCount))
    else { throw damaged("its header is not readable") }
    guard fileBytes == file.count else { throw damaged("it should have \(fileBytes) bytes and has \(file.count)") }

    let start = roundedToLines(IndexFileHeader.headerBytes + Int(sectionCount) * IndexFileHeader.entryBytes)
    guard start <= file.count, pageBytes <= file.count - start else { throw damaged("its table of sections is cut off") }
    var front = Self.bytes(file, 0..<start)
    for index in 0..<4 { front[IndexFileHeader.checksumOffset + index] = 0 }
    guard Checksum.crc32(front) == checksum else { throw damaged("the checksum of its header is wrong") }

    self.layout = layout
    pagesStart = file.count - pageBytes
    let table = Array(front[IndexFileHeader.headerBytes...])
    do throws(SectionProblem) {
      sections = try Self.sections(of: file, table, count: Int(sectionCount), start: start, end: pagesStart, pool)
    } catch {
      throw damaged(error.reason)
    }
    if pageBytes > 0 { pages = Region(file, pagesStart..<file.count) }
  }

  private struct SectionProblem: Error {
    var reason: String
  }

  private static func sections(
    of file: MappedFile, _ table: [UInt8], count: Int, start: Int, end: Int, _ pool: WorkerPool
  ) throws(SectionProblem) -> [SectionTag: Region] {
    var reader = ByteReader(table)
    var sections: [SectionTag: Region] = [:]
    var expected = start
    for number in 0..<count {
      guard let tagNumber = reader.next(UInt32.self), let checksum = reader.next(UInt32.self),
        let offset = reader.nextCount(), let length = reader.nextCount(), reader.nextCount() == 0,
        let tag = SectionTag(rawValue: tagNumber), sections[tag] == nil
      else { throw SectionProblem(reason: "its section \(number) is not described readably") }
      // Sections lie one behind the other, which leaves no room for overlaps or gaps.
      guard offset == expected, length <= end - offset, roundedToLines(length) <= end - offset else {
        throw SectionProblem(reason: "its section \(number) does not lie within the file")
      }
      let filled = Region(file, offset..<offset + roundedToLines(length))
      guard unsafe Checksum.crc32(filled.bytes, pool: pool) == checksum else {
        throw SectionProblem(reason: "the checksum of its section \(number) is wrong")
      }
      #if NEEDLETAIL_COPIES_SECTIONS
        // scripts/sanitize.sh asks for it: a sanitizer sees where allocations end, but not where sections of a mapping do.
        sections[tag] = Region(copyOf: file, offset..<offset + length)
      #else
        sections[tag] = Region(file, offset..<offset + length)
      #endif
      expected = offset + roundedToLines(length)
    }
    if end < file.count {
      guard end == roundedToPages(expected), bytes(file, expected..<end).allSatisfy({ $0 == 0 }) else {
        throw SectionProblem(reason: "its pages do not follow its sections")
      }
    } else if expected != file.count {
      throw SectionProblem(reason: "it has bytes behind its sections")
    }
    return sections
  }

  private static func bytes(_ file: MappedFile, _ range: Range<Int>) -> [UInt8] {
    unsafe Array(file.bytes[range])
  }
}
