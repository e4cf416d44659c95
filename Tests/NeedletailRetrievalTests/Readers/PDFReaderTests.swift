import Foundation
import NeedletailCore
import NeedletailRetrieval
import NeedletailText
import Testing

@Suite struct PDFReaderTests {
  static let hasPoppler = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
    FileManager.default.isExecutableFile(atPath: "\($0)/pdftotext")
  }

  @Test(.enabled(if: hasPoppler, "poppler is not installed")) func keepsPagesApart() async throws {
    let document = try #require(try await Fixture.read("two-pages.pdf").first)
    #expect(document.title == "A short paper")
    #expect(document.payload["pages"] == 2)
    #expect(document.payload["author"] == "Ada Example")
    guard case .outline(let headings) = document.structure else {
      Issue.record("no outline")
      return
    }
    #expect(headings.map(\.title) == ["Page 1", "Page 2"])
    let second = String(decoding: Array(document.text.utf8)[headings[1].byteOffset...], as: UTF8.self)
    #expect(second.hasPrefix("Bread needs yeast"))
    #expect(document.text.hasPrefix("Swifts sleep in the air"))
  }

  @Test(.enabled(if: hasPoppler, "poppler is not installed")) func saysWhatIsWrongWithAFile() async throws {
    await #expect(throws: ReadingProblem.noText(hint: "if its pages are scanned images, run text recognition on it first")) {
      try await Fixture.read("empty.pdf")
    }
    await #expect(throws: ReadingProblem.self) { try await Fixture.read("broken.pdf") }
  }

  @Test func namesThePackageToInstall() async throws {
    let reader = PDFReader(limits: ReadingLimits(), extractor: "no-such-program-of-needletail")
    let problem = await #expect(throws: ReadingProblem.self) {
      try await reader.read(SourceFile(path: Fixture.path("two-pages.pdf"))) { _ in }
    }
    #expect(problem?.description.contains("apt install poppler-utils") == true)
  }

  @Test func endsAProgramThatHangs() async throws {
    let scratch = try Scratch()
    let program = try scratch.write("hang", "#!/bin/sh\nexec sleep 60\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    var limits = ReadingLimits()
    limits.pdfSeconds = 0.3
    let reader = PDFReader(limits: limits, extractor: program)
    let clock = ContinuousClock()
    let elapsed = await clock.measure {
      await #expect(throws: ReadingProblem.self) { try await reader.read(SourceFile(path: Fixture.path("two-pages.pdf"))) { _ in } }
    }
    #expect(elapsed < .seconds(20))
  }

  @Test func cutsEndlessOutput() async throws {
    let scratch = try Scratch()
    let program = try scratch.write("endless", "#!/bin/sh\nexec yes words\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    var limits = ReadingLimits()
    limits.pdfTextBytes = 100_000
    var documents: [ReadDocument] = []
    try await PDFReader(limits: limits, extractor: program).read(SourceFile(path: Fixture.path("two-pages.pdf"))) { documents.append($0) }
    #expect(documents.count == 1)
    #expect(documents[0].text.utf8.count <= 100_001)
  }
}
