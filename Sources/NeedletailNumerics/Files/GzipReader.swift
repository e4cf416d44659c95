internal import CZlib

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Reads a file from front to back and inflates it on the way if it is compressed by gzip (RFC 1952).
///
/// The contents decide, not the name; but a file named `.gz` has to be compressed. Several gzip members one after another are
/// one text. A truncated or corrupt file gives `FileError.malformed` at the place where that is noticed; what was read before
/// is valid. Memory: two buffers of 64 KiB.
public struct GzipReader: ~Copyable {
  /// Where the file was opened.
  public let path: String

  private let descriptor: Int32
  private var inflater: Inflater?
  private var buffer: [UInt8] = []
  /// Bytes of `buffer` that were consumed.
  private var consumed = 0
  /// Position in the file of the buffer's first byte.
  private var bufferOrigin = 0

  private static let chunkByteCount = 1 << 16

  /// Opens the file and looks at its first bytes.
  public init(path: String) throws(FileError) {
    self.path = path
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .cannotOpen(path: path, code: errno) }
    try refill()
    if startsMember {
      inflater = try makeInflater()
    } else if path.hasSuffix(".gz") {
      throw flaw("the file is named .gz but is not compressed by gzip")
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The next bytes of the text, at most 64 KiB of them; empty at its end.
  public mutating func read() throws(FileError) -> [UInt8] {
    guard inflater != nil else {
      let text = Array(buffer[consumed...])
      consumed = buffer.count
      if text.isEmpty, try !atEndAfterRefill() { return try read() }
      return text
    }
    while true {
      if consumed == buffer.count, try atEndAfterRefill() { throw flaw("the file ends in the middle of compressed data") }
      let (text, state) = try inflateNext()
      if state == .memberEnded { try startNextMember() }
      if !text.isEmpty || inflater == nil { return text }
    }
  }

  private mutating func inflateNext() throws(FileError) -> ([UInt8], Inflater.State) {
    guard let inflater else { return ([], .memberEnded) }
    do {
      return try inflater.inflate(buffer, from: &consumed, limit: Self.chunkByteCount)
    } catch {
      throw flaw(error.reason)
    }
  }

  /// After a member: another one, or the end. Zeros that pad the file to a block are allowed, anything else is damage.
  private mutating func startNextMember() throws(FileError) {
    inflater = nil
    if consumed + 1 >= buffer.count { try refill(keepingRest: true) }
    if startsMember {
      inflater = try makeInflater()
      return
    }
    while consumed < buffer.count {
      guard buffer[consumed...].allSatisfy({ $0 == 0 }) else { throw flaw("something other than compressed data follows") }
      consumed = buffer.count
      try refill()
    }
  }

  private var startsMember: Bool {
    consumed + 1 < buffer.count && buffer[consumed] == 0x1F && buffer[consumed + 1] == 0x8B
  }

  private func makeInflater() throws(FileError) -> Inflater {
    guard let inflater = Inflater(framing: .gzip) else { throw flaw("there is not enough memory to inflate it") }
    return inflater
  }

  private func flaw(_ reason: String) -> FileError {
    .malformed(path: path, offset: bufferOrigin + consumed, reason: reason)
  }

  private mutating func atEndAfterRefill() throws(FileError) -> Bool {
    try refill()
    return buffer.isEmpty
  }

  private mutating func refill(keepingRest: Bool = false) throws(FileError) {
    let rest = keepingRest ? Array(buffer[consumed...]) : []
    bufferOrigin += buffer.count - rest.count
    consumed = 0
    var code: Int32 = 0
    let next = unsafe [UInt8](unsafeUninitializedCapacity: Self.chunkByteCount) { bytes, count in
      var received = 0
      repeat { received = unsafe Self.readOnce(descriptor, bytes) } while received < 0 && errno == EINTR
      code = received < 0 ? errno : 0
      count = max(0, received)
    }
    guard code == 0 else { throw .cannotOpen(path: path, code: code) }
    buffer = rest + next
  }

  private static func readOnce(_ descriptor: Int32, _ bytes: UnsafeMutableBufferPointer<UInt8>) -> Int {
    #if canImport(Glibc)
      unsafe Glibc.read(descriptor, bytes.baseAddress, bytes.count)
    #elseif canImport(Musl)
      unsafe Musl.read(descriptor, bytes.baseAddress, bytes.count)
    #else
      unsafe Darwin.read(descriptor, bytes.baseAddress, bytes.count)
    #endif
  }
}
