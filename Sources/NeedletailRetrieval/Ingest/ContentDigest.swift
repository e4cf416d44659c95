internal import Crypto
internal import Foundation
internal import NeedletailCore

/// SHA-256 of contents, in hexadecimal.
enum ContentDigest {
  /// Of a whole file, read piece by piece.
  static func of(_ file: SourceFile) throws(ReadingProblem) -> String {
    var digest = SHA256()
    var pieces = try file.pieces()
    while let piece = try pieces.next() { digest.update(data: piece) }
    return hexadecimal(digest.finalize())
  }

  /// Of a record: of everything that is stored of it.
  static func of(_ document: ReadDocument) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    var digest = SHA256()
    for text in [document.title, document.text] {
      // Lengths in between, so that no two different records run together into one.
      digest.update(data: Data("\(text.utf8.count):".utf8))
      digest.update(data: Data(text.utf8))
    }
    digest.update(data: try encoder.encode(document.payload))
    return hexadecimal(digest.finalize())
  }

  private static func hexadecimal(_ digest: SHA256.Digest) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
