internal import Foundation
internal import Synchronization

/// A file to which lines are appended, from any thread, each whole.
final class LineFile: Sendable {
  /// Why the file cannot be used.
  struct Failure: Error { var reason: String }

  private let handle: Mutex<FileHandle>
  let path: String

  /// Opens the file, or makes one that only its owner can read.
  init(path: String) throws(Failure) {
    self.path = path
    if !FileManager.default.fileExists(atPath: path) {
      _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
    }
    guard let handle = FileHandle(forWritingAtPath: path) else { throw Failure(reason: "it cannot be written to") }
    do {
      try handle.seekToEnd()
    } catch {
      throw Failure(reason: error.localizedDescription)
    }
    self.handle = Mutex(handle)
  }

  /// Appends a line.
  func append(_ line: JSONText) throws {
    let bytes = Data(line.bytes + [UInt8(ascii: "\n")])
    try handle.withLock { try $0.write(contentsOf: bytes) }
  }
}
