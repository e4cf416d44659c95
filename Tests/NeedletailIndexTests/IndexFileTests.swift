import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

/// A file that goes away after use.
enum TemporaryFile {
  static func use<Result>(_ body: (String) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("index-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  static func bytes(_ write: (String) throws -> Void) throws -> [UInt8] {
    try use { path in
      try write(path)
      return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }
  }
}

@Suite struct IndexFileTests {
  private static let vectors = IndexSamples.clustered(400, dimension: 10).rows(Array(0..<400) + [3, 3, 9])
  private static let excluded = RowSet([1, 17, 401])

  private static func build(_ layout: DenseIndexSpecification.Layout, _ codec: VectorCodecKind) throws
    -> any SearchIndex
  {
    try DenseIndexFactory.build(
      vectors, similarity: .euclidean,
      specification: DenseIndexSpecification(layout: layout, codec: codec, graph: GraphParameters(exactScanLimit: 0)),
      excluding: excluded)
  }

  @Test(arguments: [DenseIndexSpecification.Layout.flat, .graph, .disk], VectorCodecKind.allCases)
  func openedIndexesAnswerAsTheyDidBefore(_ layout: DenseIndexSpecification.Layout, _ codec: VectorCodecKind) throws {
    let index = try Self.build(layout, codec)
    let (opened, rewritten) = try TemporaryFile.use { path in
      try DenseIndexFactory.write(index, to: path)
      let opened = try DenseIndexFactory.open(path)
      return (opened, try TemporaryFile.bytes { try DenseIndexFactory.write(opened, to: $0) })
    }
    #expect(type(of: opened) == type(of: index))
    #expect(opened.count == index.count && opened.dimension == index.dimension && opened.similarity == .euclidean)
    #expect(opened.footprint.isMapped && opened.footprint.totalBytes == index.footprint.totalBytes)
    let few = SearchOptions(limit: 3, within: RowSet(0..<50))
    for options in [SearchOptions(limit: 7), SearchOptions(limit: 500), few] {
      #expect(try opened.search(Self.vectors, options) == index.search(Self.vectors, options))
    }
    #expect(try rewritten == TemporaryFile.bytes { try DenseIndexFactory.write(index, to: $0) })
  }

  @Test func emptyIndexesSurviveToo() throws {
    for layout in [DenseIndexSpecification.Layout.flat, .graph, .disk] {
      let empty = try DenseIndexFactory.build(
        DenseVectors(dimension: 4, values: []), similarity: .dot,
        specification: DenseIndexSpecification(layout: layout))
      try TemporaryFile.use { path in
        try DenseIndexFactory.write(empty, to: path)
        #expect(try DenseIndexFactory.open(path).search([1, 2, 3, 4]) == [])
      }
    }
  }

  @Test func everyFlippedByteIsNoticed() throws {
    let bytes = try TemporaryFile.bytes { try DenseIndexFactory.write(Self.build(.graph, .int8), to: $0) }
    var generator = SeededGenerator(seed: 1)
    // Each byte of header and table, and a sample of the rest.
    for place in Array(0..<448) + (0..<400).map({ _ in Int.random(in: 448..<bytes.count, using: &generator) }) {
      var damaged = bytes
      damaged[place] ^= UInt8.random(in: 1...255, using: &generator)
      expectRefusal(damaged, "byte \(place)")
    }
  }

  @Test func everyCutIsNoticed() throws {
    let bytes = try TemporaryFile.bytes { try DenseIndexFactory.write(Self.build(.flat, .int8), to: $0) }
    for length in [0, 1, 63, 64, 65, 200, bytes.count / 2, bytes.count - 64, bytes.count - 1] {
      expectRefusal(Array(bytes[..<length]), "\(length) bytes")
    }
    expectRefusal(bytes + [0], "one byte more")
    expectRefusal(bytes + bytes, "twice")
  }

  @Test func otherFilesAreNotIndexes() throws {
    expectRefusal(Array("not an index, but long enough to hold a header of sixty-four bytes or so".utf8), "text")
    do throws(IndexError) {
      _ = try DenseIndexFactory.open("/nonexistent/index")
      Issue.record("a missing file was opened")
    } catch {
      #expect(error.category == .unavailable)
    }
  }

  @Test func aNewerVersionIsSaidToBeOne() throws {
    var bytes = try TemporaryFile.bytes { try DenseIndexFactory.write(Self.build(.flat, .float32), to: $0) }
    bytes[8] = 9
    try TemporaryFile.use { path in
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      #expect(throws: IndexError.unsupportedVersion(path: path, version: 9)) { try DenseIndexFactory.open(path) }
    }
  }

  /// Mutations with corrected checksums: whatever a file says, opening refuses it or searching it stays within it.
  @Test(arguments: [DenseIndexSpecification.Layout.flat, .graph, .disk], VectorCodecKind.allCases)
  func forgedFilesNeverCrash(_ layout: DenseIndexSpecification.Layout, _ codec: VectorCodecKind) throws {
    let bytes = try TemporaryFile.bytes { try DenseIndexFactory.write(Self.build(layout, codec), to: $0) }
    var generator = SeededGenerator(seed: 77)
    var opened = 0
    for _ in 0..<250 {
      var forged = bytes
      for _ in 0..<Int.random(in: 1...6, using: &generator) { ForgedFile.mutate(&forged, using: &generator) }
      ForgedFile.correctChecksums(&forged)
      try TemporaryFile.use { path in
        try Data(forged).write(to: URL(fileURLWithPath: path))
        guard let index = try? DenseIndexFactory.open(path) else { return }
        opened += 1
        let query = [Float](repeating: 0.3, count: index.dimension)
        for options in [
          SearchOptions(limit: 5), SearchOptions(limit: 50, within: RowSet(0..<300)),
          SearchOptions(limit: 3, isExact: true),
        ] {
          _ = try? index.search(query, options)
        }
      }
    }
    // Some mutations must get past the checksums for the test to mean anything.
    #expect(opened > 20)
  }

  private func expectRefusal(_ bytes: [UInt8], _ what: String) {
    do {
      try TemporaryFile.use { path in
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        do throws(IndexError) {
          _ = try DenseIndexFactory.open(path)
          Issue.record("\(what): not noticed")
        } catch {
          #expect(error.category == .corrupted, "\(what): \(error)")
          #expect(error.description.contains(path))
        }
      }
    } catch {
      Issue.record(error)
    }
  }
}

/// Index files changed by somebody who knows the format.
enum ForgedFile {
  private static let interesting: [UInt32] = [0, 1, 2, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x7fc0_0000, 0x7f80_0000]

  static func mutate(_ bytes: inout [UInt8], using generator: inout SeededGenerator) {
    // Half of the changes go to the front, where the numbers are that others are computed from.
    let limit = Bool.random(using: &generator) ? min(640, bytes.count) : bytes.count
    let place = Int.random(in: 0..<limit / 4, using: &generator) * 4
    guard place + 4 <= bytes.count else { return }
    var word = interesting.randomElement(using: &generator) ?? 0
    if Bool.random(using: &generator) { word = UInt32.random(in: 0...500, using: &generator) }
    for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: word >> UInt32(8 * index)) }
  }

  static func correctChecksums(_ bytes: inout [UInt8]) {
    func number(_ place: Int, _ width: Int) -> Int {
      (0..<width).reversed().reduce(0) { ($0 & 0xff_ffff_ffff) << 8 | Int(bytes[place + $1]) }
    }
    func write(_ value: UInt32, at place: Int) {
      for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index)) }
    }
    let count = min(number(20, 4), 64)
    for entry in 0..<count where 64 + 32 * entry + 32 <= bytes.count {
      let (offset, length) = (number(64 + 32 * entry + 8, 8), number(64 + 32 * entry + 16, 8))
      let (end, overflow) = offset.addingReportingOverflow((length & 0xffff_ffff + 63) / 64 * 64)
      guard offset >= 0, !overflow, end <= bytes.count, offset <= end else { continue }
      write(Checksum.crc32(Array(bytes[offset..<end])), at: 64 + 32 * entry + 4)
    }
    let front = (64 + 32 * count + 63) / 64 * 64
    guard front <= bytes.count else { return }
    write(0, at: 32)
    write(Checksum.crc32(Array(bytes[..<front])), at: 32)
    let pageBytes = 4_096
    let pages = number(40, 8)
    guard pages > 0, pages < bytes.count, pages.isMultiple(of: pageBytes) else { return }
    for page in stride(from: bytes.count - pages, to: bytes.count, by: pageBytes) {
      write(Checksum.crc32(Array(bytes[page + 4..<page + pageBytes])), at: page)
    }
  }
}
