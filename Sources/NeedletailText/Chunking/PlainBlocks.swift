/// Finds the blocks of plain text and of programs.
enum PlainBlocks {
  /// Paragraphs: what lies between blank lines. Lines that begin like list items begin an item.
  static func append(_ range: Range<Int>, of text: Span<UInt8>, to list: inout BlockList) {
    var start = range.lowerBound
    var boundary = Boundary.paragraph
    var position = range.lowerBound
    while position < range.upperBound {
      let line = Line(at: position, in: text, limit: range.upperBound)
      if line.isBlank || ListItem.begins(line, in: text) {
        list.append(start..<position, of: text, after: boundary, .prose)
        boundary = line.isBlank ? .paragraph : .item
        if !line.isBlank, start == position { boundary = .paragraph }
        start = position
      }
      position = line.next
    }
    list.append(start..<range.upperBound, of: text, after: boundary, .prose)
  }

  /// Plain text with headings that a reader found; offsets out of order or out of range are ignored.
  static func append(outline: [Heading], of text: Span<UInt8>, to list: inout BlockList) {
    var start = 0
    for heading in outline where heading.byteOffset >= start && heading.byteOffset < text.count {
      guard !Scalars.isContinuation(text[heading.byteOffset]) else { continue }
      append(start..<heading.byteOffset, of: text, to: &list)
      list.beginSection(level: heading.level, title: heading.title)
      start = heading.byteOffset
    }
    append(start..<text.count, of: text, to: &list)
  }

  /// Programs: lines between blank lines. The less a block is indented, the better a place its beginning is to cut.
  static func append(code text: Span<UInt8>, to list: inout BlockList) {
    var start = 0
    var boundary = Boundary.paragraph
    var followsBlank = true
    var position = 0
    while position < text.count {
      let line = Line(at: position, in: text)
      if line.isBlank {
        followsBlank = true
      } else {
        let isTop = line.indentation == 0 && !closes(text[line.content])
        if followsBlank || isTop {
          list.append(start..<position, of: text, after: boundary, .verbatim)
          start = position
          boundary = followsBlank ? (isTop ? .paragraph : .item) : .sentence
        }
        followsBlank = false
      }
      position = line.next
    }
    list.append(start..<text.count, of: text, after: boundary, .verbatim)
  }

  /// A line that begins with a closing bracket ends a block rather than begins one.
  private static func closes(_ byte: UInt8) -> Bool { byte == 0x7D || byte == 0x29 || byte == 0x5D }
}

/// Recognises lines that begin an item of a list.
enum ListItem {
  /// `-`, `*`, `+` or `•`, or a number with a point or bracket, followed by a blank.
  static func begins(_ line: Line, in text: Span<UInt8>) -> Bool {
    var position = line.content
    let end = line.range.upperBound
    guard position < end else { return false }
    switch text[position] {
    case 0x2D, 0x2A, 0x2B: position += 1
    case 0xE2:
      guard Scalars.decode(text, at: position).scalar == 0x2022 else { return false }
      position += 3
    case 0x30...0x39:
      let first = position
      while position < end, position - first < 9, text[position] &- 0x30 < 10 { position += 1 }
      guard position < end, text[position] == 0x2E || text[position] == 0x29 else { return false }
      position += 1
    default: return false
    }
    return position < end && (text[position] == 0x20 || text[position] == 0x09)
  }
}
