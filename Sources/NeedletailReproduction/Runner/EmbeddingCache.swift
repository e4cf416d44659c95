internal import Crypto
internal import Foundation
internal import NeedletailCore
internal import NeedletailNumerics

/// Vectors of texts that were embedded before, by model, precision, role and texts.
///
/// A cache: what cannot be read or written is embedded anew, and any file of it may be deleted at any time. A file is the CRC-32
/// of its numbers, then the numbers.
struct EmbeddingCache: Sendable {
  let folder: String

  /// Identifies a list of texts embedded by a model; lengths stand between the texts, so that no two lists run together.
  static func key(of texts: [String], as role: Role, model: String, precision: String) -> String {
    var digest = SHA256()
    digest.update(data: Data("\(model)/\(precision)/\(role)/\(texts.count)\n".utf8))
    for text in texts {
      digest.update(data: Data("\(text.utf8.count):".utf8))
      digest.update(data: Data(text.utf8))
    }
    return digest.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  func vectors(for key: String, count: Int, dimension: Int) -> DenseVectors? {
    guard let data = FileManager.default.contents(atPath: path(key)), data.count == 4 + count * dimension * 4 else { return nil }
    let bytes = [UInt8](data.dropFirst(4))
    guard Array(data.prefix(4)) == Self.bytes(of: Checksum.crc32(bytes)) else { return nil }
    var values: [Float] = []
    values.reserveCapacity(count * dimension)
    for start in stride(from: 0, to: bytes.count, by: 4) {
      let bits = UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2]) << 16 | UInt32(bytes[start + 3]) << 24
      values.append(Float(bitPattern: bits))
    }
    return DenseVectors(dimension: dimension, values: values)
  }

  func keep(_ vectors: DenseVectors, for key: String) {
    let bytes = vectors.values.flatMap { Self.bytes(of: $0.bitPattern) }
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try? AtomicFile.write(to: path(key)) { writer throws(FileError) in
      try writer.write(Self.bytes(of: Checksum.crc32(bytes)))
      try writer.write(bytes)
    }
  }

  private func path(_ key: String) -> String { "\(folder)/\(key).vectors" }

  private static func bytes(of word: UInt32) -> [UInt8] {
    [UInt8(truncatingIfNeeded: word), UInt8(truncatingIfNeeded: word >> 8), UInt8(truncatingIfNeeded: word >> 16), UInt8(truncatingIfNeeded: word >> 24)]
  }
}
