public import NeedletailCore

/// The block of metadata at the top of a Markdown file, between two lines of `---`.
///
/// Understood is the part of YAML that people write there: `key: value`, lists inline (`[a, b]`) or one item a line,
/// nested mappings by indentation, quoted strings, block scalars (`|`, `>`), comments. Anchors, tags, documents of
/// their own and inline mappings are taken as plain strings; a line that fits nothing is passed over.
public enum FrontMatter {
  /// The metadata, empty if there is none, and the text after it.
  public static func split(_ source: String) -> (payload: Payload, body: String) {
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.first.map({ trimmed($0) == "---" }) == true,
      let end = lines.dropFirst().firstIndex(where: { isEnd($0) })
    else { return ([:], source) }
    let body = end + 1 < lines.count ? String(source[lines[end + 1].startIndex...]) : ""
    var parser = Parser(lines: lines[1..<end].map { Line($0) })
    return (parser.mapping(indentation: 0, depth: 0), String(body.drop { $0 == "\n" }))
  }

  private static func isEnd(_ line: Substring) -> Bool {
    guard let first = line.first, first == "-" || first == "." else { return false }
    let content = trimmed(line)
    return content == "---" || content == "..."
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }

  private struct Line {
    let indentation: Int
    let content: Substring
    /// Blank, or nothing but a comment.
    var isVoid: Bool { content.isEmpty || content.first == "#" }
    var isItem: Bool { content == "-" || content.hasPrefix("- ") }

    init(_ line: Substring) {
      indentation = line.utf8.prefix { $0 == UInt8(ascii: " ") }.count
      content = FrontMatter.trimmed(line.dropFirst(indentation))
    }
  }

  private struct Parser {
    let lines: [Line]
    var position = 0

    init(lines: [Line]) { self.lines = lines }

    /// The next line that says something.
    private mutating func peek() -> Line? {
      while position < lines.count, lines[position].isVoid { position += 1 }
      return position < lines.count ? lines[position] : nil
    }

    mutating func mapping(indentation: Int, depth: Int) -> Payload {
      var result: Payload = [:]
      while let line = peek(), line.indentation >= indentation {
        position += 1
        guard let (key, value) = FrontMatter.keyAndValue(line.content) else { continue }
        result[key] = self.value(value, below: line.indentation, depth: depth)
      }
      return result
    }

    private mutating func value(_ text: Substring, below indentation: Int, depth: Int) -> JSONValue {
      if let style = text.first, style == "|" || style == ">", text.count <= 3 {
        return .string(block(below: indentation, isFolded: style == ">"))
      }
      guard text.isEmpty else { return FrontMatter.scalarOrList(text) }
      guard let next = peek(), depth < 8 else { return .null }
      if next.isItem, next.indentation >= indentation { return .array(items(indentation: next.indentation)) }
      return next.indentation > indentation ? .object(mapping(indentation: next.indentation, depth: depth + 1)) : .null
    }

    private mutating func items(indentation: Int) -> [JSONValue] {
      var result: [JSONValue] = []
      while let line = peek(), line.isItem, line.indentation == indentation {
        position += 1
        result.append(FrontMatter.scalarOrList(line.content.dropFirst().drop { $0 == " " }))
      }
      return result
    }

    private mutating func block(below indentation: Int, isFolded: Bool) -> String {
      var parts: [Substring] = []
      while position < lines.count, lines[position].indentation > indentation || lines[position].content.isEmpty {
        parts.append(lines[position].content)
        position += 1
      }
      while parts.last?.isEmpty == true { parts.removeLast() }
      return parts.joined(separator: isFolded ? " " : "\n")
    }
  }

  /// Splits at the first colon that is followed by a space or ends the line and stands outside of quotes.
  private static func keyAndValue(_ line: Substring) -> (String, Substring)? {
    var key = line
    var rest: Substring
    if let quote = line.first, quote == "\"" || quote == "'" {
      guard let end = line.dropFirst().firstIndex(of: quote) else { return nil }
      key = line[line.index(after: line.startIndex)..<end]
      rest = line[line.index(after: end)...].drop { $0 == " " }
      guard rest.first == ":" else { return nil }
      rest = rest.dropFirst()
    } else {
      var search = line
      while true {
        guard let colon = search.firstIndex(of: ":") else { return nil }
        rest = line[line.index(after: colon)...]
        if rest.isEmpty || rest.first == " " || rest.first == "\t" {
          key = line[..<colon]
          break
        }
        search = rest
      }
    }
    let name = String(trimmed(key))
    return name.isEmpty ? nil : (name, trimmed(rest.drop { $0 == " " || $0 == "\t" }))
  }

  private static func scalarOrList(_ text: Substring) -> JSONValue {
    let text = withoutComment(text)
    guard text.first == "[", text.last == "]", text.count >= 2 else { return scalar(text) }
    return .array(listItems(text.dropFirst().dropLast()).map { scalar($0) })
  }

  /// Splits at commas outside of quotes.
  private static func listItems(_ text: Substring) -> [Substring] {
    var items: [Substring] = []
    var quote: Character?
    var start = text.startIndex
    for index in text.indices {
      let character = text[index]
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "\"" || character == "'" {
        quote = character
      } else if character == "," {
        items.append(text[start..<index])
        start = text.index(after: index)
      }
    }
    items.append(text[start...])
    return items.map { trimmed($0.drop(while: \.isWhitespace)) }.filter { !$0.isEmpty }
  }

  /// A comment begins with `#` after white space, outside of quotes.
  private static func withoutComment(_ text: Substring) -> Substring {
    guard text.contains("#"), text.first != "\"", text.first != "'" else { return text }
    var previous: Character = " "
    for index in text.indices {
      if text[index] == "#", previous.isWhitespace { return trimmed(text[..<index]) }
      previous = text[index]
    }
    return text
  }

  private static func scalar(_ text: Substring) -> JSONValue {
    if let quote = text.first, quote == "\"" || quote == "'" {
      guard let end = text.dropFirst().lastIndex(of: quote) else { return .string(String(text)) }
      let inner = text[text.index(after: text.startIndex)..<end]
      return .string(quote == "\"" ? unescaped(inner) : String(inner.replacing("''", with: "'")))
    }
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    default: return number(text) ?? .string(String(text))
    }
  }

  /// Integers and decimal fractions only: what `Double` would accept beyond these (`nan`, `0x1p3`) is text to people, and
  /// so is a number with leading zeros.
  static func number(_ text: Substring) -> JSONValue? {
    let digits = text.first == "-" || text.first == "+" ? text.dropFirst() : text
    guard let first = digits.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return nil }
    if digits.utf8.count > 1, first == UInt8(ascii: "0"), !digits.dropFirst().hasPrefix(".") { return nil }
    if let integer = Int64(text) { return .integer(integer) }
    guard digits.utf8.allSatisfy({ "0123456789.eE+-".utf8.contains($0) }), let number = Double(text), number.isFinite else { return nil }
    return .number(number)
  }

  private static func unescaped(_ text: Substring) -> String {
    guard text.contains("\\") else { return String(text) }
    var result = ""
    var isEscaped = false
    for character in text {
      guard isEscaped || character != "\\" else {
        isEscaped = true
        continue
      }
      if isEscaped {
        result.append(character == "n" ? "\n" : character == "t" ? "\t" : character)
        isEscaped = false
      } else {
        result.append(character)
      }
    }
    return result
  }
}
