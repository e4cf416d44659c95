internal import Foundation

/// The contents to read: a file on disk, or bytes at hand that stand for one.
public struct SourceFile: Sendable {
  /// Where it is, or a name that tells the format.
  public let path: String
  private let bytes: [UInt8]?

  /// A file on disk; it is opened when it is read.
  public init(path: String) {
    self.path = path
    bytes = nil
  }

  /// Bytes that stand for a file of this name.
  public init(path: String, contents: [UInt8]) {
    self.path = path
    bytes = contents
  }

  /// The last component of the path.
  public var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  /// The name without its extension, for documents that do not name themselves.
  public var stem: String {
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }

  /// Up to `limit` bytes from the beginning.
  public func head(limit: Int = 8192) throws(ReadingProblem) -> [UInt8] {
    var pieces = try pieces(of: limit)
    return try pieces.next() ?? []
  }

  /// All bytes.
  ///
  /// - Throws: `ReadingProblem.tooLarge` if there are more than `limit`.
  public func contents(limit: Int) throws(ReadingProblem) -> [UInt8] {
    var contents: [UInt8] = []
    var pieces = try pieces()
    while let piece = try pieces.next() {
      contents += piece
      guard contents.count <= limit else { throw .tooLarge(bytes: contents.count, limit: limit) }
    }
    return contents
  }

  /// The bytes in order, in pieces of this size that are read as they are asked for.
  public func pieces(of size: Int = 1 << 20) throws(ReadingProblem) -> FilePieces {
    if let bytes { return FilePieces(bytes: bytes, size: size) }
    do { return FilePieces(handle: try FileHandle(forReadingFrom: URL(fileURLWithPath: path)), size: size) } catch {
      throw .unreadable(reason: error.localizedDescription)
    }
  }

  /// The path of a file on disk with these contents, for programs that want one.
  func withPath<Result>(_ body: (String) throws(ReadingProblem) -> Result) throws(ReadingProblem) -> Result {
    guard let bytes else { return try body(path) }
    let temporary = FileManager.default.temporaryDirectory.appendingPathComponent("needletail-\(UUID().uuidString)").path
    do { try Data(bytes).write(to: URL(fileURLWithPath: temporary)) } catch { throw .unreadable(reason: "\(error.localizedDescription)") }
    defer { try? FileManager.default.removeItem(atPath: temporary) }
    return try body(temporary)
  }
}

/// Reads a file piece by piece.
public struct FilePieces {
  private let size: Int
  private var bytes: [UInt8] = []
  private var position = 0
  /// Closes the file when nobody reads it any more.
  private var handle: FileHandle?

  init(bytes: [UInt8], size: Int) {
    self.bytes = bytes
    self.size = max(1, size)
  }

  init(handle: FileHandle, size: Int) {
    self.handle = handle
    self.size = max(1, size)
  }

  /// The next bytes, never none; nil at the end.
  public mutating func next() throws(ReadingProblem) -> [UInt8]? {
    guard let handle else {
      guard position < bytes.count else { return nil }
      let start = position
      position = min(start + size, bytes.count)
      return Array(bytes[start..<position])
    }
    do {
      guard let piece = try handle.read(upToCount: size), !piece.isEmpty else { return nil }
      return Array(piece)
    } catch { throw .unreadable(reason: error.localizedDescription) }
  }
}
