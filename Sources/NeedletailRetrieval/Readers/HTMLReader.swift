internal import NeedletailCore
internal import NeedletailText

/// Reads HTML: what a person would see of it, without scripts, styles, navigation and hidden parts.
///
/// Headings become the structure of the document; the title is that of the page, else the first heading.
public struct HTMLReader: DocumentReader {
  private let limits: ReadingLimits

  public init(limits: ReadingLimits = ReadingLimits()) { self.limits = limits }

  public func read(_ file: SourceFile, receive: (ReadDocument) async throws -> Void) async throws {
    let bytes = try file.contents(limit: limits.textBytes)
    let source = try TextDecoding.decode(bytes, declared: Self.declaredCharset(in: bytes))
    var page = HTMLTextExtraction(source).page
    if page.title.isEmpty { page.title = file.stem }
    try await receive(ReadDocument(title: page.title, text: page.text, structure: .outline(page.headings), payload: page.payload))
  }

  /// The character set named by a `<meta>` element near the beginning (WHATWG HTML standard, 13.2.3.2).
  static func declaredCharset(in bytes: [UInt8]) -> String? {
    var tokens = HTMLTokenizer(Array(bytes.prefix(4096)))
    while let token = tokens.next() {
      guard case .startTag("meta", let attributes, _) = token else { continue }
      if let charset = attributes["charset"] { return charset }
      guard attributes["http-equiv"]?.lowercased() == "content-type", let content = attributes["content"] else { continue }
      if let range = content.lowercased().firstRange(of: "charset=") {
        return String(content.lowercased()[range.upperBound...].prefix { $0 != ";" && !$0.isWhitespace })
      }
    }
    return nil
  }
}

/// The text of a page and what it says about itself.
struct HTMLPage {
  var title = ""
  var text = ""
  var headings: [Heading] = []
  var payload: Payload = [:]
}

/// Walks over the tags of a page once and collects its text.
struct HTMLTextExtraction {
  private(set) var page = HTMLPage()

  private var tokens: HTMLTokenizer
  private var output: [UInt8] = []
  /// Space or line ends that are due before the next word.
  private var pendingBreaks = 0
  private var hasPendingSpace = false
  private var preformattedDepth = 0
  /// The element whose contents are not shown, and how many of its name are open inside it.
  private var hidden: (name: String, depth: Int)?
  private var openHeading: (level: Int, start: Int)?

  init(_ source: String) {
    tokens = HTMLTokenizer(Array(source.utf8))
    while let token = tokens.next() { take(token) }
    closeHeading()
    page.text = String(decoding: output, as: UTF8.self)
    if page.title.isEmpty { page.title = page.headings.first?.title ?? "" }
  }

  private mutating func take(_ token: HTMLTokenizer.Token) {
    switch token {
    case .startTag(let name, let attributes, let closesItself): open(name, attributes, closesItself: closesItself)
    case .endTag(let name): close(name)
    case .text(let range):
      if hidden == nil { append(HTMLText.replacingReferences(in: tokens.bytes[range])) }
    case .rawText("title", let range):
      let title = HTMLText.collapsed(HTMLText.replacingReferences(in: tokens.bytes[range]))
      // A second title belongs to an inline drawing.
      if page.title.isEmpty, hidden == nil { page.title = title }
    case .rawText("textarea", let range), .rawText("xmp", let range):
      if hidden == nil { append(HTMLText.replacingReferences(in: tokens.bytes[range])) }
    case .rawText: break
    }
  }

  private mutating func open(_ name: String, _ attributes: [String: String], closesItself: Bool) {
    if let current = hidden {
      // An unclosed hidden paragraph or list item ends where the next one begins.
      if current.name == name, Self.closesItself.contains(name) { hidden = nil } else {
        if current.name == name { hidden?.depth += 1 }
        return
      }
    }
    if Self.isHidden(name, attributes) {
      // Only drawings and formulas follow the rules of XML, where `/>` ends an element.
      let isComplete = Self.voidElements.contains(name) || (closesItself && (name == "svg" || name == "math"))
      if !isComplete { hidden = (name, 1) }
      return
    }
    switch name {
    case "html": record("language", attributes["lang"])
    case "meta": meta(attributes)
    case "br": lineBreak(1)
    case "li":
      lineBreak(1)
      append(Array("- ".utf8))
    case "td", "th": hasPendingSpace = !output.isEmpty
    case "pre":
      lineBreak(2)
      preformattedDepth += 1
    case "img":
      if let text = attributes["alt"], !text.isEmpty { append(Array(" ".utf8) + HTMLText.replacingReferences(in: Array(text.utf8)[...])) }
    case "h1", "h2", "h3", "h4", "h5", "h6":
      closeHeading()
      lineBreak(2)
      openHeading = (Int(name.dropFirst()) ?? 1, output.count)
    default:
      if Self.blockElements.contains(name) { lineBreak(Self.looseBlocks.contains(name) ? 2 : 1) }
    }
  }

  private mutating func close(_ name: String) {
    if let current = hidden {
      guard current.name == name else { return }
      hidden = current.depth > 1 ? (name, current.depth - 1) : nil
      return
    }
    switch name {
    case "pre":
      preformattedDepth = max(0, preformattedDepth - 1)
      lineBreak(2)
    case "h1", "h2", "h3", "h4", "h5", "h6":
      closeHeading()
      lineBreak(2)
    default:
      if Self.blockElements.contains(name) { lineBreak(Self.looseBlocks.contains(name) ? 2 : 1) }
    }
  }

  private mutating func closeHeading() {
    guard let heading = openHeading else { return }
    openHeading = nil
    // Line ends that were due before the heading stand between the noted start and its first letter.
    guard let start = output[heading.start...].firstIndex(where: { !HTMLTokenizer.isSpace($0) }) else { return }
    let title = HTMLText.collapsed(Array(output[start...]))
    page.headings.append(Heading(level: heading.level, title: title, byteOffset: start))
  }

  private mutating func meta(_ attributes: [String: String]) {
    guard let name = (attributes["name"] ?? attributes["property"])?.lowercased(), let field = Self.metaFields[name] else { return }
    record(field, attributes["content"])
  }

  private mutating func record(_ field: String, _ value: String?) {
    guard let value, page.payload[field] == nil else { return }
    let text = HTMLText.collapsed(HTMLText.replacingReferences(in: Array(value.utf8)[...]))
    if !text.isEmpty { page.payload[field] = .string(text) }
  }

  private mutating func lineBreak(_ count: Int) {
    if !output.isEmpty { pendingBreaks = max(pendingBreaks, count) }
  }

  /// Appends text, with runs of white space made one space outside of `pre`.
  private mutating func append(_ bytes: [UInt8]) {
    if preformattedDepth > 0 {
      if !bytes.isEmpty { flushSpace() }
      output += bytes
      return
    }
    for byte in bytes {
      if HTMLTokenizer.isSpace(byte) {
        hasPendingSpace = true
      } else {
        flushSpace()
        output.append(byte)
      }
    }
  }

  private mutating func flushSpace() {
    if pendingBreaks > 0 {
      output.append(contentsOf: repeatElement(UInt8(ascii: "\n"), count: pendingBreaks))
    } else if hasPendingSpace, let last = output.last, !HTMLTokenizer.isSpace(last) {
      output.append(UInt8(ascii: " "))
    }
    pendingBreaks = 0
    hasPendingSpace = false
  }

  private static func isHidden(_ name: String, _ attributes: [String: String]) -> Bool {
    if hiddenElements.contains(name) || attributes["hidden"] != nil || attributes["aria-hidden"]?.lowercased() == "true" { return true }
    guard let style = attributes["style"] else { return false }
    let declarations = style.lowercased().filter { !$0.isWhitespace }
    return declarations.contains("display:none") || declarations.contains("visibility:hidden")
  }

  private static let metaFields = [
    "author": "author", "description": "description", "keywords": "keywords", "date": "date", "article:published_time": "date",
    "citation_author": "author", "citation_publication_date": "date",
  ]
  private static let hiddenElements: Set<String> = [
    "nav", "template", "svg", "math", "object", "canvas", "audio", "video", "select", "button", "dialog", "noscript", "datalist", "map",
  ]
  private static let voidElements: Set<String> = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
  ]
  private static let closesItself: Set<String> = ["p", "li", "dt", "dd", "td", "th", "tr", "option"]
  private static let looseBlocks: Set<String> = [
    "p", "blockquote", "section", "article", "table", "ul", "ol", "dl", "figure", "hr", "form", "header", "footer", "main", "aside",
  ]
  private static let blockElements: Set<String> = looseBlocks.union([
    "div", "tr", "dt", "dd", "caption", "figcaption", "fieldset", "legend", "address", "details", "summary", "body", "thead", "tbody",
    "title",
  ])
}

/// Text of HTML outside of tags.
enum HTMLText {
  /// The bytes with character references replaced by what they stand for.
  static func replacingReferences(in bytes: ArraySlice<UInt8>) -> [UInt8] {
    guard bytes.contains(UInt8(ascii: "&")) else { return Array(bytes) }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = bytes.startIndex
    while index < bytes.endIndex {
      if bytes[index] == UInt8(ascii: "&"), let (scalar, end) = reference(at: index, in: bytes) {
        // A no-break space separates words like any other.
        result += scalar == "\u{A0}" ? [0x20] : Array(String(Character(scalar)).utf8)
        index = end
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return result
  }

  /// The text with runs of white space made one space.
  static func collapsed(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private static let longestName = 24

  private static func reference(at start: Int, in bytes: ArraySlice<UInt8>) -> (Unicode.Scalar, end: Int)? {
    var end = start + 1
    let isNumeric = end < bytes.endIndex && bytes[end] == UInt8(ascii: "#")
    if isNumeric { end += 1 }
    let bodyStart = end
    while end < bytes.endIndex, end - bodyStart < longestName, isAlphanumeric(bytes[end]) { end += 1 }
    let body = String(decoding: bytes[bodyStart..<end], as: UTF8.self)
    let isTerminated = end < bytes.endIndex && bytes[end] == UInt8(ascii: ";")
    let after = isTerminated ? end + 1 : end
    if isNumeric {
      let isHexadecimal = body.first == "x" || body.first == "X"
      guard let code = isHexadecimal ? UInt32(body.dropFirst(), radix: 16) : UInt32(body) else { return nil }
      let scalar = HTMLEntities.scalar(code: code)
      return (scalar == "\u{0}" ? "\u{FFFD}" : scalar, after)
    }
    // Without its semicolon only what Latin-1 had at the time counts, so that `&copy=1` in an address stays text.
    guard let scalar = HTMLEntities.scalar(named: body) else { return nil }
    let isClear = isTerminated || (scalar.value < 256 && !isEqualsSign(at: end, in: bytes))
    return isClear ? (scalar, after) : nil
  }

  private static func isEqualsSign(at index: Int, in bytes: ArraySlice<UInt8>) -> Bool {
    index < bytes.endIndex && bytes[index] == UInt8(ascii: "=")
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
