/// Reads a text file line by line, compressed by gzip or not, in bounded memory.
///
/// Lines end with LF or CR LF; a byte order mark in front of the first is dropped; the last needs no end.
public struct LineReader: ~Copyable {
  /// The number of the line last returned, from 1; 0 before the first.
  public private(set) var lineNumber = 0

  private var reader: GzipReader
  private var chunk: ArraySlice<UInt8> = []
  /// Position in the (inflated) text of the line last returned.
  private var lineOffset = 0
  private var nextOffset = 0
  private let maximumLineByteCount: Int

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: of the file, which may be compressed by gzip.
  ///   - maximumLineByteCount: a longer line is an error, so that hostile or binary input cannot fill the memory.
  public init(path: String, maximumLineByteCount: Int = 64 << 20) throws(FileError) {
    reader = try GzipReader(path: path)
    self.maximumLineByteCount = maximumLineByteCount
  }

  /// Where the file was opened.
  public var path: String { reader.path }

  /// The bytes of the next line without its end; nil after the last.
  public mutating func nextBytes() throws(FileError) -> [UInt8]? {
    var line: [UInt8] = []
    lineOffset = nextOffset
    while true {
      if chunk.isEmpty {
        chunk = try reader.read()[...]
        if chunk.isEmpty { return line.isEmpty ? nil : finish(line) }
      }
      let lineEnd = chunk.firstIndex(of: UInt8(ascii: "\n"))
      let piece = chunk[..<(lineEnd ?? chunk.endIndex)]
      guard line.count + piece.count <= maximumLineByteCount else {
        throw malformed("line \(lineNumber + 1) is longer than \(maximumLineByteCount) bytes")
      }
      line += piece
      nextOffset += piece.count + (lineEnd == nil ? 0 : 1)
      chunk = lineEnd.map { chunk[($0 + 1)...] } ?? []
      if lineEnd != nil { return finish(line) }
    }
  }

  /// The next line without its end; nil after the last. Bytes that are not UTF-8 are `FileError.malformed`.
  public mutating func next() throws(FileError) -> String? {
    guard let bytes = try nextBytes() else { return nil }
    guard let line = String(validating: bytes, as: UTF8.self) else { throw malformed("line \(lineNumber) is not UTF-8") }
    return line
  }

  private func malformed(_ reason: String) -> FileError {
    .malformed(path: path, offset: lineOffset, reason: reason)
  }

  private mutating func finish(_ line: [UInt8]) -> [UInt8] {
    lineNumber += 1
    var line = line
    if lineNumber == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    return line
  }
}
