internal import Mustache

/// Escapes text for HTML byte by byte.
///
/// The escaping that Mustache brings looks at characters as people see them: a quotation mark followed by a combining
/// accent is one character to it, not a quotation mark, passes as it is and ends the attribute in which it stands. A
/// browser reads code points. Control characters that HTML does not allow become U+FFFD.
struct HTMLEscaping: MustacheContentType {
  static let name = "NEEDLETAIL_HTML"

  func escapeText(_ text: String) -> String {
    var escaped: [UInt8] = []
    escaped.reserveCapacity(text.utf8.count + text.utf8.count / 8)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "<"): escaped += "&lt;".utf8
      case UInt8(ascii: ">"): escaped += "&gt;".utf8
      case UInt8(ascii: "&"): escaped += "&amp;".utf8
      case UInt8(ascii: "\""): escaped += "&quot;".utf8
      case UInt8(ascii: "'"): escaped += "&#39;".utf8
      case UInt8(ascii: "\r"): escaped += "&#13;".utf8
      case UInt8(ascii: "\t"), UInt8(ascii: "\n"), 0x20...0x7e, 0x80...: escaped.append(byte)
      default: escaped += "\u{fffd}".utf8
      }
    }
    return String(decoding: escaped, as: UTF8.self)
  }
}
