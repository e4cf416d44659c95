/// Finds the blocks of Markdown: as much of CommonMark as decides where a passage may end.
struct MarkdownBlocks {
  private var list: BlockList
  /// Where the block in the making begins, what lies before it, and what it holds.
  private var start = 0
  private var boundary = Boundary.paragraph
  private var content = Block.Content.prose

  private init(_ list: BlockList) { self.list = list }

  static func append(_ text: Span<UInt8>, to list: inout BlockList) {
    var parser = MarkdownBlocks(list)
    parser.parse(text)
    list = parser.list
  }

  private mutating func parse(_ text: Span<UInt8>) {
    var position = skipFrontMatter(text)
    var previous: Line?
    while position < text.count {
      let line = Line(at: position, in: text)
      var next = line.next
      if line.isBlank {
        close(at: position, of: text, before: .paragraph)
      } else if let fence = Fence(line, in: text) {
        close(at: position, of: text, before: .paragraph)
        next = fence.end(after: line, in: text)
        content = .verbatim
        close(at: next, of: text, before: .paragraph)
      } else if let level = Self.headingLevel(line, in: text) {
        close(at: position, of: text, before: .paragraph)
        appendHeading(level, title: Self.title(of: line, skipping: level, in: text), end: next, text)
      } else if let last = previous, isAlone(last, in: text), let level = Self.underline(line, in: text) {
        appendHeading(level, title: Self.title(of: last, skipping: 0, in: text), end: next, text)
      } else if ListItem.begins(line, in: text) {
        close(at: position, of: text, before: start == position ? boundary : .item)
      } else if text[line.content] == 0x7C {
        // Rows of a table stay together where they fit.
        if content != .verbatim { close(at: position, of: text, before: .item) }
        content = .verbatim
      }
      previous = line
      position = next
    }
    close(at: text.count, of: text, before: .paragraph)
  }

  /// Whether the block in the making consists of this line.
  private func isAlone(_ line: Line, in text: Span<UInt8>) -> Bool {
    content == .prose && start <= line.content && !line.isBlank && WhiteSpace.skip(start..<line.range.upperBound, of: text) >= line.content
  }

  /// Ends the block in the making; the next one begins here.
  private mutating func close(at position: Int, of text: Span<UInt8>, before next: Boundary) {
    if start < position { list.append(start..<position, of: text, after: boundary, content) }
    start = position
    boundary = next
    content = .prose
  }

  private mutating func appendHeading(_ level: Int, title: String, end: Int, _ text: Span<UInt8>) {
    list.beginSection(level: level, title: title)
    content = .heading
    close(at: end, of: text, before: .paragraph)
  }

  /// A block of metadata between lines of three dashes at the very beginning.
  private mutating func skipFrontMatter(_ text: Span<UInt8>) -> Int {
    let first = Line(at: 0, in: text)
    guard Self.isDashes(first, in: text) else { return 0 }
    var position = first.next
    while position < text.count {
      let line = Line(at: position, in: text)
      position = line.next
      if Self.isDashes(line, in: text) {
        content = .verbatim
        close(at: position, of: text, before: .paragraph)
        return position
      }
    }
    return 0
  }

  private static func isDashes(_ line: Line, in text: Span<UInt8>) -> Bool {
    line.range.count == 3 && line.range.allSatisfy { text[$0] == 0x2D }
  }

  /// The number of `#` signs of a heading.
  private static func headingLevel(_ line: Line, in text: Span<UInt8>) -> Int? {
    guard line.indentation < 4 else { return nil }
    var position = line.content
    while position < line.range.upperBound, text[position] == 0x23 { position += 1 }
    let level = position - line.content
    guard (1...6).contains(level) else { return nil }
    return position == line.range.upperBound || text[position] == 0x20 || text[position] == 0x09 ? level : nil
  }

  /// A line of `=` or `-` signs below a line of text makes that a heading.
  private static func underline(_ line: Line, in text: Span<UInt8>) -> Int? {
    let sign = text[line.content]
    guard line.indentation < 4, sign == 0x3D || sign == 0x2D else { return nil }
    let marks = WhiteSpace.trim(line.range, of: text)
    guard marks.count >= 2, marks.allSatisfy({ text[$0] == sign }) else { return nil }
    return sign == 0x3D ? 1 : 2
  }

  private static func title(of line: Line, skipping marks: Int, in text: Span<UInt8>) -> String {
    var range = WhiteSpace.trim(line.content + marks..<line.range.upperBound, of: text)
    if marks > 0 {
      while !range.isEmpty, text[range.upperBound - 1] == 0x23 { range = range.lowerBound..<range.upperBound - 1 }
      range = WhiteSpace.trim(range, of: text)
    }
    return String(decoding: range.map { text[$0] }, as: UTF8.self)
  }

  /// The opening line of fenced code.
  private struct Fence {
    var sign: UInt8
    var length: Int

    init?(_ line: Line, in text: Span<UInt8>) {
      sign = text[line.content]
      guard sign == 0x60 || sign == 0x7E else { return nil }
      length = Self.run(of: sign, line, text)
      guard length >= 3 else { return nil }
    }

    /// Where the line after the closing fence begins, or the end of the text.
    func end(after line: Line, in text: Span<UInt8>) -> Int {
      var position = line.next
      while position < text.count {
        let line = Line(at: position, in: text)
        position = line.next
        guard !line.isBlank, text[line.content] == sign else { continue }
        let run = Self.run(of: sign, line, text)
        if run >= length, WhiteSpace.skip(line.content + run..<line.range.upperBound, of: text) == line.range.upperBound { break }
      }
      return position
    }

    private static func run(of sign: UInt8, _ line: Line, _ text: Span<UInt8>) -> Int {
      var position = line.content
      while position < line.range.upperBound, text[position] == sign { position += 1 }
      return position - line.content
    }
  }
}
