/// The header section of a mail message (RFC 5322, RFC 2045, RFC 2047, RFC 2231).
enum MailHeaders {
  /// A value like `text/plain; charset=utf-8`.
  struct Parameterized: Equatable {
    /// In lower case.
    var value: String
    /// By names in lower case.
    var parameters: [String: String]
  }

  private static let longestSection = 1 << 20

  /// Separates the headers from the body. Lines that begin with white space continue the one before.
  static func split(_ bytes: ArraySlice<UInt8>) -> (headers: [(name: String, value: String)], body: ArraySlice<UInt8>) {
    var headers: [(name: String, value: String)] = []
    var folded: [UInt8] = []
    var lineStart = bytes.startIndex
    func finish() {
      if let header = header(folded) { headers.append(header) }
      folded.removeAll(keepingCapacity: true)
    }
    while lineStart < bytes.endIndex, lineStart - bytes.startIndex < longestSection {
      let lineEnd = bytes[lineStart...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
      var line = bytes[lineStart..<lineEnd]
      if line.last == 0x0D { line = line.dropLast() }
      // The line of an mbox file that names the sender is no header.
      let isEnvelope = lineStart == bytes.startIndex && line.starts(with: "From ".utf8)
      let isContinuation = line.first == 0x20 || line.first == 0x09
      if !line.isEmpty, !isEnvelope, !isContinuation, !isHeaderLine(line) { break }
      lineStart = min(lineEnd + 1, bytes.endIndex)
      if line.isEmpty { break }
      if isEnvelope { continue }
      if !isContinuation { finish() }
      folded += line
    }
    finish()
    return (headers, bytes[lineStart...])
  }

  private static func isHeaderLine(_ line: ArraySlice<UInt8>) -> Bool {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { return false }
    return line[..<colon].allSatisfy { (33...126).contains($0) || $0 == 0x20 }
  }

  private static func header(_ line: [UInt8]) -> (name: String, value: String)? {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let name = trimmed(String(decoding: line[..<colon], as: UTF8.self)).lowercased()
    let bytes = Array(line[(colon + 1)...])
    // Eight-bit headers are against the rules, but common in old mail.
    let value = String(validating: bytes, as: UTF8.self) ?? TextDecoding.windows1252(bytes)
    return (name, trimmed(value))
  }

  /// Splits `value; name=text; name="text"`, and puts the pieces of RFC 2231 (`name*0*=utf-8''…`) together.
  static func parameterized(_ text: String) -> Parameterized {
    var pieces = splitOutsideQuotes(text[...], at: ";").map { trimmed($0) }
    let value = pieces.isEmpty ? "" : pieces.removeFirst().lowercased()
    var parameters: [String: String] = [:]
    var continued: [String: [(Int, String, isEncoded: Bool)]] = [:]
    for piece in pieces.prefix(100) {
      guard let equals = piece.firstIndex(of: "=") else { continue }
      let name = trimmed(piece[..<equals]).lowercased()
      let content = unquoted(trimmed(piece[piece.index(after: equals)...]))
      let parts = name.split(separator: "*", omittingEmptySubsequences: false)
      if parts.count == 1 {
        if parameters[name] == nil { parameters[name] = content }
      } else {
        continued[String(parts[0]), default: []].append((Int(parts[1]) ?? 0, content, name.hasSuffix("*")))
      }
    }
    for (name, sections) in continued {
      let ordered = sections.sorted { $0.0 < $1.0 }
      parameters[name] = joined(ordered.map { ($0.1, isEncoded: $0.isEncoded) })
    }
    return Parameterized(value: value, parameters: parameters)
  }

  private static func joined(_ sections: [(String, isEncoded: Bool)]) -> String {
    var charset: String?
    var bytes: [UInt8] = []
    for (index, section) in sections.enumerated() {
      var content = section.0[...]
      guard section.isEncoded else {
        bytes += content.utf8
        continue
      }
      if index == 0 {
        let parts = content.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        if parts.count == 3 { (charset, content) = (String(parts[0]), parts[2]) }
      }
      let escaped = content.utf8.map { $0 == UInt8(ascii: "%") ? UInt8(ascii: "=") : $0 }
      bytes += TransferDecoding.quotedPrintable(escaped[...])
    }
    return (try? TextDecoding.decode(bytes, declared: charset)) ?? TextDecoding.windows1252(bytes)
  }

  /// The value with its encoded words (`=?charset?B?…?=`) replaced (RFC 2047). Words in an unknown character set stay.
  static func decoded(_ value: String) -> String {
    guard value.contains("=?") else { return value.split(whereSeparator: \.isNewline).joined(separator: " ") }
    var result = ""
    var rest = value[...]
    var followsWord = false
    while let start = rest.firstRange(of: "=?") {
      let before = rest[..<start.lowerBound]
      guard let (word, end) = encodedWord(rest[start.upperBound...]) else {
        result += rest[..<start.upperBound]
        rest = rest[start.upperBound...]
        followsWord = false
        continue
      }
      // White space between two encoded words only separates them.
      if !(followsWord && before.allSatisfy(\.isWhitespace)) { result += before }
      result += word
      rest = rest[end...]
      followsWord = true
    }
    return (result + rest).split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  /// Reads `charset?encoding?text?=`.
  private static func encodedWord(_ text: Substring) -> (String, end: String.Index)? {
    let limit = text.utf8.index(text.startIndex, offsetBy: 1000, limitedBy: text.endIndex) ?? text.endIndex
    let window = text.utf8[..<limit]
    guard let first = window.firstIndex(of: UInt8(ascii: "?")),
      let second = window[window.index(after: first)...].firstIndex(of: UInt8(ascii: "?")),
      let third = window[window.index(after: second)...].firstIndex(of: UInt8(ascii: "?")),
      case let after = window.index(after: third), after < window.endIndex, window[after] == UInt8(ascii: "=")
    else { return nil }
    let charset = String(text[..<first]).split(separator: "*").first.map(String.init) ?? ""
    let content = Array(window[window.index(after: second)..<third])
    let bytes: [UInt8]
    switch text[text.utf8.index(after: first)..<second] {
    case "B", "b": bytes = TransferDecoding.base64(content)
    case "Q", "q": bytes = TransferDecoding.quotedPrintable(content[...], underscoreIsSpace: true)
    default: return nil
    }
    guard let word = try? TextDecoding.decode(bytes, declared: charset) else { return nil }
    return (word, window.index(after: after))
  }

  /// The addresses of a list, as they are written.
  static func addresses(in value: String) -> [String] {
    splitOutsideQuotes(value[...], at: ",").map { trimmed($0) }.filter { !$0.isEmpty }
  }

  /// Reads `Tue, 24 Nov 2026 06:07:02 +0100`; nil if it is none.
  static func date(_ value: String) -> Timestamp? {
    var words = withoutComments(value).split { $0.isWhitespace || $0 == "," }[...]
    if let first = words.first, first.first?.isLetter == true { words.removeFirst() }
    guard words.count >= 4, let day = Int(words[words.startIndex]),
      let month = months.firstIndex(of: words[words.startIndex + 1].prefix(3).lowercased()),
      var year = Int(words[words.startIndex + 2])
    else { return nil }
    if year < 100 { year += year < 50 ? 2000 : 1900 }
    let time = words[words.startIndex + 3].split(separator: ":").map { Int($0) ?? -1 }
    guard time.count >= 2,
      let date = Timestamp(
        year: year, month: month + 1, day: day, hour: time[0], minute: time[1], second: time.count > 2 ? time[2] : 0)
    else { return nil }
    let zone = words.count > 4 ? offset(words[words.startIndex + 4]) : 0
    return Timestamp(secondsSince1970: date.secondsSince1970 - Int64(zone))
  }

  /// Seconds east of Greenwich.
  private static func offset(_ zone: Substring) -> Int {
    if let hours = namedZones[String(zone)] { return hours * 3600 }
    guard let sign = zone.first, sign == "+" || sign == "-", let digits = Int(zone.dropFirst()), digits < 2400 else { return 0 }
    return (digits / 100 * 3600 + digits % 100 * 60) * (sign == "-" ? -1 : 1)
  }

  /// The zones that RFC 5322 (section 4.3) knows by name; others stand for Greenwich.
  private static let namedZones = ["EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7]

  private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

  private static func withoutComments(_ text: String) -> String {
    var depth = 0
    return text.filter { character in
      if character == "(" { depth += 1 }
      defer { if character == ")", depth > 0 { depth -= 1 } }
      return depth == 0
    }
  }

  private static func splitOutsideQuotes(_ text: Substring, at separator: Character) -> [Substring] {
    var pieces: [Substring] = []
    var start = text.startIndex
    var isQuoted = false
    var isEscaped = false
    for index in text.indices {
      let character = text[index]
      if isEscaped {
        isEscaped = false
      } else if character == "\\" {
        isEscaped = isQuoted
      } else if character == "\"" {
        isQuoted.toggle()
      } else if character == separator, !isQuoted {
        pieces.append(text[start..<index])
        start = text.index(after: index)
      }
    }
    pieces.append(text[start...])
    return pieces
  }

  private static func unquoted(_ text: String) -> String {
    guard text.first == "\"" else { return text }
    var result = ""
    var isEscaped = false
    for character in text.dropFirst() {
      if isEscaped {
        result.append(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == "\"" {
        break
      } else {
        result.append(character)
      }
    }
    return result
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    var text = text[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
