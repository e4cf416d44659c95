extension VectorFile {
  private static let floatEndings = [".fvecs", ".fbin", ".npy"]

  /// Whether rows of floats can be written to a file of this name.
  public static func isWritable(_ path: String) -> Bool { floatEndings.contains(where: path.hasSuffix) }

  /// Writes rows of floats; the ending says in which format: `.fvecs`, `.fbin` or `.npy`. The file appears complete or
  /// not at all.
  ///
  /// - Precondition: `values.count` is a multiple of `dimension`.
  public static func write(_ values: [Float], dimension: Int, to path: String) throws(FileError) {
    try write(values.map(\.bitPattern), dimension: dimension, numpyType: "<f4", floatEndings, to: path)
  }

  /// Writes rows of row numbers; the ending says in which format: `.ivecs`, `.ibin` or `.npy`.
  ///
  /// - Precondition: all rows have equally many numbers.
  public static func write(_ rows: [[UInt32]], to path: String) throws(FileError) {
    let dimension = rows.first?.count ?? 0
    precondition(rows.allSatisfy { $0.count == dimension }, "rows of different lengths")
    try write(Array(rows.joined()), dimension: dimension, numpyType: "<u4", [".ivecs", ".ibin", ".npy"], to: path)
  }

  private static func write(
    _ words: [UInt32], dimension: Int, numpyType: String, _ endings: [String], to path: String
  ) throws(FileError) {
    precondition(words.isEmpty || (dimension > 0 && words.count.isMultiple(of: dimension)))
    let count = dimension == 0 ? 0 : words.count / dimension
    guard let ending = endings.first(where: path.hasSuffix) else {
      throw .malformed(path: path, offset: 0, reason: "these rows are written to \(endings.joined(separator: ", "))")
    }
    try AtomicFile.write(to: path) { writer throws(FileError) in
      if ending == ".npy" { try writer.write(numpyHeader(numpyType, count: count, dimension: dimension)) }
      if ending.hasSuffix("bin") { try writer.write(littleEndian([UInt32(count), UInt32(dimension)])) }
      for row in 0..<count {
        if ending.hasSuffix("vecs") { try writer.write(littleEndian([UInt32(dimension)])) }
        try writer.write(littleEndian(words[row * dimension..<(row + 1) * dimension]))
      }
    }
  }

  private static func littleEndian(_ words: some Collection<UInt32>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 * words.count)
    for word in words {
      for byte in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(8 * byte))) }
    }
    return bytes
  }

  private static func numpyHeader(_ type: String, count: Int, dimension: Int) -> [UInt8] {
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(count), \(dimension)), }"
    // The data starts at a multiple of 64.
    let length = (header.utf8.count + 1 + 10 + 63) / 64 * 64 - 10
    header += String(repeating: " ", count: length - 1 - header.utf8.count) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xff), UInt8(length >> 8)] + Array(header.utf8)
  }
}
