/// What escapes in the strings of JSON stand for (RFC 8259, section 7), for the readers of JSON in this room and those above.
/// NeedletailText does not stand on this room and reads the escapes of its vocabularies by itself.
package enum JSONEscape {
  /// Why an escape cannot be read.
  package enum Flaw: Error {
    case endsEarly
    case unknownLetter
    case notHexadecimal
    case loneSurrogate
  }

  /// Reads what follows a backslash, and moves the position behind it.
  package static func read(_ bytes: Span<UInt8>, at position: inout Int) throws(Flaw) -> Unicode.Scalar {
    guard position < bytes.count else { throw .endsEarly }
    let letter = bytes[position]
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try scalar(bytes, at: &position)
    default: throw .unknownLetter
    }
  }

  /// `XXXX`, or the surrogate pair `XXXX\uXXXX`.
  private static func scalar(_ bytes: Span<UInt8>, at position: inout Int) throws(Flaw) -> Unicode.Scalar {
    let first = try unit(bytes, at: &position)
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, position + 2 <= bytes.count, bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u") else {
      throw .loneSurrogate
    }
    position += 2
    let second = try unit(bytes, at: &position)
    guard (0xDC00..<0xE000).contains(second), let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) else {
      throw .loneSurrogate
    }
    return scalar
  }

  private static func unit(_ bytes: Span<UInt8>, at position: inout Int) throws(Flaw) -> UInt32 {
    guard position + 4 <= bytes.count else { throw .endsEarly }
    var value: UInt32 = 0
    for place in position..<position + 4 {
      let digit: UInt8
      switch bytes[place] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = bytes[place] - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = bytes[place] - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = bytes[place] - UInt8(ascii: "A") + 10
      default: throw .notHexadecimal
      }
      value = value << 4 | UInt32(digit)
    }
    position += 4
    return value
  }
}
