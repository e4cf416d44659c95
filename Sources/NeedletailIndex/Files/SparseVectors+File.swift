public import NeedletailCore
internal import NeedletailNumerics

extension SparseVectors {
  /// Reads vectors from a `.csr` file, the format of the sparse track of the big-ANN benchmarks: three 64-bit numbers, rows,
  /// columns and entries; where each row begins, one 64-bit number more than rows; the terms, 32-bit; the weights, 32-bit
  /// floats. Little-endian. The terms of a row may be in any order.
  ///
  /// - Throws: `IndexError.file` if it cannot be opened or is cut off; `invalidParameter` if its rows are not sound.
  public init(contentsOf path: String) throws(IndexError) {
    let file: MappedFile
    do throws(FileError) { file = try MappedFile(path: path) } catch { throw .file(error) }
    func malformed(_ offset: Int, _ reason: String) -> IndexError {
      .file(.malformed(path: path, offset: offset, reason: reason))
    }
    let bytes = unsafe file.bytes
    guard bytes.count >= 24 else { throw malformed(0, "it is shorter than a header") }
    func number(_ offset: Int) -> Int { unsafe Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self))) }
    func word(_ offset: Int) -> UInt32 { unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
    let (rowCount, dimension, entryCount) = (number(0), number(8), number(16))
    guard (0...maximumRowCount).contains(rowCount), (0...Self.largestDimension).contains(dimension),
      (0...Int(UInt32.max)).contains(entryCount), bytes.count == 24 + 8 * (rowCount + 1) + 8 * entryCount
    else { throw malformed(0, "its length does not fit the numbers of rows and entries in front") }
    let termStart = 24 + 8 * (rowCount + 1)
    let weightStart = termStart + 4 * entryCount
    self.init(dimension: dimension)
    var start = 0
    for row in 0..<rowCount {
      let end = number(24 + 8 * (row + 1))
      guard number(24 + 8 * row) == start, start <= end, end <= entryCount else {
        throw malformed(24 + 8 * row, "row \(row) does not begin where the one before it ends")
      }
      let entries = (start..<end).map { place in
        (term: word(termStart + 4 * place), weight: Float(bitPattern: word(weightStart + 4 * place)))
      }
      do throws(SparseVectorError) { try append(SparseVector(entries)) } catch {
        throw malformed(24 + 8 * row, "row \(row): \(error)")
      }
      start = end
    }
  }

  /// Writes the rows to a `.csr` file.
  public func write(to path: String) throws(IndexError) {
    do throws(FileError) {
      try AtomicFile.write(to: path) { writer throws(FileError) in
        var header = ByteWriter()
        for number in [count, dimension, terms.count] + offsets { header.append(UInt64(number)) }
        try writer.write(header.bytes)
        try Self.write(terms, to: &writer) { $0 }
        try Self.write(weights, to: &writer, \.bitPattern)
      }
    } catch {
      throw .file(error)
    }
  }

  private static func write<Element>(
    _ elements: [Element], to writer: inout AtomicFile.Writer, _ word: (Element) -> UInt32
  ) throws(FileError) {
    for start in stride(from: 0, to: elements.count, by: 4096) {
      var bytes = ByteWriter()
      for element in elements[start..<min(start + 4096, elements.count)] { bytes.append(word(element)) }
      try writer.write(bytes.bytes)
    }
  }
}
