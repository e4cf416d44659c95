internal import CZlib

/// One running decompression of zlib; the only place that touches its stream structure.
@safe final class Inflater {
  enum Framing: Int32 {
    /// RFC 1952 with its checksum. (zlib: window bits 15, plus 16 for gzip.)
    case gzip = 31
  }

  enum State {
    case moreToCome
    case memberEnded
  }

  /// Why the data cannot be inflated.
  struct Flaw: Error {
    var reason: String
  }

  // zlib keeps a pointer to the structure, so it needs a place of its own.
  private let stream: UnsafeMutablePointer<z_stream>

  /// Fails if there is no memory.
  init?(framing: Framing) {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let code = unsafe inflateInit2_(stream, framing.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else { return nil }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Inflates from `input[position...]` until the input is used up, the member ends, or `limit` bytes came out.
  func inflate(_ input: [UInt8], from position: inout Int, limit: Int) throws(Flaw) -> (output: [UInt8], state: State) {
    var code = Z_OK
    let start = position
    var used = 0
    let output = unsafe [UInt8](unsafeUninitializedCapacity: limit) { output, count in
      unsafe input.withUnsafeBufferPointer { input in
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.advanced(by: start))
        unsafe stream.pointee.avail_in = UInt32(input.count - start)
        unsafe stream.pointee.next_out = output.baseAddress
        unsafe stream.pointee.avail_out = UInt32(limit)
        code = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
        used = unsafe input.count - start - Int(stream.pointee.avail_in)
        count = unsafe limit - Int(stream.pointee.avail_out)
      }
    }
    position += used
    switch code {
    case Z_STREAM_END: return (output, .memberEnded)
    case Z_OK, Z_BUF_ERROR: return (output, .moreToCome)
    case Z_MEM_ERROR: throw Flaw(reason: "there is not enough memory to inflate it")
    default: throw Flaw(reason: unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "the compressed data is corrupt")
    }
  }
}
