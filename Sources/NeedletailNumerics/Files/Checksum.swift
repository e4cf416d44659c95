internal import CZlib

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// CRC-32 (ISO-HDLC, the one of gzip and PNG): finds damage of storage and transport, not malice.
public enum Checksum {
  /// The checksum of some bytes; that of `first + second` with `first`'s given as `previous`.
  public static func crc32(_ bytes: [UInt8], continuing previous: UInt32 = 0) -> UInt32 {
    unsafe bytes.withUnsafeBytes { unsafe crc32($0, continuing: previous) }
  }

  @unsafe package static func crc32(_ bytes: UnsafeRawBufferPointer, continuing previous: UInt32 = 0) -> UInt32 {
    guard let start = bytes.baseAddress else { return previous }
    return UInt32(unsafe crc32_z(UInt(previous), start.assumingMemoryBound(to: UInt8.self), bytes.count))
  }

  /// The same, with large inputs cut in pieces that the pool's threads sum.
  @unsafe package static func crc32(_ bytes: UnsafeRawBufferPointer, pool: WorkerPool) -> UInt32 {
    let pieceBytes = 4 << 20
    let pieceCount = (bytes.count + pieceBytes - 1) / pieceBytes
    guard pieceCount > 1, pool.threadCount > 1 else { return unsafe crc32(bytes) }
    let sums = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: pieceCount)
    defer { unsafe sums.deallocate() }
    nonisolated(unsafe) let (source, results) = unsafe (bytes, sums)
    pool.forEach(pieceCount) { piece in
      let range = unsafe piece * pieceBytes..<min(source.count, (piece + 1) * pieceBytes)
      unsafe results[piece] = unsafe crc32(UnsafeRawBufferPointer(rebasing: source[range]))
    }
    var whole = unsafe UInt(sums[0])
    for piece in 1..<pieceCount {
      let length = min(bytes.count - piece * pieceBytes, pieceBytes)
      whole = unsafe crc32_combine(whole, UInt(sums[piece]), length)
    }
    return UInt32(whole)
  }
}
