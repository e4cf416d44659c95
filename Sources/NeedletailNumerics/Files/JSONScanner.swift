/// Reads the small part of JSON that safetensors headers use: objects, strings, arrays of natural numbers.
///
/// A general decoder would hide duplicate keys and positions, and needs memory in proportion to the nesting of hostile input;
/// this one goes as deep as its caller asks.
struct JSONScanner {
  private let bytes: [UInt8]
  private var position = 0
  /// Where the text stands in its file.
  private let origin: Int

  init(_ bytes: [UInt8], origin: Int) {
    self.bytes = bytes
    self.origin = origin
  }

  func flaw(_ reason: String) -> SafetensorsHeader.Flaw { .init(offset: origin + position, reason: reason) }

  /// Reads `{…}`; the closure reads the value of each key.
  mutating func object(
    _ readValue: (inout JSONScanner, _ key: String) throws(SafetensorsHeader.Flaw) -> Void
  ) throws(SafetensorsHeader.Flaw) {
    try expect("{")
    if take("}") { return }
    repeat {
      let key = try string()
      try expect(":")
      try readValue(&self, key)
    } while take(",")
    try expect("}")
  }

  /// Reads `[1, 2, …]`.
  mutating func integers() throws(SafetensorsHeader.Flaw) -> [Int] {
    try expect("[")
    if take("]") { return [] }
    var values: [Int] = []
    repeat { values.append(try integer()) } while take(",")
    try expect("]")
    return values
  }

  /// Only white space may follow: writers pad the header with it.
  mutating func end() throws(SafetensorsHeader.Flaw) {
    skipSpace()
    guard position == bytes.count else { throw flaw("text follows the header's last brace") }
  }

  mutating func string() throws(SafetensorsHeader.Flaw) -> String {
    try expect("\"")
    var utf8: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: utf8, as: UTF8.self) else { throw flaw("a string is not UTF-8") }
        position += 1
        return string
      case UInt8(ascii: "\\"):
        position += 1
        utf8.append(contentsOf: try escape().utf8)
      case ..<0x20: throw flaw("a string holds a control character")
      default:
        utf8.append(byte)
        position += 1
      }
    }
    throw flaw("a string does not end")
  }

  private mutating func escape() throws(SafetensorsHeader.Flaw) -> Unicode.Scalar {
    var place = position
    defer { position = place }
    do throws(JSONEscape.Flaw) {
      return try JSONEscape.read(bytes.span, at: &place)
    } catch {
      switch error {
      case .endsEarly: throw flaw("a string does not end")
      case .unknownLetter: throw flaw("a string holds an unknown escape")
      case .notHexadecimal: throw flaw("an escape is not hexadecimal")
      case .loneSurrogate: throw flaw("a string holds half of a surrogate pair")
      }
    }
  }

  private mutating func integer() throws(SafetensorsHeader.Flaw) -> Int {
    skipSpace()
    let start = position
    var value = 0
    while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
      let (shifted, overflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, carries) = shifted.addingReportingOverflow(Int(bytes[position] - UInt8(ascii: "0")))
      guard !overflows, !carries else { throw flaw("a number is too large") }
      value = sum
      position += 1
    }
    guard position > start else { throw flaw("a natural number is missing") }
    return value
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(SafetensorsHeader.Flaw) {
    guard take(character) else { throw flaw("\(character) is missing") }
  }
}
