import Foundation
import NeedletailNumerics
import Testing

@Suite struct GzipReaderTests {
  private let folder: TemporaryFolder

  /// Made by Python's gzip module at level 9: 40 times the phrase, a line that ends in CR LF, an empty one, one without an end.
  private static let compressed = Array(
    Data(base64Encoded: "H4sIAAAAAAAC/8tLTU3JSVXIzFNIVMhIrCwuSUzO1lHIGxUdFR0VpYEoV3Fqcn5eikJOZl4qLxdXTmJxiUJ5ZklGfmmJQmpeCgDYL9KwjwMAAA==")
      ?? Data())
  private static let text =
    String(repeating: "needle in a haystack, ", count: 40) + "\nsecond line\r\n\nlast without end"

  init() throws { folder = try TemporaryFolder() }

  private func contents(_ path: String) throws(FileError) -> [UInt8] {
    var reader = try GzipReader(path: path)
    var contents: [UInt8] = []
    while true {
      let bytes = try reader.read()
      if bytes.isEmpty { return contents }
      contents += bytes
    }
  }

  @Test func inflatesWhatOthersCompressed() throws {
    #expect(try contents(folder.file("a.gz", Self.compressed)) == Array(Self.text.utf8))
  }

  @Test func readsPlainFilesAsTheyAre() throws {
    let long = [UInt8](repeating: 65, count: 200_000)
    #expect(try contents(folder.file("a.txt", Array(Self.text.utf8))) == Array(Self.text.utf8))
    #expect(try contents(folder.file("long", long)) == long)
    #expect(try contents(folder.file("empty", [])).isEmpty)
  }

  @Test func joinsMembersAndIgnoresZeroPadding() throws {
    let members = Self.compressed + Gzip.stored([]) + Gzip.stored(Array("!".utf8)) + [UInt8](repeating: 0, count: 100_000)
    #expect(try contents(folder.file("many.gz", members)) == Array((Self.text + "!").utf8))
  }

  /// A member may begin anywhere, also across the border of a read buffer.
  @Test(arguments: 65_500..<65_560) func findsMembersAtAnyPosition(length: Int) throws {
    let text = [UInt8](repeating: 7, count: length)
    let members = Gzip.stored(text) + Gzip.stored([1, 2, 3])
    #expect(try contents(folder.file("two.gz", members)) == text + [1, 2, 3])
  }

  @Test func everyTruncationIsNoticed() throws {
    for count in Self.compressed.indices {
      let path = try folder.file("cut.gz", Array(Self.compressed[..<count]))
      #expect(throws: FileError.self, "\(count) bytes") { try contents(path) }
    }
  }

  /// A flipped bit is noticed, unless it is one of the few that pad the last block.
  @Test func noFlippedBitChangesTheText() throws {
    var unnoticed = 0
    for bit in (10 * 8)..<(Self.compressed.count * 8) {
      var damaged = Self.compressed
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      let path = try folder.file("flipped.gz", damaged)
      do {
        #expect(try contents(path) == Array(Self.text.utf8), "bit \(bit)")
        unnoticed += 1
      } catch {}
    }
    #expect(unnoticed < 8)
  }

  @Test func textAfterTheDataIsNoticed() throws {
    let path = try folder.file("tail.gz", Self.compressed + [0, 0, 1])
    #expect(throws: FileError.self) { try contents(path) }
  }

  @Test func aFileNamedGzHasToBeCompressed() throws {
    let path = try folder.file("a.gz", Array("plain".utf8))
    #expect(throws: FileError.self) { try contents(path) }
  }

  @Test func missingFilesAndFoldersAreErrors() {
    #expect(throws: FileError.self) { try contents(folder.path + "/absent") }
    #expect(throws: FileError.self) { try contents(folder.path) }
  }

  @Test func refusedFilesAreClosed() throws {
    let path = try folder.file("a.gz", Array("plain".utf8))
    for _ in 0..<5000 { #expect(throws: FileError.self) { try contents(path) } }
    _ = try contents(folder.file("still.gz", Self.compressed))
  }

  @Test func survivesRandomBytesAfterTheMagic() throws {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<2000 {
      let tail = (0..<Int.random(in: 0..<200, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let path = try folder.file("noise.gz", [0x1F, 0x8B, 8, 0] + tail)
      #expect(throws: FileError.self) { try contents(path) }
    }
  }
}

/// Writes gzip by hand, with stored blocks, so that the reader is not tested against itself.
enum Gzip {
  static func stored(_ text: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    var start = 0
    repeat {
      let piece = text[start..<min(start + 65_535, text.count)]
      start += piece.count
      bytes.append(start == text.count ? 1 : 0)
      bytes += littleEndian(UInt32(piece.count) | ~UInt32(piece.count) << 16)
      bytes += piece
    } while start < text.count
    return bytes + littleEndian(checksum(text)) + littleEndian(UInt32(text.count))
  }

  private static func littleEndian(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { sum, byte in
      (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
  }
}
