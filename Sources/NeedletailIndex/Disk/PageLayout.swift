internal import NeedletailNumerics

/// How rows lie in pages: vector and links of a row side by side, so that one read brings both.
///
/// A page is a header of one cache line and as many records as fit, none of them across two pages. Rows are numbered by
/// their place: page times records in a page, plus the record's number in its page.
///
///     offset  bytes  header                              offset         bytes  record
///          0      4  CRC-32 of the rest of the page           0  vectorBytes  components, zeros behind
///          4      4  number of the page                     ...            4  row
///          8      4  number of records                      ...            4  number of links
///         12     52  zero                                   ...   4 × degree  places that it is linked with
struct PageLayout: Sendable {
  /// Elements of a stored vector, zeros included, and their bytes.
  let stride: Int
  let elementBytes: Int
  let degree: Int
  let recordBytes: Int
  let pageBytes: Int
  let recordsPerPage: Int

  static let headerBytes = cacheLineBytes
  private static let blockBytes = 4_096

  init(stride: Int, elementBytes: Int, degree: Int) {
    self.stride = stride
    self.elementBytes = elementBytes
    self.degree = degree
    recordBytes = roundedToLines(stride * elementBytes + 8 + 4 * degree)
    let single = Self.headerBytes + recordBytes
    pageBytes = (single + Self.blockBytes - 1) / Self.blockBytes * Self.blockBytes
    recordsPerPage = (pageBytes - Self.headerBytes) / recordBytes
  }

  var vectorBytes: Int { stride * elementBytes }

  func pageCount(placeCount: Int) -> Int { (placeCount + recordsPerPage - 1) / recordsPerPage }

  @inline(__always)
  func page(of place: Row) -> Int { Int(place) / recordsPerPage }

  // MARK: - Writing

  /// Fills the page that starts at `page`, which is zeroed, with `count` records that `write` fills in.
  func write(
    page number: Int, count: Int, at page: UnsafeMutableRawPointer,
    _ write: (_ record: Int, _ at: UnsafeMutableRawPointer) -> (row: Row, links: [Row])
  ) {
    unsafe page.storeBytes(of: UInt32(number).littleEndian, toByteOffset: 4, as: UInt32.self)
    unsafe page.storeBytes(of: UInt32(count).littleEndian, toByteOffset: 8, as: UInt32.self)
    for record in 0..<count {
      let start = unsafe page + Self.headerBytes + record * recordBytes
      let (row, links) = unsafe write(record, start)
      unsafe start.storeBytes(of: row, toByteOffset: vectorBytes, as: Row.self)
      unsafe start.storeBytes(of: UInt32(links.count), toByteOffset: vectorBytes + 4, as: UInt32.self)
      for (index, link) in links.enumerated() {
        unsafe start.storeBytes(of: link, toByteOffset: vectorBytes + 8 + 4 * index, as: Row.self)
      }
    }
    unsafe page.storeBytes(of: checksum(of: page), as: UInt32.self)
  }

  private func checksum(of page: UnsafeRawPointer) -> UInt32 {
    unsafe Checksum.crc32(UnsafeRawBufferPointer(start: page + 4, count: pageBytes - 4))
  }

  // MARK: - Reading

  /// Whether a page is the one that was asked for, undamaged, and full as far as `placeCount` rows reach.
  func isSound(_ page: UnsafeRawPointer, number: Int, placeCount: Int) -> Bool {
    guard unsafe page.load(as: UInt32.self) == checksum(of: page),
      unsafe page.load(fromByteOffset: 4, as: UInt32.self) == UInt32(truncatingIfNeeded: number)
    else { return false }
    return unsafe page.load(fromByteOffset: 8, as: UInt32.self) == UInt32(recordCount(of: number, placeCount: placeCount))
  }

  func recordCount(of page: Int, placeCount: Int) -> Int { min(recordsPerPage, placeCount - page * recordsPerPage) }

  @inline(__always)
  func row(of record: Int, in page: UnsafeRawPointer) -> Row {
    unsafe page.load(fromByteOffset: Self.headerBytes + record * recordBytes + vectorBytes, as: Row.self)
  }

  /// The places that a record is linked with; fewer than it says if it says more than there can be.
  @inline(__always)
  func links(of record: Int, in page: UnsafeRawPointer) -> UnsafeBufferPointer<Row> {
    let start = unsafe page + Self.headerBytes + record * recordBytes + vectorBytes + 4
    let count = unsafe min(Int(start.load(as: UInt32.self)), degree)
    return unsafe UnsafeBufferPointer(start: (start + 4).assumingMemoryBound(to: Row.self), count: count)
  }
}
