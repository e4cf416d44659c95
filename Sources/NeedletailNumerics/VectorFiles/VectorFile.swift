/// A matrix in one of the files that vectors are exchanged in, opened for reading.
///
/// | ending | rows |
/// |---|---|
/// | `.fvecs`, `.bvecs`, `.ivecs` | each a 32-bit length, then as many floats, bytes or 32-bit integers (the TEXMEX collections) |
/// | `.fbin`, `.u8bin`, `.i8bin`, `.ibin` | two 32-bit numbers in front, rows and columns, then the rows (the big-ANN collections) |
/// | `.npy` | NumPy's format 1, 2 or 3: one- or two-dimensional, C order, little-endian numbers |
///
/// All of them also with `.gz` behind, which are inflated into memory; others are mapped and read where needed.
public struct VectorFile: Sendable {
  public let path: String
  /// The number of rows.
  public let count: Int
  /// The number of components of each row.
  public let dimension: Int
  /// How the components are written.
  public let elementType: ElementType

  let storage: Storage
  /// Where the components of the first row start.
  let firstRow: Int
  /// Bytes from one row to the next.
  let rowBytes: Int

  /// Where the bytes are.
  enum Storage: Sendable {
    case mapped(MappedFile)
    case inflated([UInt8])

    func withBytes<Result, Failure: Error>(
      _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      switch self {
      case .mapped(let file): try unsafe file.withUnsafeBytes(body)
      case .inflated(let bytes): try unsafe bytes.span.bytes.withUnsafeBytes(body)
      }
    }
  }

  /// Opens a file and checks that its length and its rows fit together.
  ///
  /// - Throws: `malformed` for a file that is cut off, whose rows differ in length, or with an ending that is not listed
  ///   above; `cannotOpen` if the system refuses.
  public init(path: String) throws(FileError) {
    let name = path.hasSuffix(".gz") ? String(path.dropLast(3)) : path
    guard let format = VectorFileFormat(path: name) else {
      throw .malformed(
        path: path, offset: 0, reason: "vectors are read from \(VectorFileFormat.endings.joined(separator: ", "))")
    }
    let storage = try Self.storage(path)
    let layout = try unsafe storage.withBytes { bytes throws(FileError) in
      do throws(VectorFileFormat.Flaw) {
        return try unsafe format.layout(of: bytes)
      } catch {
        throw .malformed(path: path, offset: error.offset, reason: error.reason)
      }
    }
    self.path = path
    self.storage = storage
    count = layout.count
    dimension = layout.dimension
    elementType = layout.elementType
    firstRow = layout.firstRow
    rowBytes = layout.rowBytes
  }

  private static func storage(_ path: String) throws(FileError) -> Storage {
    guard path.hasSuffix(".gz") else { return .mapped(try MappedFile(path: path)) }
    var reader = try GzipReader(path: path)
    var bytes: [UInt8] = []
    while true {
      let piece = try reader.read()
      if piece.isEmpty { return .inflated(bytes) }
      bytes += piece
    }
  }

  /// The components of some rows, one row after the other; integers as floats.
  ///
  /// - Parameter rows: which rows; all if nil.
  public func floats(rows: Range<Int>? = nil) -> [Float] {
    let rows = rows ?? 0..<count
    precondition(rows.lowerBound >= 0 && rows.upperBound <= count, "rows \(rows) of \(count)")
    let width = dimension * elementType.byteCount
    return unsafe [Float](unsafeUninitializedCapacity: rows.count * dimension) { floats, initialised in
      unsafe storage.withBytes { bytes in
        for row in rows where dimension > 0 {
          let start = firstRow + row * rowBytes
          let target = unsafe UnsafeMutableBufferPointer(
            rebasing: floats[(row - rows.lowerBound) * dimension..<(row - rows.lowerBound + 1) * dimension])
          unsafe elementType.convert(UnsafeRawBufferPointer(rebasing: bytes[start..<start + width]), to: target)
        }
      }
      initialised = rows.count * dimension
    }
  }

  /// The rows as row numbers, as files of nearest neighbours hold them.
  ///
  /// - Throws: `malformed` for components that are not integers from 0 to 2^32 - 1.
  public func rowNumbers() throws(FileError) -> [[UInt32]] {
    let readers: [ElementType: (UnsafeRawBufferPointer, Int) -> UInt32?] = unsafe [
      .int32: { unsafe UInt32(exactly: Int32(littleEndian: $0.loadUnaligned(fromByteOffset: $1, as: Int32.self))) },
      .uint32: { unsafe UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: $1, as: UInt32.self)) },
      .int64: { unsafe UInt32(exactly: Int64(littleEndian: $0.loadUnaligned(fromByteOffset: $1, as: Int64.self))) },
      .uint64: { unsafe UInt32(exactly: UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: $1, as: UInt64.self))) },
    ]
    guard let read = unsafe readers[elementType] else {
      throw .malformed(path: path, offset: firstRow, reason: "row numbers are integers, this file holds \(elementType)")
    }
    return try unsafe storage.withBytes { bytes throws(FileError) in
      var rows: [[UInt32]] = []
      rows.reserveCapacity(count)
      for row in 0..<count {
        var numbers: [UInt32] = []
        numbers.reserveCapacity(dimension)
        for column in 0..<dimension {
          let offset = firstRow + row * rowBytes + column * elementType.byteCount
          guard let number = unsafe read(bytes, offset) else {
            throw .malformed(path: path, offset: offset, reason: "row \(row) holds a number that is no row number")
          }
          numbers.append(number)
        }
        rows.append(numbers)
      }
      return rows
    }
  }
}
