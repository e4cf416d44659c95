// NumPy's format, as its documentation of `numpy.lib.format` describes it: a magic string, a version, the length of a
// header, and the header, which is the text of a Python dictionary with the keys `descr`, `fortran_order` and `shape`.
extension VectorFileFormat {
  private static let numpyMagic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  private static let numpyTypes: [String: ElementType] = [
    "<f4": .float32, "<f2": .float16, "<f8": .float64, "|u1": .uint8, "|i1": .int8, "<u2": .uint16, "<i2": .int16,
    "<u4": .uint32, "<i4": .int32, "<u8": .uint64, "<i8": .int64,
  ]

  static func numpyLayout(_ bytes: UnsafeRawBufferPointer) throws(Flaw) -> Layout {
    guard bytes.count >= 12, unsafe bytes.starts(with: numpyMagic) else {
      throw Flaw(offset: 0, reason: "it does not start as NumPy files do")
    }
    let start = unsafe bytes[6] == 1 ? 10 : 12
    let length =
      unsafe start == 10
      ? Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
      : Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
    guard unsafe (1...3).contains(bytes[6]), length <= min(bytes.count - start, 1 << 16) else {
      throw Flaw(offset: 6, reason: "a version or length of header that NumPy does not write")
    }
    let header = unsafe String(decoding: bytes[start..<start + length], as: UTF8.self)
    guard let type = quoted(after: "'descr':", in: header), let shape = shape(in: header) else {
      throw Flaw(offset: start, reason: "its header does not state the type and shape of an array")
    }
    guard let elementType = numpyTypes[type] else {
      throw Flaw(offset: start, reason: "numbers of type \(type.prefix(20)); save the array as float32")
    }
    guard header.contains("'fortran_order': False") || shape.count < 2 else {
      throw Flaw(offset: start, reason: "columns come first (Fortran order); save numpy.ascontiguousarray of it")
    }
    guard (1...2).contains(shape.count) else {
      throw Flaw(offset: start, reason: "an array of \(shape.count) dimensions; rows of vectors have two")
    }
    return try rectangle(
      count: shape.count == 2 ? shape[0] : 1, dimension: shape.last ?? 0, elementType: elementType,
      firstRow: start + length, fileBytes: bytes.count)
  }

  private static func rest(of header: String, after key: String) -> Substring? {
    guard let range = header.firstRange(of: key) else { return nil }
    return header[range.upperBound...].drop { $0 == " " }
  }

  private static func quoted(after key: String, in header: String) -> String? {
    guard let rest = rest(of: header, after: key), let quote = rest.first, quote == "'" || quote == "\"",
      let end = rest.dropFirst().firstIndex(of: quote)
    else { return nil }
    return String(rest[rest.index(after: rest.startIndex)..<end])
  }

  /// The extents of `(3, 4)`, `(3,)`; nil for anything else.
  private static func shape(in header: String) -> [Int]? {
    guard let rest = rest(of: header, after: "'shape':"), rest.first == "(", let end = rest.firstIndex(of: ")") else {
      return nil
    }
    var extents: [Int] = []
    for piece in rest[rest.index(after: rest.startIndex)..<end].split(separator: ",") {
      let digits = piece.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
      if digits.isEmpty { continue }
      guard let extent = Int(String(digits)), extent >= 0 else { return nil }
      extents.append(extent)
    }
    return extents
  }
}
