internal import CBlockReads
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Reads blocks of a file into memory, many at a time.
///
/// A disk answers sixteen reads together in little more than the time of one, if it hears of all of them. Where the system
/// has rings for that (io_uring of Linux), one call asks for all and waits for all; otherwise some threads read one each.
/// The file must not change while it is open.
package final class BlockReader: Sendable {
  /// One block to read.
  @safe package struct Request {
    let read: needletail_block_read

    /// - Parameter target: where `byteCount` bytes have room until the read has returned.
    package init(offset: Int, byteCount: Int, into target: UnsafeMutableRawPointer) {
      unsafe read = unsafe needletail_block_read(target: target, offset: UInt64(offset), length: UInt32(byteCount))
    }
  }

  package enum Method: String, Sendable {
    case rings, threads
  }

  package let path: String
  /// The length of the file in bytes.
  package let count: Int
  package let method: Method
  private let descriptor: Int32
  // Addresses as integers are Sendable; a ring is here or with one borrower.
  private let rings: Mutex<[UInt]>

  private static let ringDepth: UInt32 = 32
  private static let threads = WorkerPool(threadCount: 8)

  /// Opens a file.
  ///
  /// - Parameter method: how to read; nil for rings where there are any.
  package init(path: String, by method: Method? = nil) throws(FileError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .cannotOpen(path: path, code: errno) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw .cannotOpen(path: path, code: code)
    }
    #if !canImport(Darwin)
      // Reading ahead would double what is read.
      _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_RANDOM)
    #endif
    self.path = path
    count = Int(status.st_size)
    self.descriptor = descriptor
    let ring = unsafe method == .threads ? nil : needletail_ring_open(Self.ringDepth)
    self.method = unsafe ring == nil ? .threads : .rings
    let first = UInt(bitPattern: ring)
    rings = Mutex(first == 0 ? [] : [first])
  }

  deinit {
    for ring in rings.withLock({ $0 }) { unsafe needletail_ring_close(OpaquePointer(bitPattern: ring)) }
    close(descriptor)
  }

  /// Reads all blocks and returns when they are there.
  package func read(_ requests: [Request]) throws(FileError) {
    guard !requests.isEmpty else { return }
    guard method == .rings, let ring = unsafe borrowedRing() else { return try readByThreads(requests) }
    let code = unsafe requests.withUnsafeBufferPointer { requests in
      unsafe requests.withMemoryRebound(to: needletail_block_read.self) {
        unsafe needletail_ring_read(ring, descriptor, $0.baseAddress, $0.count)
      }
    }
    let address = UInt(bitPattern: ring)
    rings.withLock { $0.append(address) }
    try check(code)
  }

  private func borrowedRing() -> OpaquePointer? {
    if let address = rings.withLock({ $0.popLast() }) { return unsafe OpaquePointer(bitPattern: address) }
    return unsafe needletail_ring_open(Self.ringDepth)
  }

  private func check(_ code: Int32) throws(FileError) {
    guard code != 0 else { return }
    guard code > 0 else { throw .malformed(path: path, offset: count, reason: "it ends within a block") }
    throw .cannotOpen(path: path, code: code)
  }

  private func readByThreads(_ requests: [Request]) throws(FileError) {
    let failure = Mutex<Int32>(0)
    unsafe requests.withUnsafeBufferPointer { requests in
      nonisolated(unsafe) let requests = unsafe requests
      unsafe Self.threads.forEach(requests.count) { number in
        let code = unsafe readWhole(requests[number].read)
        if code != 0 { failure.withLock { $0 = code } }
      }
    }
    try check(failure.withLock { $0 })
  }

  @unsafe private func readWhole(_ read: needletail_block_read) -> Int32 {
    let length = unsafe Int(read.length)
    var done = 0
    while done < length {
      let count = unsafe pread(descriptor, read.target + done, length - done, off_t(read.offset) + off_t(done))
      if count == 0 { return -1 }
      if count < 0 {
        if errno == EINTR { continue }
        return errno
      }
      done += count
    }
    return 0
  }
}
