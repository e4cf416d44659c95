#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif
internal import Synchronization

/// Writes whole files that appear complete or not at all.
///
/// The bytes go to a temporary file beside the destination, are forced to the disk, and take the destination's name in
/// one step; then the directory is forced too. A crash or a full disk leaves the old file, or none, and at worst a file
/// with the ending `.partial` that nobody reads.
public enum AtomicFile {
  /// Makes or replaces the file at `path` with what `body` writes. When `body` or the disk fails, nothing is left.
  public static func write(
    to path: String, _ body: (inout Writer) throws(FileError) -> Void
  ) throws(FileError) {
    let number = serial.add(1, ordering: .relaxed).newValue
    let temporary = "\(path).\(getpid())-\(number).partial"
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .cannotWrite(path: path, code: errno) }
    do throws(FileError) {
      try fill(descriptor, path: path, body)
      guard unsafe rename(temporary, path) == 0 else { throw .cannotWrite(path: path, code: errno) }
    } catch {
      unsafe unlink(temporary)
      throw error
    }
    forceDirectory(of: path)
  }

  private static let serial = Atomic<Int>(0)

  private static func fill(
    _ descriptor: Int32, path: String, _ body: (inout Writer) throws(FileError) -> Void
  ) throws(FileError) {
    defer { close(descriptor) }
    var writer = Writer(descriptor: descriptor, path: path)
    try body(&writer)
    try writer.flush()
    guard force(descriptor) else { throw .cannotWrite(path: path, code: errno) }
  }

  private static func force(_ descriptor: Int32) -> Bool {
    #if canImport(Darwin)
      if fcntl(descriptor, F_FULLFSYNC) == 0 { return true }  // fsync alone stops at the drive's cache
    #endif
    return fsync(descriptor) == 0
  }

  // The new name survives a crash only once its directory does. File systems that cannot force a directory refuse; the
  // file itself is complete then all the same.
  private static func forceDirectory(of path: String) {
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let descriptor = unsafe open(directory, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = force(descriptor)
    close(descriptor)
  }
}

extension AtomicFile {
  /// Takes the bytes of a file in order.
  public struct Writer: ~Copyable {
    private let descriptor: Int32
    private let path: String
    private var pending: [UInt8] = []
    /// How many bytes were written so far.
    public private(set) var count = 0

    package init(descriptor: Int32, path: String) {
      self.descriptor = descriptor
      self.path = path
    }

    /// Appends bytes.
    public mutating func write(_ bytes: [UInt8]) throws(FileError) {
      try unsafe bytes.span.bytes.withUnsafeBytes { bytes throws(FileError) in try unsafe write(bytes) }
    }

    @unsafe package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
      count += bytes.count
      if pending.count + bytes.count <= Self.bufferBytes {
        unsafe pending.append(contentsOf: bytes)
      } else {
        try flush()
        try unsafe send(bytes)
      }
    }

    package mutating func flush() throws(FileError) {
      guard !pending.isEmpty else { return }
      let bytes = pending
      pending.removeAll(keepingCapacity: true)
      try unsafe bytes.span.bytes.withUnsafeBytes { bytes throws(FileError) in try unsafe send(bytes) }
    }

    private static let bufferBytes = 1 << 16

    private func send(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
      var rest = unsafe bytes[...]
      while unsafe !rest.isEmpty {
        // One call is limited to 2 GiB on some systems.
        let piece = unsafe UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
        let written = unsafe Self.systemWrite(descriptor, piece)
        if written < 0 {
          if errno == EINTR { continue }
          throw .cannotWrite(path: path, code: errno)
        }
        unsafe rest = unsafe rest.dropFirst(written)
      }
    }

    // Inside this type, plain `write` means the methods above.
    private static func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
      #if canImport(Glibc)
        unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
      #elseif canImport(Musl)
        unsafe Musl.write(descriptor, bytes.baseAddress, bytes.count)
      #else
        unsafe Darwin.write(descriptor, bytes.baseAddress, bytes.count)
      #endif
    }
  }
}
