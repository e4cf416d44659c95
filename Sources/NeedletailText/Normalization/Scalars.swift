/// UTF-8 by hand: the inputs are Swift strings or checked buffers, so sequences are well formed or treated as such.
enum Scalars {
  /// Decodes the scalar that begins at `position`; a byte that begins none counts as a replacement character of length 1.
  @inline(__always)
  static func decode(_ bytes: Span<UInt8>, at position: Int) -> (scalar: UInt32, length: Int) {
    let first = UInt32(bytes[position])
    if first < 0x80 { return (first, 1) }
    let available = bytes.count - position
    if first >= 0xC2, first < 0xE0, available >= 2 {
      return ((first & 0x1F) << 6 | UInt32(bytes[position + 1] & 0x3F), 2)
    }
    if first >= 0xE0, first < 0xF0, available >= 3 {
      let scalar = (first & 0xF) << 12 | UInt32(bytes[position + 1] & 0x3F) << 6 | UInt32(bytes[position + 2] & 0x3F)
      return (scalar, 3)
    }
    if first >= 0xF0, first < 0xF5, available >= 4 {
      let high = (first & 0x7) << 18 | UInt32(bytes[position + 1] & 0x3F) << 12
      let scalar = high | UInt32(bytes[position + 2] & 0x3F) << 6 | UInt32(bytes[position + 3] & 0x3F)
      return scalar < 0x110000 ? (scalar, 4) : (0xFFFD, 1)
    }
    return (0xFFFD, 1)
  }

  /// Whether a byte continues a scalar rather than begins one.
  @inline(__always)
  static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

  /// Appends the UTF-8 form of a scalar.
  static func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
    switch scalar {
    case ..<0x80:
      bytes.append(UInt8(scalar))
    case ..<0x800:
      bytes.append(UInt8(0xC0 | scalar >> 6))
      bytes.append(UInt8(0x80 | scalar & 0x3F))
    case ..<0x10000:
      bytes.append(UInt8(0xE0 | scalar >> 12))
      bytes.append(UInt8(0x80 | scalar >> 6 & 0x3F))
      bytes.append(UInt8(0x80 | scalar & 0x3F))
    default:
      bytes.append(UInt8(0xF0 | scalar >> 18))
      bytes.append(UInt8(0x80 | scalar >> 12 & 0x3F))
      bytes.append(UInt8(0x80 | scalar >> 6 & 0x3F))
      bytes.append(UInt8(0x80 | scalar & 0x3F))
    }
  }
}
