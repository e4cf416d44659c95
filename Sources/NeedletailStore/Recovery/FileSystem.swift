#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif
package import NeedletailNumerics

/// What the system says about files.
package enum FileSystem {
  /// No space, or no quota.
  static func isFull(_ code: Int32) -> Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }

  /// The permissions or the mount forbid it.
  static func isForbidden(_ code: Int32) -> Bool { code == EACCES || code == EROFS || code == EPERM }

  /// The length of a file, or nil if there is none.
  package static func size(of path: String) -> Int? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    return Int(status.st_size)
  }

  /// Whether entries may be made in the folder.
  static func isWritable(folder path: String) -> Bool { unsafe access(path, W_OK) == 0 }

  /// Moves a file aside; what stood at the target is replaced.
  package static func move(_ path: String, to target: String) throws(FileError) {
    guard unsafe rename(path, target) == 0 else { throw .cannotWrite(path: target, code: errno) }
  }

  /// Forces a file, or the names in a folder, to the disk. File systems that cannot force a folder refuse, which is no error.
  package static func synchronise(_ path: String) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    close(descriptor)
  }

  /// Removes a file; one that is not there counts as removed.
  package static func remove(_ path: String) { _ = unsafe unlink(path) }
}
