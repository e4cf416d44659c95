import NeedletailNumerics
import Testing

@Suite struct LineReaderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func lines(_ path: String) throws(FileError) -> [String] {
    var reader = try LineReader(path: path)
    var lines: [String] = []
    while let line = try reader.next() {
      lines.append(line)
      #expect(reader.lineNumber == lines.count)
    }
    return lines
  }

  @Test(arguments: [
    ("", []), ("\n", [""]), ("a", ["a"]), ("a\n", ["a"]), ("a\n\nb\r\n", ["a", "", "b"]), ("\u{FEFF}a\nb", ["a", "b"]),
    ("a\rb\nc", ["a\rb", "c"]), ("ä\u{2028}\u{85}\n漢", ["ä\u{2028}\u{85}", "漢"]),
  ])
  func splitsAtLineFeeds(text: String, expected: [String]) throws {
    #expect(try lines(folder.file("plain", Array(text.utf8))) == expected)
    #expect(try lines(folder.file("stored.gz", Gzip.stored(Array(text.utf8)))) == expected)
  }

  /// Against splitting the whole text at once, with lines around and above the size of the read buffer.
  @Test func agreesWithSplittingTheWholeText() throws {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<20 {
      let expected = (0..<30).map { _ in
        String(repeating: "x", count: [0, 1, 100, 65_535, 65_536, 140_000].randomElement(using: &generator) ?? 0)
      }
      let text = Array(expected.joined(separator: "\n").utf8) + [10]
      #expect(try lines(folder.file("plain", text)) == expected)
      #expect(try lines(folder.file("stored.gz", Gzip.stored(text))) == expected)
    }
  }

  @Test func linesBeyondTheLimitAreErrors() throws {
    let path = try folder.file("long", Array("ok\n".utf8) + [UInt8](repeating: 65, count: 300_000))
    var reader = try LineReader(path: path, maximumLineByteCount: 100_000)
    #expect(try reader.next() == "ok")
    do throws(FileError) {
      _ = try reader.next()
      Issue.record("the line was read")
    } catch {
      guard case .malformed(path, 3, let reason) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(reason.contains("line 2"))
    }
  }

  @Test func bytesThatAreNotUTF8AreErrorsOfTheirLine() throws {
    let path = try folder.file("latin1", Array("one\ntwo ".utf8) + [0xE9, 10])
    let error = #expect(throws: FileError.self) { try lines(path) }
    #expect(error == .malformed(path: path, offset: 4, reason: "line 2 is not UTF-8"))
  }
}
