internal import Crypto
internal import Foundation
internal import NeedletailNumerics

/// The first 128 bits of the SHA-256 of a text.
struct TextHash: Hashable, Sendable, CustomStringConvertible {
  var high: UInt64
  var low: UInt64

  static let byteCount = 16

  init(_ text: String) { self.init(bytes: Array(SHA256.hash(data: Data(text.utf8)))[...]) }

  /// Of the first 16 bytes.
  init(bytes: ArraySlice<UInt8>) {
    high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    low = bytes.dropFirst(8).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  var bytes: [UInt8] { [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) } } }

  /// 32 hexadecimal digits.
  var description: String { bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }
}

/// A file of the cache: the CRC-32 of what follows, how many texts, how many components, the hashes of the texts, the vectors; numbers
/// little-endian.
struct EmbeddingFile {
  static let suffix = ".vectors"
  private static let headBytes = 12

  var hashes: [TextHash]
  var dimension: Int
  var values: [Float]

  init(hashes: [TextHash], dimension: Int, values: [Float]) {
    self.hashes = hashes
    self.dimension = dimension
    self.values = values
  }

  /// Reads a file; nil if it is not there or damaged.
  init?(path: String) {
    guard let data = FileManager.default.contents(atPath: path), let head = Self.head(data.prefix(Self.headBytes)),
      data.count == Self.headBytes + head.count * (TextHash.byteCount + 4 * head.dimension)
    else { return nil }
    let bytes = [UInt8](data)
    guard Checksum.crc32(Array(bytes[4...])) == head.checksum else { return nil }
    let numbers = Self.headBytes + head.count * TextHash.byteCount
    hashes = Self.hashes(bytes[Self.headBytes..<numbers])
    dimension = head.dimension
    values = (0..<head.count * head.dimension).map { Float(bitPattern: Self.word(bytes, at: numbers + 4 * $0)) }
  }

  /// The hashes of a file, without its vectors, which are checked when they are read.
  static func hashes(path: String) -> [TextHash]? {
    guard let file = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? file.close() }
    guard let start = try? file.read(upToCount: headBytes), let head = head(start), let size = try? file.seekToEnd(),
      size == UInt64(headBytes + head.count * (TextHash.byteCount + 4 * head.dimension)),
      (try? file.seek(toOffset: UInt64(headBytes))) != nil,
      let data = try? file.read(upToCount: head.count * TextHash.byteCount), data.count == head.count * TextHash.byteCount
    else { return nil }
    return hashes([UInt8](data)[...])
  }

  /// Named by its texts, so that a damaged file is replaced by the one that is made in its stead.
  var name: String { TextHash(hashes.map(\.description).joined()).description + Self.suffix }

  /// Writes the file; false if that is not possible.
  func write(to path: String) -> Bool {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + hashes.count * TextHash.byteCount + 4 * values.count)
    Self.append(UInt32(hashes.count), to: &bytes)
    Self.append(UInt32(dimension), to: &bytes)
    for hash in hashes { bytes += hash.bytes }
    for value in values { Self.append(value.bitPattern, to: &bytes) }
    var checksum: [UInt8] = []
    Self.append(Checksum.crc32(bytes), to: &checksum)
    do {
      try FileManager.default.createDirectory(
        at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
      try AtomicFile.write(to: path) { writer throws(FileError) in
        try writer.write(checksum)
        try writer.write(bytes)
      }
      return true
    } catch {
      return false
    }
  }

  /// Nil for sizes that no file of the cache has, so that nothing is multiplied beyond what a machine holds.
  private static func head(_ data: Data) -> (checksum: UInt32, count: Int, dimension: Int)? {
    let bytes = [UInt8](data)
    guard bytes.count == headBytes else { return nil }
    let (count, dimension) = (Int(word(bytes, at: 4)), Int(word(bytes, at: 8)))
    return count <= 1 << 20 && dimension <= 1 << 20 ? (word(bytes, at: 0), count, dimension) : nil
  }

  private static func hashes(_ bytes: ArraySlice<UInt8>) -> [TextHash] {
    stride(from: bytes.startIndex, to: bytes.endIndex, by: TextHash.byteCount).map { TextHash(bytes: bytes[$0..<$0 + TextHash.byteCount]) }
  }

  private static func word(_ bytes: [UInt8], at place: Int) -> UInt32 {
    UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8 | UInt32(bytes[place + 2]) << 16 | UInt32(bytes[place + 3]) << 24
  }

  private static func append(_ word: UInt32, to bytes: inout [UInt8]) {
    for shift: UInt32 in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
  }
}
