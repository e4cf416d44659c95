import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

/// An index file taken apart, to be put together again with right checksums, so that the checks behind the checksums are reached.
struct RebuiltIndexFile {
  var layout: UInt32
  var sections: [(tag: UInt32, bytes: [UInt8])]

  init(_ bytes: [UInt8]) {
    layout = UInt32(IndexFileForger.number(bytes, 16, 4))
    sections = (0..<IndexFileForger.number(bytes, 20, 4)).map { entry in
      let place = 64 + 32 * entry
      let start = IndexFileForger.number(bytes, place + 8, 8)
      return (UInt32(IndexFileForger.number(bytes, place, 4)), Array(bytes[start..<start + IndexFileForger.number(bytes, place + 16, 8)]))
    }
  }

  var bytes: [UInt8] {
    let start = (64 + 32 * sections.count + 63) / 64 * 64
    var table: [UInt8] = []
    var body: [UInt8] = []
    for section in sections {
      table += Self.little(UInt64(section.tag), 8) + Self.little(UInt64(start + body.count), 8) + Self.little(UInt64(section.bytes.count), 8)
      table += Self.little(0, 8)
      body += section.bytes
      body += [UInt8](repeating: 0, count: (64 - body.count % 64) % 64)
    }
    var head = Array("NDLTAIL\0".utf8) + Self.little(1, 4) + Self.little(0x0102_0304, 4) + Self.little(UInt64(layout), 4)
    head += Self.little(UInt64(sections.count), 4) + Self.little(UInt64(start + body.count), 8)
    head += [UInt8](repeating: 0, count: 64 - head.count)
    var bytes = head + table
    bytes += [UInt8](repeating: 0, count: start - bytes.count) + body
    IndexFileForger.repairChecksums(&bytes)
    return bytes
  }

  private static func little(_ value: UInt64, _ width: Int) -> [UInt8] { (0..<width).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) } }

  /// Changes something that no checksum will tell.
  mutating func damage(_ random: inout SeededGenerator) {
    let number = Int.random(in: 0..<sections.count, using: &random)
    let size = sections[number].bytes.count
    switch Int.random(in: 0..<12, using: &random) {
    case 0: sections[number].bytes.removeLast(min(size, [1, 2, 4, 8, 12, 64, size].randomElement(using: &random) ?? 1))
    case 1: sections[number].bytes += [UInt8](repeating: 1, count: [1, 4, 8, 64].randomElement(using: &random) ?? 1)
    case 2: sections.remove(at: number)
    case 3: sections[number].bytes = sections.randomElement(using: &random)?.bytes ?? []
    case 4: layout = [1, 2, 3, 4, 8, 12, 13, 14].randomElement(using: &random) ?? 3
    case 5, 6: overwrite(number, width: 8, &random)
    case 7, 8: overwrite(number, width: 4, &random)
    default:
      for _ in 0..<Int.random(in: 1...3, using: &random) where size > 0 {
        sections[number].bytes[Int.random(in: 0..<size, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      }
    }
  }

  /// Puts a hostile number in the place of one.
  private mutating func overwrite(_ number: Int, width: Int, _ random: inout SeededGenerator) {
    let count = sections[number].bytes.count / width
    guard count > 0 else { return }
    let place = width * Int.random(in: 0..<count, using: &random)
    let old = UInt64(truncatingIfNeeded: IndexFileForger.number(sections[number].bytes, place, min(width, 7)))
    let hostile: [UInt64] = [
      0, 1, old &+ 1, old &- 1, 2 &* old, .max, .max >> 1, 1 << 31, (1 << 31) - 1, 1 << 32, (1 << 32) - 1, 1 << 62, 0x7fc0_0000, 0x7f80_0000,
      0xff80_0000, 0x8000_0000,
    ]
    sections[number].bytes.replaceSubrange(place..<place + width, with: Self.little(hostile.randomElement(using: &random) ?? 0, width))
  }
}

/// Files that chance or somebody made up are refused, or searched without harm. `scripts/sanitize.sh` runs this under the address and
/// the undefined-behaviour sanitizer, with more rounds.
@Suite struct ForgedFileTests {
  /// Each format with all its codecs.
  enum Format: CaseIterable {
    case lexical, lexicalFields, invertedSparse, clusteredSparse, clusteredSparseWide, tokens32, tokens16, tokens8, residuals1, residuals2, residuals4

    func write(to path: String) throws {
      switch self {
      case .lexical, .lexicalFields:
        var random = SeededGenerator(seed: 3)
        let fieldCount = self == .lexical ? 1 : 3
        var builder = LexicalIndexBuilder(fieldCount: fieldCount)
        for row in 0..<400 {
          builder.add(fields: (0..<fieldCount).map { _ in (0..<row % 17).map { _ in "t\(Int.random(in: 0..<25, using: &random))" } })
        }
        try builder.build().write(to: path)
      case .invertedSparse: try InvertedSparseIndex(SparseSamples.vectors(150)).write(to: path)
      case .clusteredSparse, .clusteredSparseWide:
        var parameters = ClusteredSparseParameters(codec: self == .clusteredSparse ? .fixed8 : .fixed16, neighbourCount: 3)
        parameters.pruning = .perList(20)
        try ClusteredSparseIndex(SparseSamples.vectors(150), parameters: parameters).write(to: path)
      case .tokens32: try writeTokens(.float32, path)
      case .tokens16: try writeTokens(.float16, path)
      case .tokens8: try writeTokens(.int8, path)
      case .residuals1: try writeTokens(.residual(bits: 1), path)
      case .residuals2: try writeTokens(.residual(bits: 2), path)
      case .residuals4: try writeTokens(.residual(bits: 4), path)
      }
    }

    private func writeTokens(_ codec: TokenCodec, _ path: String) throws {
      let documents = TokenSamples.documents(30, dimension: 13, tokens: 0...7, seed: 3)
      try MultiVectorIndex(documents, specification: MultiVectorSpecification(codec: codec, centroidCount: 4)).write(to: path)
    }

    /// Opens the file by each reader and searches it in every way that there is.
    ///
    /// - Returns: whether a reader took it.
    func search(_ path: String) throws -> Bool {
      switch self {
      case .lexical, .lexicalFields: try opens { try Self.check(LexicalIndex.open(path)) }
      case .invertedSparse, .clusteredSparse, .clusteredSparseWide: try opens { try Self.check(SparseIndexFactory.open(path)) }
      default: try opens { try Self.check(MultiVectorIndex.open(path)) }
      }
    }

    private func opens(_ body: () throws -> Void) throws -> Bool {
      do {
        try body()
        return true
      } catch is IndexError {
        return false
      }
    }

    private static func check(_ index: LexicalIndex) throws {
      for terms in [["t1", "t2", "t3"], ["t24"], (0..<25).map { "t\($0)" }] {
        for limit in [0, 3, 1000] {
          for options in [
            SearchOptions(limit: limit), SearchOptions(limit: limit, within: RowSet([1, 7, 399])),
            SearchOptions(limit: limit, excluding: RowSet(0..<100)),
          ] {
            for algorithm in LexicalAlgorithm.allCases {
              #expect(try index.search(terms, options: options, algorithm: algorithm).allSatisfy { Int($0.row) < index.count })
            }
          }
        }
        for algorithm in LexicalAlgorithm.allCases {
          _ = try index.search(terms, parameters: BM25Parameters(saturation: 0, lengthNormalization: 1), algorithm: algorithm)
        }
        _ = LexicalStatistics(of: [(index, RowSet(0..<50))], terms: terms)
        _ = index.rows(withAll: terms)
      }
      _ = index.terms(beginningWith: "t")
    }

    private static func check(_ index: any SparseIndex) throws {
      let queries = try SparseSamples.vectors(60)
      for row in [0, 8, 50] {
        for isExact in [false, true] {
          // A vocabulary that shrank refuses the query, which is no harm either.
          let found = (try? index.search(queries[row], SearchOptions(limit: 20, isExact: isExact))) ?? []
          #expect(found.allSatisfy { Int($0.row) < index.count })
          _ = try? index.search(queries[row], SearchOptions(limit: 5, within: RowSet([1, 2, 149])))
        }
      }
    }

    private static func check(_ index: MultiVectorIndex) throws {
      guard index.count > 0 else { return }
      let query = [Float](repeating: 0.3, count: 2 * index.dimension)
      #expect(try index.search(query, SearchOptions(limit: 9)).allSatisfy { Int($0.row) < index.count })
      _ = try index.rank([0, 3, 29, .max], for: query, limit: 5)
      _ = index.vectors(of: Row(index.count - 1))
      if case .residual = index.codec { _ = try index.searchByCentroids(query, limit: 5) }
    }
  }

  private static let rounds = ProcessInfo.processInfo.environment["NEEDLETAIL_FUZZ_ROUNDS"].flatMap(Int.init) ?? 250

  @Test(arguments: Format.allCases)
  func filesThatSomebodyMadeUpDoNoHarm(_ format: Format) throws {
    let original = try TemporaryFile.bytes { try format.write(to: $0) }
    #expect(RebuiltIndexFile(original).bytes == original, "the forger knows the format")
    var random = SeededGenerator(seed: 17)
    var refused = 0
    try TemporaryFile.use { path in
      for _ in 0..<Self.rounds {
        var forged = RebuiltIndexFile(original)
        for _ in 0..<Int.random(in: 1...2, using: &random) where !forged.sections.isEmpty { forged.damage(&random) }
        try Data(forged.bytes).write(to: URL(fileURLWithPath: path))
        if try !format.search(path) { refused += 1 }
      }
    }
    #expect(refused > Self.rounds / 4, "most of what was changed is noticed")
  }

  @Test(arguments: Format.allCases)
  func chanceIsNoticed(_ format: Format) throws {
    let original = try TemporaryFile.bytes { try format.write(to: $0) }
    var random = SeededGenerator(seed: 18)
    try TemporaryFile.use { path in
      for round in 0..<Self.rounds {
        var bytes = original
        if round.isMultiple(of: 2) {
          bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
        } else {
          bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        #expect(try !format.search(path))
      }
    }
  }
}
