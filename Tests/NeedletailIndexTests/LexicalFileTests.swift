import Foundation
import NeedletailIndex
import NeedletailNumerics
import Testing

@Suite struct LexicalFileTests {
  private let collection: LexicalCollection
  private let path: String

  init() {
    var random = SeededGenerator(seed: 3)
    collection = LexicalCollection(documents: (0..<700).map { row in
      (0..<row % 40).map { _ in "t\(Int.random(in: 0..<60, using: &random))" }
    })
    path = FileManager.default.temporaryDirectory.appendingPathComponent("lexical-\(UUID().uuidString).index").path
  }

  @Test func aWrittenIndexAnswersAlike() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    try collection.index.write(to: path)
    let opened = try LexicalIndex.open(path)
    #expect(opened.isMapped)
    #expect(opened.count == 700 && opened.termCount == 60 && opened.totalLength == collection.index.totalLength)
    var random = SeededGenerator(seed: 4)
    for _ in 0..<50 {
      let query = collection.query(&random)
      #expect(try opened.search(query) == (try collection.index.search(query)))
    }
  }

  @Test func anEmptyIndexSurvivesStorage() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    try LexicalIndexBuilder().build().write(to: path)
    #expect(try LexicalIndex.open(path).count == 0)
  }

  /// Every changed byte is noticed, and the message names the file.
  @Test func refusesDamagedFiles() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    try collection.index.write(to: path)
    let original = try Data(contentsOf: URL(fileURLWithPath: path))
    var random = SeededGenerator(seed: 5)
    for _ in 0..<300 {
      var bytes = original
      switch Int.random(in: 0..<3, using: &random) {
      case 0: bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
      default: bytes.append(0)
      }
      try bytes.write(to: URL(fileURLWithPath: path))
      do throws(IndexError) {
        _ = try LexicalIndex.open(path)
        Issue.record("a damaged file was opened")
      } catch {
        #expect(error.description.contains(path))
      }
    }
  }
}

/// Gives a changed index file right checksums again.
enum IndexFileForger {
  static func number(_ bytes: [UInt8], _ offset: Int, _ width: Int) -> Int {
    (0..<width).reversed().reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
  }

  static func firstSection(of bytes: [UInt8]) -> Int { number(bytes, 64 + 8, 8) }

  static func repairChecksums(_ bytes: inout [UInt8]) {
    for entry in 0..<number(bytes, 20, 4) {
      let place = 64 + 32 * entry
      let start = number(bytes, place + 8, 8)
      let end = start + (number(bytes, place + 16, 8) + 63) / 64 * 64
      store(Checksum.crc32(Array(bytes[start..<end])), at: place + 4, in: &bytes)
    }
    store(0, at: 32, in: &bytes)
    store(Checksum.crc32(Array(bytes[..<firstSection(of: bytes)])), at: 32, in: &bytes)
  }

  private static func store(_ value: UInt32, at offset: Int, in bytes: inout [UInt8]) {
    for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index)) }
  }
}
