/// How good a place is to end a passage; higher is better.
enum Boundary: Int, Comparable {
  case token, word, line, sentence, item, paragraph, section

  static func < (left: Boundary, right: Boundary) -> Bool { left.rawValue < right.rawValue }
}

/// A stretch of text that its layout sets apart: a paragraph, a list item, a fenced listing.
struct Block {
  enum Content {
    /// Sentences.
    case prose
    /// Lines, whose breaks matter.
    case verbatim
    case heading
  }

  /// Without white space at either end.
  var range: Range<Int>
  /// What lies before it.
  var boundary: Boundary
  var content: Content
  /// Index into the headings of the list.
  var section: Int
}

/// The blocks of a text in their order, with the headings above them.
struct BlockList {
  private(set) var blocks: [Block] = []
  /// The headings above each section, outermost first; section 0 has none.
  private(set) var headings: [[String]] = [[]]
  private var stack: [(level: Int, title: String)] = []
  private var opensSection = false

  /// Blocks from here on stand below a new heading.
  mutating func beginSection(level: Int, title: String) {
    // Deeper levels than anybody writes count as one, which bounds the cost of each section.
    let level = min(level, 12)
    while let last = stack.last, last.level >= level { stack.removeLast() }
    stack.append((level, title))
    headings.append(stack.map(\.title))
    opensSection = true
  }

  /// Adds `range` of the text, unless it is white space only.
  mutating func append(_ range: Range<Int>, of text: Span<UInt8>, after boundary: Boundary, _ content: Block.Content) {
    let trimmed = WhiteSpace.trim(range, of: text)
    guard !trimmed.isEmpty else { return }
    let before = opensSection ? Boundary.section : boundary
    opensSection = false
    blocks.append(Block(range: trimmed, boundary: before, content: content, section: headings.count - 1))
  }
}

/// White space in UTF-8.
enum WhiteSpace {
  static func contains(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
    default: false
    }
  }

  /// The position of the first scalar at or after `start` that is not white space, or the end of the range.
  static func skip(_ range: Range<Int>, of text: Span<UInt8>) -> Int {
    var position = range.lowerBound
    while position < range.upperBound {
      let (scalar, length) = Scalars.decode(text, at: position)
      guard contains(scalar) else { return position }
      position += length
    }
    return range.upperBound
  }

  /// The range without white space at either end.
  static func trim(_ range: Range<Int>, of text: Span<UInt8>) -> Range<Int> {
    let start = skip(range, of: text)
    var end = range.upperBound
    while end > start {
      let previous = Scalars.start(before: end, notBefore: start, in: text)
      guard contains(Scalars.decode(text, at: previous).scalar) else { break }
      end = previous
    }
    return start..<max(start, end)
  }
}

extension Scalars {
  /// Where the scalar begins that ends at `end`.
  static func start(before end: Int, notBefore lowest: Int, in text: Span<UInt8>) -> Int {
    var position = end - 1
    while position > lowest, isContinuation(text[position]) { position -= 1 }
    return max(lowest, position)
  }
}

/// A line of a text.
struct Line {
  /// Without the line end.
  var range: Range<Int>
  /// Where the next line begins.
  var next: Int
  /// Columns of white space at its beginning; a tab counts four.
  var indentation: Int
  /// Where its first scalar stands that is not a blank or tab; the end of the line if there is none.
  var content: Int

  var isBlank: Bool { content == range.upperBound }

  /// The line that begins at `start`; the text is taken to end at `limit`.
  init(at start: Int, in text: Span<UInt8>, limit: Int? = nil) {
    let limit = limit ?? text.count
    var end = start
    while end < limit, text[end] != 0x0A, text[end] != 0x0D { end += 1 }
    next = end
    if next < limit { next += text[next] == 0x0D && next + 1 < limit && text[next + 1] == 0x0A ? 2 : 1 }
    range = start..<end
    indentation = 0
    content = start
    while content < end, text[content] == 0x20 || text[content] == 0x09 {
      indentation += text[content] == 0x20 ? 1 : 4
      content += 1
    }
  }
}
