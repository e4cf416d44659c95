/// The visible characters by which byte-level models spell bytes (Radford et al., 2019).
///
/// Printable bytes stand for themselves, the others for the characters from U+0100 on, in order.
enum ByteAlphabet {
  /// For each byte its character.
  static let characters: [UInt32] = {
    var next: UInt32 = 0x100
    return (UInt32(0)..<256).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return byte
      default:
        next += 1
        return next - 1
      }
    }
  }()

  /// For each character its byte.
  static let bytes: [UInt32: UInt8] = Dictionary(uniqueKeysWithValues: characters.enumerated().map { ($1, UInt8($0)) })

  /// The bytes that a token spells, or nil if it has a character of another alphabet.
  static func bytes(spelledBy token: some Collection<UInt8>) -> [UInt8]? {
    let token = Array(token)
    var result: [UInt8] = []
    result.reserveCapacity(token.count)
    var position = 0
    while position < token.count {
      let (scalar, length) = Scalars.decode(token.span, at: position)
      guard let byte = bytes[scalar] else { return nil }
      result.append(byte)
      position += length
    }
    return result
  }
}
