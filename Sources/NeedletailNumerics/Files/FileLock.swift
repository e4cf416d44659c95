#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// An exclusive lock between processes, held while the value lives; the system lets go of it when the process dies.
///
/// The file stays behind: deleting it would let two processes lock two different files of the same name.
public struct FileLock: ~Copyable {
  private let descriptor: Int32

  /// Takes the lock without waiting, making the file if needed.
  ///
  /// - Returns: nil if somebody else holds it (another process, or another `FileLock` of this one).
  public init?(path: String) throws(FileError) {
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .cannotWrite(path: path, code: errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      if code == EWOULDBLOCK { return nil }
      throw .cannotWrite(path: path, code: code)
    }
  }

  /// Lets go. Writing it at the end of the protected work says until where the lock is held.
  public consuming func release() {}

  deinit { if descriptor >= 0 { close(descriptor) } }
}
