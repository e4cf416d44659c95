internal import Foundation

/// Bytes to text when nobody says for sure which encoding it is.
///
/// In this order: a byte order mark, what the format declares, UTF-8 if the bytes are valid, UTF-16 if every other byte
/// is mostly zero, and else Windows-1252, which gives every byte a meaning.
enum TextDecoding {
  /// The text with `\n` line ends, without byte order mark and NUL.
  ///
  /// - Parameter declared: the character set named by a mail header or a `<meta>` element; valid UTF-8 beats a declared
  ///   single-byte set, since such declarations are often stale and such text is hardly ever valid UTF-8 by chance.
  static func decode(_ bytes: [UInt8], declared: String? = nil) throws(ReadingProblem) -> String {
    if let text = marked(bytes) { return cleaned(text) }
    let declaredCharset = try declared.flatMap { label throws(ReadingProblem) in try Charset(label: label) }
    if case .utf16(let isBigEndian) = declaredCharset { return cleaned(utf16(bytes[...], isBigEndian: isBigEndian)) }
    if !isStateful(declaredCharset), let text = String(validating: bytes, as: UTF8.self) { return cleaned(text) }
    if let declaredCharset { return cleaned(try text(of: bytes, in: declaredCharset)) }
    if let isBigEndian = utf16Order(of: bytes) { return cleaned(utf16(bytes[...], isBigEndian: isBigEndian)) }
    return cleaned(windows1252(bytes))
  }

  /// True if the bytes are the beginning of text in some encoding known here.
  static func looksLikeText(_ head: [UInt8]) -> Bool {
    if marked(head) != nil || utf16Order(of: head) != nil { return true }
    var controls = 0
    for byte in head {
      if byte == 0 { return false }
      if byte < 0x20, !(0x09...0x0D).contains(byte), byte != 0x1B { controls += 1 }
    }
    return controls * 20 <= head.count
  }

  /// Windows-1252 with the five unassigned bytes read as in Latin-1, as browsers do.
  static func windows1252(_ bytes: [UInt8]) -> String {
    var scalars = String.UnicodeScalarView()
    for byte in bytes { scalars.append(windows1252Scalar(byte)) }
    return String(scalars)
  }

  /// The character that a byte stands for in Windows-1252.
  static func windows1252Scalar(_ byte: UInt8) -> Unicode.Scalar {
    guard (0x80...0x9F).contains(byte) else { return Unicode.Scalar(byte) }
    return Unicode.Scalar(windows1252High[Int(byte) - 0x80]) ?? Unicode.Scalar(byte)
  }

  private static let windows1252High: [UInt16] = [
    0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D, 0x8F,
    0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
  ]

  /// The text without what no document should contain: carriage returns, NUL, a byte order mark at the front.
  static func cleaned(_ text: String) -> String {
    let needsCleaning = text.utf8.contains { $0 == 0 || $0 == 0x0D } || text.unicodeScalars.first == "\u{FEFF}"
    guard needsCleaning else { return text }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    var previous: UInt8 = 0
    for byte in text.utf8 {
      switch byte {
      case 0: break
      case 0x0D: bytes.append(0x0A)
      case 0x0A where previous == 0x0D: break
      default: bytes.append(byte)
      }
      previous = byte
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The text after a byte order mark, which names the encoding; nil without one.
  private static func marked(_ bytes: [UInt8]) -> String? {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return String(decoding: bytes.dropFirst(3), as: UTF8.self) }
    if bytes.starts(with: [0xFF, 0xFE, 0, 0]) { return utf32(bytes.dropFirst(4), isBigEndian: false) }
    if bytes.starts(with: [0, 0, 0xFE, 0xFF]) { return utf32(bytes.dropFirst(4), isBigEndian: true) }
    if bytes.starts(with: [0xFF, 0xFE]) { return utf16(bytes.dropFirst(2), isBigEndian: false) }
    if bytes.starts(with: [0xFE, 0xFF]) { return utf16(bytes.dropFirst(2), isBigEndian: true) }
    return nil
  }

  /// True for big endian, false for little endian, nil if the bytes do not look like UTF-16 without a mark.
  ///
  /// Western text has its zeros in the high bytes only. A third is asked for, so that lines of other scripts between do
  /// no harm, and next to none in the low bytes, where control characters would not be expected either.
  private static func utf16Order(of bytes: [UInt8]) -> Bool? {
    let sample = bytes.prefix(4096)
    let units = sample.count / 2
    guard units >= 8 else { return nil }
    var zeros = [0, 0]
    var controls = 0
    for (index, byte) in sample.enumerated() {
      if byte == 0 { zeros[index & 1] += 1 } else if byte < 0x09 { controls += 1 }
    }
    guard controls * 50 <= units else { return nil }
    if zeros[1] * 3 > units, zeros[0] * 50 <= units { return false }
    if zeros[0] * 3 > units, zeros[1] * 50 <= units { return true }
    return nil
  }

  private static func utf16(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool) -> String {
    var units: [UInt16] = []
    units.reserveCapacity(bytes.count / 2)
    var index = bytes.startIndex
    while index + 1 < bytes.endIndex {
      let first = UInt16(bytes[index]), second = UInt16(bytes[index + 1])
      units.append(isBigEndian ? first << 8 | second : second << 8 | first)
      index += 2
    }
    return String(decoding: units, as: UTF16.self)
  }

  private static func utf32(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool) -> String {
    var scalars = String.UnicodeScalarView()
    var index = bytes.startIndex
    while index + 3 < bytes.endIndex {
      let unit = bytes[index..<index + 4]
      let value = (isBigEndian ? Array(unit) : unit.reversed()).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      scalars.append(Unicode.Scalar(value) ?? "\u{FFFD}")
      index += 4
    }
    return String(scalars)
  }

  private static func isStateful(_ charset: Charset?) -> Bool {
    if case .system(.iso2022JP) = charset { true } else { false }
  }

  private static func text(of bytes: [UInt8], in charset: Charset) throws(ReadingProblem) -> String {
    switch charset {
    case .utf8: return String(decoding: bytes, as: UTF8.self)
    case .windows1252: return windows1252(bytes)
    case .utf16(let isBigEndian): return utf16(bytes[...], isBigEndian: isBigEndian)
    case .system(let encoding):
      guard let text = String(bytes: bytes, encoding: encoding) else {
        throw .malformed(format: "\(encoding)", reason: "some of its bytes have no meaning")
      }
      return text
    }
  }
}

/// A character set by the names that mail and web pages use.
private enum Charset {
  case utf8, windows1252
  case utf16(isBigEndian: Bool)
  /// One that Foundation converts.
  case system(String.Encoding)

  /// Nil if the label is empty.
  init?(label: String) throws(ReadingProblem) {
    let name = label.trimmingCharacters(in: .whitespacesAndNewlines).trimmingCharacters(in: CharacterSet(charactersIn: "\"'")).lowercased()
    switch name {
    case "": return nil
    case "utf-8", "utf8", "unicode-1-1-utf-8": self = .utf8
    // ASCII and Latin-1 are subsets of Windows-1252 as far as text goes; the WHATWG encoding standard reads them so.
    case "us-ascii", "ascii", "ansi_x3.4-1968", "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "windows-1252", "cp1252":
      self = .windows1252
    case "utf-16", "utf-16le", "utf16": self = .utf16(isBigEndian: false)
    case "utf-16be": self = .utf16(isBigEndian: true)
    default:
      guard let encoding = Self.byName[name] else { throw .unsupportedEncoding(name) }
      self = .system(encoding)
    }
  }

  private static let byName: [String: String.Encoding] = [
    "iso-8859-2": .isoLatin2, "latin2": .isoLatin2, "windows-1250": .windowsCP1250, "cp1250": .windowsCP1250,
    "windows-1251": .windowsCP1251, "cp1251": .windowsCP1251, "windows-1253": .windowsCP1253, "windows-1254": .windowsCP1254,
    "iso-8859-9": .windowsCP1254, "shift_jis": .shiftJIS, "shift-jis": .shiftJIS, "sjis": .shiftJIS, "x-sjis": .shiftJIS,
    "euc-jp": .japaneseEUC, "iso-2022-jp": .iso2022JP, "macintosh": .macOSRoman, "x-mac-roman": .macOSRoman,
  ]
}
