internal import Foundation

/// What a program calls a point: a natural number of 64 bits or a UUID.
///
/// Ordered as scrolling goes: all numbers before all UUIDs, each among themselves by size.
public enum PointID: Hashable, Sendable {
  case number(UInt64)
  /// A UUID as its first and last eight bytes, most significant first.
  case uuid(UInt64, UInt64)

  /// Reads a UUID with or without hyphens or as `urn:uuid:…`; nil for any other text.
  public init?(uuid text: String) {
    var text = Substring(text)
    if text.lowercased().hasPrefix("urn:uuid:") { text = text.dropFirst(9) }
    if text.hasPrefix("{"), text.hasSuffix("}") { text = text.dropFirst().dropLast() }
    let bytes = Array(text.utf8)
    let hyphens = [8, 13, 18, 23]
    guard bytes.count == 32 || (bytes.count == 36 && hyphens.allSatisfy { bytes[$0] == UInt8(ascii: "-") }) else { return nil }
    var halves: [UInt64] = [0, 0]
    var count = 0
    for (index, byte) in bytes.enumerated() where bytes.count == 32 || !hyphens.contains(index) {
      guard byte < 0x80, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      halves[count / 16] = halves[count / 16] << 4 | UInt64(digit)
      count += 1
    }
    self = .uuid(halves[0], halves[1])
  }

  /// An id as it stands in a request; nil for what is none.
  public init?(_ node: JSONNode) {
    switch node {
    case .integer(let value) where value >= 0: self = .number(UInt64(value))
    case .unsigned(let value): self = .number(value)
    case .string(let text):
      guard let id = PointID(uuid: text) else { return nil }
      self = id
    default: return nil
    }
  }

  /// The key of the database: its order byte by byte is the order of ids.
  var key: Data {
    var bytes: [UInt8] = []
    func append(_ value: UInt64) {
      for shift in stride(from: UInt64(56), through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
    switch self {
    case .number(let value):
      bytes.append(0)
      append(value)
    case .uuid(let high, let low):
      bytes.append(1)
      append(high)
      append(low)
    }
    return Data(bytes)
  }

  init?(key: Data) {
    let bytes = Array(key)
    func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
    switch (bytes.first, bytes.count) {
    case (0, 9): self = .number(number(bytes[1...]))
    case (1, 17): self = .uuid(number(bytes[1..<9]), number(bytes[9...]))
    default: return nil
    }
  }

  /// Writes the id as JSON has it.
  public func write(_ writer: inout JSONWriter) {
    switch self {
    case .number(let value): writer.integer(value)
    case .uuid: writer.string(description)
    }
  }
}

extension PointID: CustomStringConvertible {
  /// The number, or the UUID hyphenated in lower case.
  public var description: String {
    switch self {
    case .number(let value): return "\(value)"
    case .uuid(let high, let low):
      func hexadecimal(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
      }
      let digits = Array(hexadecimal(high) + hexadecimal(low))
      return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }
  }
}

extension PointID: Comparable {
  public static func < (left: PointID, right: PointID) -> Bool {
    switch (left, right) {
    case (.number(let left), .number(let right)): left < right
    case (.number, .uuid): true
    case (.uuid, .number): false
    case (.uuid(let high, let low), .uuid(let otherHigh, let otherLow)): high != otherHigh ? high < otherHigh : low < otherLow
    }
  }
}

extension PointID {
  /// SipHash-2-4 with a zero key over the bytes of the id (J.-P. Aumasson and D. J. Bernstein, 2012): the hash by which
  /// clients divide points into slices.
  var sliceHash: UInt64 {
    switch self {
    case .number(let value): SipHash.hash([value])
    case .uuid(let high, let low): SipHash.hash([high.byteSwapped, low.byteSwapped])
    }
  }
}

/// SipHash-2-4 with a zero key over whole little-endian words.
enum SipHash {
  static func hash(_ words: [UInt64]) -> UInt64 {
    var (a, b, c, d): (UInt64, UInt64, UInt64, UInt64) = (0x736f_6d65_7073_6575, 0x646f_7261_6e64_6f6d, 0x6c79_6765_6e65_7261, 0x7465_6462_7974_6573)
    func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
    func round() {
      a = a &+ b; b = rotate(b, 13) ^ a; a = rotate(a, 32)
      c = c &+ d; d = rotate(d, 16) ^ c
      a = a &+ d; d = rotate(d, 21) ^ a
      c = c &+ b; b = rotate(b, 17) ^ c; c = rotate(c, 32)
    }
    for word in words + [UInt64(words.count * 8 & 0xFF) << 56] {
      d ^= word
      round(); round()
      a ^= word
    }
    c ^= 0xFF
    round(); round(); round(); round()
    return a ^ b ^ c ^ d
  }
}
