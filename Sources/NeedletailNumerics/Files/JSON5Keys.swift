/// Looks for objects in a JSON5 text that give a key twice, which decoders pass over in silence.
public enum JSON5Keys {
  private struct Level {
    /// Keys so far; nil in a list.
    var keys: Set<[UInt8]>?
    var expectsKey: Bool
  }

  /// The first key that its object gave before, as it is written without quotes; nil if there is none.
  ///
  /// The text need not be sound: what is not JSON5 is for the decoder to refuse. Keys that differ only in how they are escaped
  /// count as different.
  public static func firstRepeated(in text: [UInt8]) -> String? {
    var levels: [Level] = []
    var position = 0
    while position < text.count {
      let byte = text[position]
      switch byte {
      case UInt8(ascii: "{"):
        levels.append(Level(keys: [], expectsKey: true))
        position += 1
      case UInt8(ascii: "["):
        levels.append(Level(keys: nil, expectsKey: false))
        position += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        _ = levels.popLast()
        position += 1
      case UInt8(ascii: ","):
        if let last = levels.indices.last { levels[last].expectsKey = levels[last].keys != nil }
        position += 1
      case UInt8(ascii: "/"): position = endOfComment(text, position)
      default:
        guard isPartOfWord(byte) || isQuote(byte) else {
          position += 1
          continue
        }
        let end = isQuote(byte) ? endOfString(text, position) : endOfWord(text, position)
        if let last = levels.indices.last, levels[last].expectsKey {
          levels[last].expectsKey = false
          let key = isQuote(byte) ? text[position + 1..<max(position + 1, end - 1)] : text[position..<end]
          if levels[last].keys?.insert(Array(key)).inserted == false { return String(decoding: key, as: UTF8.self) }
        }
        position = end
      }
    }
    return nil
  }

  private static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }

  /// Names, numbers and all beyond ASCII; not white space, nor what separates.
  private static func isPartOfWord(_ byte: UInt8) -> Bool {
    byte > UInt8(ascii: " ") && !isQuote(byte) && !"{}[],:/".utf8.contains(byte)
  }

  private static func endOfWord(_ text: [UInt8], _ start: Int) -> Int {
    var end = start
    while end < text.count, isPartOfWord(text[end]) { end += 1 }
    return end
  }

  /// The place after the closing quote, or the end of the text.
  private static func endOfString(_ text: [UInt8], _ start: Int) -> Int {
    var end = start + 1
    while end < text.count, text[end] != text[start] { end += text[end] == UInt8(ascii: "\\") ? 2 : 1 }
    return min(end + 1, text.count)
  }

  private static func endOfComment(_ text: [UInt8], _ start: Int) -> Int {
    guard start + 1 < text.count else { return text.count }
    var end = start + 2
    switch text[start + 1] {
    case UInt8(ascii: "/"):
      while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
      return end
    case UInt8(ascii: "*"):
      while end + 1 < text.count, !(text[end] == UInt8(ascii: "*") && text[end + 1] == UInt8(ascii: "/")) { end += 1 }
      return min(end + 2, text.count)
    default: return start + 1
    }
  }
}
