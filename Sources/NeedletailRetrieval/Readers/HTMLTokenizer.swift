/// Splits HTML into tags and text, without ever failing: what is no markup is text.
///
/// Follows the states of the WHATWG HTML standard, section 13.2.5, as far as text extraction needs them. Each byte is
/// looked at a bounded number of times.
struct HTMLTokenizer {
  enum Token: Equatable {
    /// Names are in lower case, attribute values still have their character references.
    case startTag(name: String, attributes: [String: String], closesItself: Bool)
    case endTag(name: String)
    /// Bytes between tags, character references not yet replaced.
    case text(Range<Int>)
    /// The inside of an element whose contents are not markup: `script`, `style`, `title`, `textarea`, …
    case rawText(element: String, Range<Int>)
  }

  let bytes: [UInt8]
  private var position = 0
  /// The element whose raw contents come next.
  private var rawElement: String?

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next token, nil at the end.
  mutating func next() -> Token? {
    if let element = rawElement {
      rawElement = nil
      let range = rawContents(of: element)
      if !range.isEmpty { return .rawText(element: element, range) }
    }
    while position < bytes.count {
      guard bytes[position] == UInt8(ascii: "<") else { return text() }
      let start = position
      if let token = markup() { return token }
      // A `<` that begins no markup is text; one that was passed over (comment, doctype) gives no token.
      if position == start {
        position += 1
        return text(from: start)
      }
    }
    return nil
  }

  private static let rawElements: Set<String> = [
    "script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes",
  ]

  private mutating func text(from start: Int? = nil) -> Token {
    let start = start ?? position
    while position < bytes.count, bytes[position] != UInt8(ascii: "<") { position += 1 }
    return .text(start..<position)
  }

  private mutating func markup() -> Token? {
    guard position + 1 < bytes.count else { return nil }
    switch bytes[position + 1] {
    case UInt8(ascii: "!"):
      skipDeclaration()
      return nil
    case UInt8(ascii: "?"):
      skip(pastByte: UInt8(ascii: ">"))
      return nil
    case UInt8(ascii: "/"):
      return endTag()
    case let byte where Self.isLetter(byte):
      return startTag()
    default:
      return nil
    }
  }

  private mutating func skipDeclaration() {
    if matches("<!--") {
      position += 4
      // `<!-->` and `<!--->` are complete comments.
      if matches(">") { position += 1 } else if matches("->") { position += 2 } else { skip(past: "-->") }
    } else if matches("<![CDATA[") {
      skip(past: "]]>")
    } else {
      skip(pastByte: UInt8(ascii: ">"))
    }
  }

  private mutating func endTag() -> Token? {
    guard position + 2 < bytes.count, Self.isLetter(bytes[position + 2]) else {
      skip(pastByte: UInt8(ascii: ">"))
      return nil
    }
    position += 2
    let name = tagName()
    skip(pastByte: UInt8(ascii: ">"))
    return .endTag(name: name)
  }

  private mutating func startTag() -> Token {
    position += 1
    let name = tagName()
    let attributes = self.attributes()
    if Self.rawElements.contains(name) { rawElement = name }
    let closesItself = position >= 2 && bytes[position - 1] == UInt8(ascii: ">") && bytes[position - 2] == UInt8(ascii: "/")
    return .startTag(name: name, attributes: attributes, closesItself: closesItself)
  }

  private mutating func tagName() -> String {
    let start = position
    while position < bytes.count, !Self.endsName(bytes[position]) { position += 1 }
    return lowercased(start..<position)
  }

  private mutating func attributes() -> [String: String] {
    var attributes: [String: String] = [:]
    while position < bytes.count {
      skipSpaceAndSlashes()
      guard position < bytes.count else { break }
      if bytes[position] == UInt8(ascii: ">") {
        position += 1
        break
      }
      let start = position
      position += 1  // an attribute name has at least one byte, be it `=`
      while position < bytes.count, !Self.endsName(bytes[position]), bytes[position] != UInt8(ascii: "=") { position += 1 }
      let name = lowercased(start..<position)
      let value = attributeValue()
      if attributes.count < 64, attributes[name] == nil { attributes[name] = value }
    }
    return attributes
  }

  private mutating func attributeValue() -> String {
    var ahead = position
    while ahead < bytes.count, Self.isSpace(bytes[ahead]) { ahead += 1 }
    guard ahead < bytes.count, bytes[ahead] == UInt8(ascii: "=") else { return "" }
    position = ahead + 1
    while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    guard position < bytes.count else { return "" }
    let quote = bytes[position]
    let start: Int
    if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
      start = position + 1
      position = start
      while position < bytes.count, bytes[position] != quote { position += 1 }
      defer { position = min(position + 1, bytes.count) }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }
    start = position
    while position < bytes.count, !Self.isSpace(bytes[position]), bytes[position] != UInt8(ascii: ">") { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// Everything up to the end tag of the element, which is left to be read next.
  private mutating func rawContents(of element: String) -> Range<Int> {
    let start = position
    let name = Array(element.utf8)
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "<"), closes(name, at: position) { break }
      position += 1
    }
    return start..<position
  }

  private func closes(_ name: [UInt8], at index: Int) -> Bool {
    guard index + 1 + name.count < bytes.count, bytes[index + 1] == UInt8(ascii: "/") else { return false }
    for (offset, byte) in name.enumerated() where bytes[index + 2 + offset] | 0x20 != byte { return false }
    let end = index + 2 + name.count
    return end >= bytes.count || Self.endsName(bytes[end])
  }

  private func matches(_ text: StaticString) -> Bool {
    let text = text.description.utf8
    return bytes[position...].starts(with: text)
  }

  private mutating func skip(past text: StaticString) {
    let pattern = Array(text.description.utf8)
    while position < bytes.count {
      if bytes[position] == pattern[0], bytes[position...].starts(with: pattern) {
        position += pattern.count
        return
      }
      position += 1
    }
  }

  private mutating func skip(pastByte byte: UInt8) {
    while position < bytes.count, bytes[position] != byte { position += 1 }
    position = min(position + 1, bytes.count)
  }

  private mutating func skipSpaceAndSlashes() {
    while position < bytes.count, Self.isSpace(bytes[position]) || bytes[position] == UInt8(ascii: "/") { position += 1 }
  }

  private func lowercased(_ range: Range<Int>) -> String {
    String(decoding: bytes[range].map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
  }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }

  private static func endsName(_ byte: UInt8) -> Bool {
    isSpace(byte) || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "/")
  }
}
