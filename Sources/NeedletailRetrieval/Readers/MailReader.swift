internal import NeedletailCore
internal import NeedletailText

/// Reads a mail message (RFC 5322, MIME). The plain text is preferred, HTML is taken where there is nothing else.
///
/// Payload: `from`, `to`, `cc` (lists), `date` (ISO 8601, UTC), `subject`, `messageID`, `attachments` (names).
public struct MailReader: DocumentReader {
  private let limits: ReadingLimits

  public init(limits: ReadingLimits = ReadingLimits()) { self.limits = limits }

  public func read(_ file: SourceFile, receive: (ReadDocument) async throws -> Void) async throws {
    let message = MailPart(try file.contents(limit: limits.textBytes)[...])
    guard !message.headers.isEmpty else { throw ReadingProblem.malformed(format: "mail", reason: "it does not begin with headers") }
    var body = MailBody()
    try body.collect(message)
    let subject = message.header("subject").map(MailHeaders.decoded) ?? ""
    let text = body.text
    try await receive(
      ReadDocument(
        title: subject.isEmpty ? file.stem : subject, text: text.isEmpty ? subject : text,
        payload: Self.payload(of: message, subject: subject, attachments: body.attachments)))
  }

  private static func payload(of message: MailPart, subject: String, attachments: [String]) -> Payload {
    var payload: Payload = [:]
    for field in ["from", "to", "cc"] {
      guard let value = message.header(field) else { continue }
      let addresses = MailHeaders.addresses(in: MailHeaders.decoded(value)).map { JSONValue.string($0) }
      payload[field] = field == "from" && addresses.count == 1 ? addresses[0] : .array(addresses)
    }
    if let date = message.header("date").flatMap(MailHeaders.date) { payload["date"] = .string(date.iso8601) }
    if !subject.isEmpty { payload["subject"] = .string(subject) }
    if let id = message.header("message-id") { payload["messageID"] = .string(MailHeaders.decoded(id)) }
    if !attachments.isEmpty { payload["attachments"] = .array(attachments.map { .string($0) }) }
    return payload
  }
}

/// The text of a message, gathered from its parts.
private struct MailBody {
  private var paragraphs: [String] = []
  private(set) var attachments: [String] = []
  private var partCount = 0

  var text: String { paragraphs.joined(separator: "\n\n") }

  private static let deepestNesting = 16
  private static let mostParts = 1000

  mutating func collect(_ part: MailPart, depth: Int = 0) throws(ReadingProblem) {
    partCount += 1
    guard depth <= Self.deepestNesting, partCount <= Self.mostParts else { return }
    let type = part.contentType
    if type.value.hasPrefix("multipart/"), let boundary = type.parameters["boundary"], !boundary.isEmpty {
      let parts = part.parts(boundary: boundary)
      if type.value == "multipart/alternative" {
        try collectAlternative(parts, depth: depth)
      } else {
        for inner in parts { try collect(inner, depth: depth + 1) }
      }
      return
    }
    if part.isAttachment || !(type.value.hasPrefix("text/") || type.value == "message/rfc822") {
      attachments.append(part.fileName ?? type.value)
      return
    }
    if type.value == "message/rfc822" {
      let inner = MailPart(part.decodedBody[...])
      if let subject = inner.header("subject") { paragraphs.append(MailHeaders.decoded(subject)) }
      try collect(inner, depth: depth + 1)
    } else {
      append(try text(of: part, type: type))
    }
  }

  /// Takes one of several renderings of the same: the first that is plain text, else the last, which the sender likes
  /// best (RFC 2046, 5.1.4).
  private mutating func collectAlternative(_ parts: [MailPart], depth: Int) throws(ReadingProblem) {
    let plain = parts.first { $0.contentType.value == "text/plain" && !$0.isAttachment }
    guard let chosen = plain ?? parts.last else { return }
    let before = paragraphs.count
    try collect(chosen, depth: depth + 1)
    if paragraphs.count == before, let other = parts.last, plain != nil, parts.count > 1 { try collect(other, depth: depth + 1) }
  }

  private func text(of part: MailPart, type: MailHeaders.Parameterized) throws(ReadingProblem) -> String {
    let charset = type.parameters["charset"]
    let bytes = part.decodedBody
    guard type.value == "text/html" else { return try TextDecoding.decode(bytes, declared: charset) }
    let source = try TextDecoding.decode(bytes, declared: charset ?? HTMLReader.declaredCharset(in: bytes))
    return HTMLTextExtraction(source).page.text
  }

  private mutating func append(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let content = lines.drop { $0.allSatisfy(\.isWhitespace) }.joined(separator: "\n")
    if !content.isEmpty { paragraphs.append(content) }
  }
}

/// A message or a part of one: headers and an encoded body.
struct MailPart {
  /// Names in lower case and unfolded values, in the order of the message.
  let headers: [(name: String, value: String)]
  private let body: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    (headers, body) = MailHeaders.split(bytes)
  }

  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

  var contentType: MailHeaders.Parameterized {
    MailHeaders.parameterized(header("content-type") ?? "text/plain")
  }

  var isAttachment: Bool {
    header("content-disposition").map { MailHeaders.parameterized($0).value == "attachment" } ?? false
  }

  var fileName: String? {
    let disposition = header("content-disposition").map { MailHeaders.parameterized($0).parameters["filename"] } ?? nil
    return (disposition ?? contentType.parameters["name"]).map(MailHeaders.decoded)
  }

  var decodedBody: [UInt8] {
    switch header("content-transfer-encoding")?.lowercased().filter({ !$0.isWhitespace }) {
    case "base64": TransferDecoding.base64(body)
    case "quoted-printable": TransferDecoding.quotedPrintable(body)
    default: Array(body)
    }
  }

  /// The parts between lines of `--boundary`; what stands before the first and after the closing one is not shown to
  /// people (RFC 2046, 5.1.1).
  func parts(boundary: String) -> [MailPart] {
    let mark = Array("--\(boundary)".utf8)
    var parts: [MailPart] = []
    var partStart: Int?
    var lineStart = body.startIndex
    while lineStart < body.endIndex {
      let lineEnd = body[lineStart...].firstIndex(of: UInt8(ascii: "\n")) ?? body.endIndex
      let next = min(lineEnd + 1, body.endIndex)
      let line = body[lineStart..<lineEnd]
      if line.starts(with: mark), let isLast = Self.endsPart(line.dropFirst(mark.count)) {
        if let start = partStart { parts.append(MailPart(withoutLineEnd(body[start..<max(start, lineStart)]))) }
        partStart = isLast ? nil : next
        if isLast { return parts }
      }
      lineStart = next
    }
    // A message that was cut off has no closing line.
    if let start = partStart { parts.append(MailPart(body[start...])) }
    return parts
  }

  /// The line end before a boundary belongs to the boundary.
  private func withoutLineEnd(_ part: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard part.last == 0x0A else { return part }
    let line = part.dropLast()
    return line.last == 0x0D ? line.dropLast() : line
  }

  /// After the boundary: nothing (a part begins), `--` (the last one ended), or else it was not the boundary.
  private static func endsPart(_ rest: ArraySlice<UInt8>) -> Bool? {
    if rest.starts(with: "--".utf8) { return true }
    return rest.allSatisfy { HTMLTokenizer.isSpace($0) } ? false : nil
  }
}

/// The encodings that carry bytes over lines of ASCII (RFC 2045, section 6).
enum TransferDecoding {
  /// Whatever is no letter of the alphabet is passed over; an unfinished last group gives the bytes that are complete.
  static func base64(_ text: some Sequence<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for byte in text {
      guard let value = base64Value(byte) else {
        if byte == UInt8(ascii: "=") { (bits, count) = (0, 0) }
        continue
      }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return result
  }

  static func quotedPrintable(_ text: ArraySlice<UInt8>, underscoreIsSpace: Bool = false) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = text.startIndex
    while index < text.endIndex {
      let byte = text[index]
      index += 1
      guard byte == UInt8(ascii: "=") else {
        result.append(underscoreIsSpace && byte == UInt8(ascii: "_") ? 0x20 : byte)
        continue
      }
      if index + 1 < text.endIndex, let high = hexadecimal(text[index]), let low = hexadecimal(text[index + 1]) {
        result.append(high << 4 | low)
        index += 2
      } else if let end = softLineEnd(at: index, in: text) {
        index = end
      } else {
        result.append(byte)
      }
    }
    return result
  }

  /// The index after a line end with only white space before it; such a line was broken for transport only.
  private static func softLineEnd(at start: Int, in text: ArraySlice<UInt8>) -> Int? {
    var index = start
    while index < text.endIndex, index - start < 80, text[index] == 0x20 || text[index] == 0x09 || text[index] == 0x0D { index += 1 }
    if index >= text.endIndex { return index }
    return text[index] == 0x0A ? index + 1 : nil
  }

  private static func base64Value(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
    case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
    default: nil
    }
  }

  static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
