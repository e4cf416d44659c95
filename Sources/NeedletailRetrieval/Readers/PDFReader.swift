internal import Foundation
internal import NeedletailCore
internal import NeedletailText

/// Reads PDF files through the programs `pdftotext` and `pdfinfo` of poppler.
///
/// They run as processes of their own: a file that breaks them breaks nothing else. Each page is a heading of the
/// structure ("Page 3"), so that an answer tells where to look; payload: `pages`, `author`, `created`.
public struct PDFReader: DocumentReader {
  private let limits: ReadingLimits
  private let extractor: String

  public init(limits: ReadingLimits = ReadingLimits()) { self.init(limits: limits, extractor: "pdftotext") }

  /// - Parameter extractor: the program that prints the text; another one only in tests.
  package init(limits: ReadingLimits, extractor: String) {
    self.limits = limits
    self.extractor = extractor
  }

  package static let advice = "install poppler (apt install poppler-utils, or brew install poppler)"

  public func read(_ file: SourceFile, receive: (ReadDocument) async throws -> Void) async throws {
    guard let program = CapturedProgram(named: extractor) else {
      throw ReadingProblem.programMissing(program: extractor, advice: Self.advice)
    }
    let (pages, information) = try file.withPath { path throws(ReadingProblem) in
      (try self.pages(path, program: program), self.information(path))
    }
    guard pages.contains(where: { $0.contains { !$0.isWhitespace } }) else {
      throw ReadingProblem.noText(hint: "if its pages are scanned images, run text recognition on it first")
    }
    var (text, headings) = ("", [Heading]())
    for (index, page) in pages.enumerated() where !page.isEmpty {
      headings.append(Heading(level: 1, title: "Page \(index + 1)", byteOffset: text.utf8.count))
      text += page
      if !text.hasSuffix("\n") { text += "\n" }
    }
    try await receive(
      ReadDocument(
        title: Self.title(information["title"]) ?? file.stem, text: text, structure: .outline(headings),
        payload: Self.payload(information, pageCount: pages.count)))
  }

  private func pages(_ path: String, program: CapturedProgram) throws(ReadingProblem) -> [String] {
    let output = try program.run(
      ["-q", "-enc", "UTF-8", "-eol", "unix", path, "-"], seconds: limits.pdfSeconds, outputLimit: limits.pdfTextBytes)
    // Pages read before the damage are worth keeping; with none the file is reported.
    guard output.exitCode == 0 || output.isCut || !output.bytes.isEmpty else {
      throw Self.problem(exitCode: output.exitCode, program: extractor)
    }
    let text = TextDecoding.cleaned(String(decoding: output.bytes, as: UTF8.self))
    var pages = text.split(separator: "\u{0C}", omittingEmptySubsequences: false).map(String.init)
    // Each page ends with a form feed, also the last one.
    if pages.last?.isEmpty == true { pages.removeLast() }
    return pages
  }

  /// The meaning of the exit codes is that of the manual page.
  private static func problem(exitCode: Int32, program: String) -> ReadingProblem {
    switch exitCode {
    case 1: .malformed(format: "PDF", reason: "it cannot be opened; it may be damaged or need a password")
    case 3: .malformed(format: "PDF", reason: "its author does not permit taking the text")
    default: .programFailed(program: program, reason: "exit code \(exitCode)")
    }
  }

  /// What the file says about itself, by names in lower case; empty if that cannot be found out.
  private func information(_ path: String) -> [String: String] {
    guard let program = CapturedProgram(named: "pdfinfo"),
      let output = try? program.run(["-enc", "UTF-8", "-isodates", path], seconds: min(limits.pdfSeconds, 10), outputLimit: 1 << 16)
    else { return [:] }
    var fields: [String: String] = [:]
    for line in TextDecoding.cleaned(String(decoding: output.bytes, as: UTF8.self)).split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].drop(while: \.isWhitespace)
      if !value.isEmpty { fields[line[..<colon].lowercased()] = String(value) }
    }
    return fields
  }

  /// Nil for the leavings of word processors.
  private static func title(_ title: String?) -> String? {
    guard let title, title.contains(where: \.isLetter) else { return nil }
    let lowered = title.lowercased()
    let isLeaving = lowered.hasPrefix("microsoft word") || lowered.hasPrefix("untitled") || lowered.hasPrefix("slide 1")
      || [".doc", ".docx", ".dvi", ".tex", ".indd", ".pdf"].contains { lowered.hasSuffix($0) }
    return isLeaving ? nil : title
  }

  private static func payload(_ information: [String: String], pageCount: Int) -> Payload {
    var payload: Payload = ["pages": .integer(Int64(pageCount))]
    if let author = information["author"] { payload["author"] = .string(author) }
    if let created = information["creationdate"] { payload["created"] = .string(created) }
    return payload
  }
}
