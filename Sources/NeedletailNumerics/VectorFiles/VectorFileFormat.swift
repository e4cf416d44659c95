/// The arrangement of bytes that a file of vectors has by its ending.
enum VectorFileFormat {
  /// Every row with its length in front.
  case lengthInFront(ElementType)
  /// The number of rows and of columns in front of all.
  case shapeInFront(ElementType)
  case numpy

  static let endings = [".fvecs", ".bvecs", ".ivecs", ".fbin", ".u8bin", ".i8bin", ".ibin", ".npy"]

  init?(path: String) {
    switch path.lastIndex(of: ".").map({ path[path.index(after: $0)...].lowercased() }) {
    case "fvecs": self = .lengthInFront(.float32)
    case "bvecs": self = .lengthInFront(.uint8)
    case "ivecs": self = .lengthInFront(.int32)
    case "fbin": self = .shapeInFront(.float32)
    case "u8bin": self = .shapeInFront(.uint8)
    case "i8bin": self = .shapeInFront(.int8)
    case "ibin": self = .shapeInFront(.int32)
    case "npy": self = .numpy
    default: return nil
    }
  }

  /// Where the rows of a file are.
  struct Layout {
    var count: Int
    var dimension: Int
    var elementType: ElementType
    var firstRow: Int
    var rowBytes: Int
  }

  /// What is wrong with a file, and where.
  struct Flaw: Error {
    var offset: Int
    var reason: String
  }

  func layout(of bytes: UnsafeRawBufferPointer) throws(Flaw) -> Layout {
    switch self {
    case .lengthInFront(let elementType): try unsafe Self.layoutWithLengths(bytes, elementType)
    case .shapeInFront(let elementType): try unsafe Self.layoutWithShape(bytes, elementType)
    case .numpy: try unsafe Self.numpyLayout(bytes)
    }
  }

  private static func layoutWithLengths(
    _ bytes: UnsafeRawBufferPointer, _ elementType: ElementType
  ) throws(Flaw) -> Layout {
    guard bytes.count > 0 else { return Layout(count: 0, dimension: 0, elementType: elementType, firstRow: 0, rowBytes: 0) }
    let dimension = try unsafe number(bytes, at: 0)
    guard dimension > 0 else { throw Flaw(offset: 0, reason: "its first row has no components") }
    let rowBytes = 4 + dimension * elementType.byteCount
    guard bytes.count.isMultiple(of: rowBytes) else {
      throw Flaw(
        offset: bytes.count / rowBytes * rowBytes,
        reason: "the file ends within a row of \(dimension) components, or its rows differ in length")
    }
    for offset in stride(from: 0, to: bytes.count, by: rowBytes) where try unsafe number(bytes, at: offset) != dimension {
      throw Flaw(offset: offset, reason: "row \(offset / rowBytes) does not have \(dimension) components as the first has")
    }
    return Layout(
      count: bytes.count / rowBytes, dimension: dimension, elementType: elementType, firstRow: 4, rowBytes: rowBytes)
  }

  private static func layoutWithShape(
    _ bytes: UnsafeRawBufferPointer, _ elementType: ElementType
  ) throws(Flaw) -> Layout {
    let count = try unsafe number(bytes, at: 0)
    let dimension = try unsafe number(bytes, at: 4)
    return try rectangle(
      count: count, dimension: dimension, elementType: elementType, firstRow: 8, fileBytes: bytes.count)
  }

  /// A matrix that fills the rest of the file.
  static func rectangle(
    count: Int, dimension: Int, elementType: ElementType, firstRow: Int, fileBytes: Int
  ) throws(Flaw) -> Layout {
    guard dimension > 0 || count == 0 else { throw Flaw(offset: 0, reason: "its rows have no components") }
    let (elements, overflow) = count.multipliedReportingOverflow(by: dimension)
    let (length, overflow2) = elements.multipliedReportingOverflow(by: elementType.byteCount)
    guard !overflow, !overflow2, length == fileBytes - firstRow else {
      throw Flaw(
        offset: firstRow,
        reason: "\(count) rows of \(dimension) components do not take the \(fileBytes - firstRow) bytes that follow")
    }
    return Layout(
      count: count, dimension: dimension, elementType: elementType, firstRow: firstRow,
      rowBytes: dimension * elementType.byteCount)
  }

  /// A 32-bit number that is not negative.
  private static func number(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(Flaw) -> Int {
    guard offset + 4 <= bytes.count else { throw Flaw(offset: offset, reason: "the file ends within a length") }
    let number = unsafe Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
    guard number >= 0 else { throw Flaw(offset: offset, reason: "a length of \(number)") }
    return Int(number)
  }
}
