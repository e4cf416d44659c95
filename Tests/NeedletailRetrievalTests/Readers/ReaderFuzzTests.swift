import NeedletailCore
import NeedletailRetrieval
import NeedletailText
import Testing

/// Mutated files: no reader crashes, none hangs, and what comes out keeps its promises. The bounds on time leave room for
/// busy machines; a parser that is not linear would exceed them by far.
@Suite struct ReaderFuzzTests {
  static let fixtures = [
    "birds.md", "page.html", "latin.html", "cyrillic.html", "plain.txt", "utf16le.txt", "utf16be-unmarked.txt", "people.csv",
    "semicolon.csv", "terms.tsv", "records.jsonl", "main.swift", "letter.eml", "html-only.eml",
  ]

  @Test(arguments: fixtures) func survivesMutations(name: String) async throws {
    let original = try Fixture.bytes(name)
    let clock = ContinuousClock()
    for seed in UInt64(0)..<400 {
      var generator = SeededGenerator(seed: seed)
      let bytes = Self.mutated(original, using: &generator)
      let elapsed = await clock.measure { await check(SourceFile(path: name, contents: bytes), seed: seed) }
      #expect(elapsed < .seconds(10), "\(name), seed \(seed)")
    }
  }

  /// Long runs of what opens something, which trap parsers that look back or ahead without bound.
  @Test(arguments: [
    "<", "<a ", "<a b=", "<nav>", "&", "&#", "<!--", "</", "<p hidden>", "\"", "\",\"", "{\"a\":", "[", "=?utf-8?q?", "--b\n", "---\n", "# ", "- ", "(",
    "=\n", "a: ", "\\", "`", "*",
  ])
  func takesTimeLinearInRepetition(piece: String) async throws {
    let bytes = Array(String(repeating: piece, count: 400_000 / piece.utf8.count).utf8)
    let clock = ContinuousClock()
    for name in ["a.html", "a.md", "a.csv", "a.jsonl", "a.eml", "a.txt"] {
      let prefix = name == "a.eml" ? "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n" : name == "a.md" ? "---\n" : ""
      let elapsed = await clock.measure { await check(SourceFile(path: name, contents: Array(prefix.utf8) + bytes), seed: 0) }
      #expect(elapsed < .seconds(20), "\(name) of \(piece)")
    }
  }

  @Test func survivesMutatedHeaders() async throws {
    let header = "Subject: =?utf-8?B?w5xiZXI=?= \"q\\\"; x*0*=utf-8''%41\nDate: Tue, 24 Nov 2026 07:07:02 +0100 (CET)\nTo: a, \"b, c\"\n\nx"
    for seed in UInt64(0)..<2000 {
      var generator = SeededGenerator(seed: seed)
      await check(SourceFile(path: "a.eml", contents: Self.mutated(Array(header.utf8), using: &generator)), seed: seed)
    }
  }

  private func check(_ file: SourceFile, seed: UInt64) async {
    do {
      for document in try await Fixture.read(file) {
        #expect(!document.text.utf8.contains(0), "seed \(seed)")
        #expect(!document.text.utf8.contains(0x0D), "seed \(seed)")
        guard case .outline(let headings) = document.structure else { continue }
        let offsets = headings.map(\.byteOffset)
        #expect(offsets == offsets.sorted(), "seed \(seed)")
        #expect(offsets.allSatisfy { $0 <= document.text.utf8.count }, "seed \(seed)")
      }
    } catch is ReadingProblem {
      // Refusing is fine.
    } catch {
      Issue.record("seed \(seed): \(error)")
    }
  }

  /// A few cuts, copies, swaps, flipped bits and special bytes.
  static func mutated(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...8, using: &generator) where !bytes.isEmpty {
      let position = Int.random(in: 0..<bytes.count, using: &generator)
      let end = min(bytes.count, position + Int.random(in: 1...32, using: &generator))
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 1: bytes.removeSubrange(position..<end)
      case 2: bytes.insert(contentsOf: bytes[position..<end], at: Int.random(in: 0...bytes.count, using: &generator))
      case 3: bytes[position] = special.randomElement(using: &generator) ?? 0
      case 4: bytes.insert(special.randomElement(using: &generator) ?? 0, at: position)
      default: bytes.removeLast(bytes.count - position)
      }
    }
    return bytes
  }

  private static let special: [UInt8] = Array("<>&;\"'=?-#:,\n\r\t\\ {}[]".utf8) + [0, 0x7F, 0x80, 0xC3, 0xE2, 0xF0, 0xFE, 0xFF]
}
