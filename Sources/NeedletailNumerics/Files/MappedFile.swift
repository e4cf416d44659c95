#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A file seen as memory, read only. Opening costs no reading; pages come in as they are touched.
///
/// The mapping lives as long as the object. A file that is truncated by others while mapped raises a bus error on
/// access, so only files that are written once and renamed into place may be mapped.
public final class MappedFile: Sendable {
  /// Where the file was opened.
  public let path: String
  /// Its length in bytes.
  public let count: Int

  // An address as an integer is Sendable; the mapping is immutable for the lifetime of this object.
  private let address: UInt

  /// Maps the whole file.
  public init(path: String) throws(FileError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .cannotOpen(path: path, code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .cannotOpen(path: path, code: errno) }
    self.path = path
    count = Int(status.st_size)
    guard count > 0 else {
      address = 0
      return
    }
    let mapping = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let mapping = unsafe mapping, unsafe mapping != MAP_FAILED else { throw .cannotOpen(path: path, code: errno) }
    address = UInt(bitPattern: mapping)
  }

  deinit {
    if address != 0 { unsafe munmap(UnsafeMutableRawPointer(bitPattern: address), count) }
  }

  /// Calls the closure with the bytes; they must not escape it.
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    unsafe try body(bytes)
  }

  /// The bytes, valid while this object lives. Whoever stores the buffer must also keep the object.
  @unsafe public var bytes: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: count)
  }

  /// How the pages will be used.
  public enum Advice: Sendable {
    case sequential, random, willNeed
  }

  /// Tells the system how the pages will be used; a hint, never an error.
  public func advise(_ advice: Advice) {
    guard address != 0 else { return }
    let code =
      switch advice {
      case .sequential: MADV_SEQUENTIAL
      case .random: MADV_RANDOM
      case .willNeed: MADV_WILLNEED
      }
    _ = unsafe madvise(UnsafeMutableRawPointer(bitPattern: address), count, Int32(code))
  }
}
