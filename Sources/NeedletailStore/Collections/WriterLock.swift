#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif
internal import Foundation
internal import Synchronization

/// The right to write to a collection: an advisory lock on a file that names the holder.
///
/// The system lets go of the lock when the process ends, however it ends, so a lock never has to be broken by hand.
package final class WriterLock: Sendable {
  private let descriptor: Mutex<Int32?>

  /// Takes the lock or throws at once; it never waits.
  package init(path: String, collection: String) throws(StoreError) {
    let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard file >= 0 else {
      throw FileSystem.isForbidden(errno) ? .readOnly(path: path) : .cannotAccess(path: path, reason: unsafe String(cString: strerror(errno)))
    }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let holder = Self.holder(file)
      close(file)
      throw .writerElsewhere(name: collection, process: holder)
    }
    // A lock without the name of its holder still locks: a full disk must not keep anybody from opening.
    let name = "\(getpid())\n"
    if ftruncate(file, 0) == 0 { _ = unsafe pwrite(file, name, name.utf8.count, 0) }
    descriptor = Mutex(file)
  }

  deinit { release() }

  /// Lets others write. Doing it again is harmless.
  package func release() {
    let file = descriptor.withLock { held -> Int32? in
      defer { held = nil }
      return held
    }
    guard let file else { return }
    // Closing alone would leave the lock with a child that was forked and has not yet closed its copy.
    flock(file, LOCK_UN)
    close(file)
  }

  /// The number of the process that wrote its name into the lock file.
  private static func holder(_ file: Int32) -> Int32? {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(file, $0.baseAddress, $0.count, 0) }
    guard count > 0 else { return nil }
    let text = String(decoding: bytes[..<count], as: UTF8.self)
    return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
