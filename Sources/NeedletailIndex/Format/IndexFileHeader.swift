internal import NeedletailNumerics

/// What an index file is made of.
///
/// All numbers are little-endian. The file is a header of one cache line, a table with an entry of half a line for each
/// section, filled up to a whole line, and the sections one behind the other, each filled up with zeros to a whole
/// line, so that a mapped section is used as it lies.
///
///     offset  bytes  header                          offset  bytes  table entry
///          0      8  "NDLTAIL" and a zero                 0      4  tag
///          8      4  format version                       4      4  CRC-32 of the section with its filling
///         12      4  0x01020304, against byte swapping    8      8  offset of the section
///         16      4  layout, see IndexLayout           16      8  length without filling
///         20      4  number of sections                  24      8  zero
///         24      8  length of the file
///         32      4  CRC-32 of header and table with this field zero
///         36      4  zero
///         40      8  length of the pages behind the sections
///         48     16  zero
///
/// The header's checksum covers the sections' checksums, hence every byte of the file up to the pages. Pages, which only
/// some layouts have, start at a multiple of 4,096 bytes and carry checksums of their own, so that nobody has to read
/// them all on opening.
enum IndexFileHeader {
  static let magic: [UInt8] = Array("NDLTAIL\0".utf8)
  static let version: UInt32 = 1
  static let byteOrder: UInt32 = 0x0102_0304
  static let headerBytes = cacheLineBytes
  static let entryBytes = 32
  static let checksumOffset = 32
  static let pagesOffset = 40
  static let largestSectionCount = 64
  /// Pages start at a multiple of this.
  static let pageAlignment = 4_096
}

enum IndexLayout: UInt32 {
  case flat = 1
  case graph = 2
  case lexical = 3
  /// Of documents with fields.
  case lexicalFields = 4
  case inverted = 8
  case codec = 9
  case invertedSparse = 12
  case clusteredSparse = 13
  case multiVector = 14
  case disk = 20
}

/// What a section holds.
enum SectionTag: UInt32, CaseIterable {
  /// `IndexMetadata`.
  case metadata = 1
  /// Rows that were excluded at build, as `RowSet.bytes`.
  case absent = 2
  case exactRows = 3
  case codes = 4
  case codeTerms = 5
  case codeBounds = 6
  case codeMean = 7
  case links = 8
  case entries = 9
  case duplicates = 10
  /// Of a lexical index: `LexicalIndex` names its columns.
  case documentLengths = 16
  case termBytes = 17
  case terms = 18
  case postingBlocks = 19
  case postings = 20
  /// Of an inverted index: `CodedLists` names its columns.
  case listParameters = 32
  case listCentroids = 33
  case listStarts = 34
  case listRows = 35
  case codeBlocks = 36
  case codeResiduals = 37
  case rowTerms = 38
  /// `CodecBytes`.
  case codec = 39
  /// Of an index on disk: `DiskIndex` names its columns.
  case diskParameters = 48
  case diskRows = 49
  /// Of a trained codec: what vectors become before they are scored in full.
  case verifier = 50
  /// Of an index of sparse vectors: `InvertedSparseIndex` and `ClusteredSparseIndex` name their columns.
  case sparseRowStarts = 80
  case sparseRowTerms = 81
  case sparseRowCodes = 82
  case sparseListStarts = 83
  case sparseBlockStarts = 84
  case sparseBlockRows = 85
  case sparseSummaryStarts = 86
  case sparseSummaryTerms = 87
  case sparseSummaryCodes = 88
  case sparseSummaryScales = 89
  case sparseNeighbours = 90
  case sparseListRows = 91
  case sparseListWeights = 92
  case sparseListBounds = 93
  /// Of a multi-vector index: `MultiVectorIndex` names its columns.
  case tokenOffsets = 112
  case tokenComponents = 113
  case tokenScales = 114
  case tokenAssignments = 115
  case tokenCentroids = 116
  case tokenSteps = 117
  case centroidListStarts = 118
  case centroidListRows = 119
}

/// Appends little-endian numbers.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ number: some FixedWidthInteger) {
    for shift in stride(from: 0, to: type(of: number).bitWidth, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }

  mutating func append(_ number: Float) { append(number.bitPattern) }
  mutating func append(bytes more: [UInt8]) { bytes += more }

  /// A text of up to 255 bytes.
  mutating func append(name: String) {
    append(UInt8(name.utf8.count))
    append(bytes: Array(name.utf8))
  }

  mutating func fill(to length: Int) {
    bytes.append(contentsOf: repeatElement(0, count: length - bytes.count))
  }
}

/// Reads little-endian numbers; nil at the end of the bytes.
struct ByteReader {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func next<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
    let width = Number.bitWidth / 8
    guard bytes.count - offset >= width else { return nil }
    var number: Number = 0
    for index in (0..<width).reversed() { number = number << 8 | Number(truncatingIfNeeded: bytes[offset + index]) }
    offset += width
    return number
  }

  mutating func nextFloat() -> Float? { next(UInt32.self).map(Float.init(bitPattern:)) }

  /// Finite numbers; nil if one is not, or if the bytes end before.
  mutating func nextFloats(_ count: Int) -> [Float]? {
    guard count >= 0, count <= (bytes.count - offset) / 4 else { return nil }
    var numbers: [Float] = []
    numbers.reserveCapacity(count)
    for _ in 0..<count {
      guard let number = nextFloat(), number.isFinite else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  mutating func nextName() -> String? {
    guard let count = next(UInt8.self), Int(count) <= bytes.count - offset else { return nil }
    defer { offset += Int(count) }
    return String(validating: bytes[offset..<offset + Int(count)], as: UTF8.self)
  }

  var isAtEnd: Bool { offset == bytes.count }

  /// A number that fits a non-negative `Int`.
  mutating func nextCount() -> Int? { next(UInt64.self).flatMap(Int.init(exactly:)) }
}
