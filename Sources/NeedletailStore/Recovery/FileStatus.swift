#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif
internal import NeedletailNumerics

/// What the system says about files, and the two operations durability rests on: sync and rename.
enum FileStatus {
  /// No space, or no quota.
  static func isFull(_ code: Int32) -> Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }

  /// The permissions or the mount forbid it.
  static func isForbidden(_ code: Int32) -> Bool { code == EACCES || code == EROFS || code == EPERM }

  /// The length of a file, or nil if there is none.
  static func size(of path: String) -> Int? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    return Int(status.st_size)
  }

  /// Whether entries may be made in the folder.
  static func isWritable(folder path: String) -> Bool { unsafe access(path, W_OK) == 0 }

  /// Gives a finished file its final name so that it is either there completely or not at all, whatever happens.
  static func publish(_ temporary: String, as path: String, in folder: String) throws(FileError) {
    try synchronize(temporary)
    guard unsafe rename(temporary, path) == 0 else { throw .cannotWrite(path: path, code: errno) }
    try synchronize(folder)
  }

  /// Moves a file aside; what stood at the target is replaced.
  static func move(_ path: String, to target: String) throws(FileError) {
    guard unsafe rename(path, target) == 0 else { throw .cannotWrite(path: target, code: errno) }
  }

  /// Removes a file; one that is not there counts as removed.
  static func remove(_ path: String) { _ = unsafe unlink(path) }

  private static func synchronize(_ path: String) throws(FileError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .cannotOpen(path: path, code: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .cannotWrite(path: path, code: errno) }
  }
}
