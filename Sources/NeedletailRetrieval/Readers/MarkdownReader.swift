internal import NeedletailCore
internal import NeedletailText

/// Reads Markdown. Front matter goes to the payload; the title is the one given there, else the first heading.
public struct MarkdownReader: DocumentReader {
  private let limits: ReadingLimits

  public init(limits: ReadingLimits = ReadingLimits()) { self.limits = limits }

  public func read(_ file: SourceFile, receive: (ReadDocument) async throws -> Void) async throws {
    let source = try TextDecoding.decode(try file.contents(limit: limits.textBytes))
    let (payload, body) = FrontMatter.split(source)
    let title = payload["title"]?.string ?? Self.firstHeading(of: body) ?? file.stem
    try await receive(ReadDocument(title: title, text: body, structure: .markdown, payload: payload))
  }

  /// The text of the first heading outside of code blocks: `# Title`, or a line underlined with `===` or `---`.
  static func firstHeading(of text: String) -> String? {
    var fence: Character?
    var previous: Substring = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let content = line.drop { $0 == " " }
      if let mark = content.first, mark == "`" || mark == "~", content.prefix(3).allSatisfy({ $0 == mark }), content.count >= 3 {
        fence = fence == nil ? mark : fence == mark ? nil : fence
        previous = ""
        continue
      }
      guard fence == nil, line.prefix(4) != "    " else { continue }
      if let heading = hashHeading(content) { return heading }
      if !previous.isEmpty, isUnderline(content) { return plain(previous) }
      previous = content.allSatisfy(\.isWhitespace) ? "" : content
    }
    return nil
  }

  private static func hashHeading(_ line: Substring) -> String? {
    let level = line.prefix { $0 == "#" }.count
    guard (1...6).contains(level) else { return nil }
    var rest = line.dropFirst(level)
    guard rest.first?.isWhitespace == true else { return nil }
    let closing = rest.reversed().drop(while: \.isWhitespace).drop { $0 == "#" }
    if closing.first?.isWhitespace == true { rest = rest.prefix(closing.count) }
    let heading = plain(rest)
    return heading.isEmpty ? nil : heading
  }

  private static func isUnderline(_ line: Substring) -> Bool {
    let marks = line.reversed().drop(while: \.isWhitespace)
    guard let mark = marks.first, mark == "=" || mark == "-", marks.count >= 2 else { return false }
    return marks.allSatisfy { $0 == mark }
  }

  /// The line without emphasis, code marks and link targets.
  private static func plain(_ line: Substring) -> String {
    var result = ""
    var rest = line
    while let character = rest.first {
      rest = rest.dropFirst()
      switch character {
      case "*", "`", "[": continue
      case "]" where rest.first == "(":
        if let end = rest.firstIndex(of: ")") { rest = rest[rest.index(after: end)...] }
      case "]": continue
      default: result.append(character)
      }
    }
    return result.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
