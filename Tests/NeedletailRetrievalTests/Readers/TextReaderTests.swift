import NeedletailCore
import NeedletailRetrieval
import NeedletailText
import Testing

@Suite struct TextReaderTests {
  @Test(arguments: [
    ("plain.txt", "A plain note about rivers.\nSecond line.\n"),
    ("bom.txt", "Text after a mark."),
    ("utf16le.txt", "Wide text with é"),
    ("utf16be-unmarked.txt", "Wide text without any mark, big end first"),
    ("windows.txt", "Smart “quotes” and a €uro"),
  ])
  func findsOutTheEncoding(name: String, text: String) async throws {
    let documents = try await Fixture.read(name)
    #expect(documents.map(\.text) == [text])
    #expect(documents.first?.title == name)
  }

  @Test func dropsNULAndCarriageReturns() async throws {
    let file = SourceFile(path: "a.txt", contents: [0xEF, 0xBB, 0xBF] + Array("a\0b\rc\r\nd".utf8))
    #expect(try await Fixture.read(file).first?.text == "ab\nc\nd")
  }

  @Test func namesTheLanguageOfSourceCode() async throws {
    let swift = try #require(try await Fixture.read("main.swift").first)
    #expect(swift.payload["language"] == "swift")
    #expect(swift.structure == .code)
    let tool = try #require(try await Fixture.read("tool").first)
    #expect(tool.payload["language"] == "python")
  }

  @Test(arguments: ["image.png", "unknown.dat"])
  func refusesBinaryFiles(name: String) async throws {
    await #expect(throws: ReadingProblem.binary) { try await Fixture.read(name) }
  }

  @Test func refusesWhatIsTooLarge() async throws {
    var limits = ReadingLimits()
    limits.textBytes = 10
    let readers = DocumentReaders(limits: limits)
    await #expect(throws: ReadingProblem.tooLarge(bytes: 42, limit: 10)) { try await Fixture.read("plain.txt", options: readers) }
  }

  @Test(arguments: [
    ("Makefile", FileFormat.code(language: "make")), ("a.PY", .code(language: "python")), ("x.tar.gz.md", .markdown),
    ("README", .plainText), (".bashrc", .plainText), ("page.HTM", .html), ("table.tsv", .delimited(separator: 9)),
    ("notes.rst", .plainText), ("a.ndjson", .jsonLines), ("mail.eml", .mail), ("config.toml", .code(language: "toml")),
  ])
  func knowsFormatsByName(name: String, format: FileFormat) throws {
    #expect(try FileFormat(path: "/some/where/\(name)", head: Array("hello".utf8)) == format)
  }

  @Test func knowsFormatsByTheirBeginning() throws {
    #expect(try FileFormat(path: "x", head: Array("%PDF-1.7".utf8)) == .pdf)
    #expect(try FileFormat(path: "x", head: Array("  <!DOCTYPE html><p>".utf8)) == .html)
    #expect(try FileFormat(path: "x", head: Array("#!/bin/bash\n".utf8)) == .code(language: "shell"))
    #expect(throws: ReadingProblem.binary) { try FileFormat(path: "x.txt", head: [1, 2, 3, 0, 4]) }
  }
}
