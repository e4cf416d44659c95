internal import NeedletailNumerics

/// Why a text is not JSON, and where: `offset` counts bytes from 0.
public struct JSONFlaw: Error, Hashable, Sendable, CustomStringConvertible {
  public var offset: Int
  public var reason: String

  public var description: String { "\(reason) at byte \(offset)" }
}

/// Reads JSON (RFC 8259) into a tree, several times as fast as Foundation's decoder on lists of numbers.
///
/// Of members with the same name the last one counts. Nesting beyond `maximumDepth` is refused, so hostile texts cannot
/// exhaust the stack.
@safe public struct JSONReader {
  /// Levels of lists and objects that are read.
  public static let maximumDepth = 128

  let bytes: UnsafeBufferPointer<UInt8>
  var position = 0

  private init(_ bytes: UnsafeBufferPointer<UInt8>) {
    unsafe self.bytes = bytes
  }

  /// Reads one value that fills the text, white space aside.
  ///
  /// - Throws: `JSONFlaw`.
  public static func read(_ bytes: [UInt8]) throws(JSONFlaw) -> JSONNode {
    let result = unsafe bytes.withUnsafeBufferPointer { buffer -> Result<JSONNode, JSONFlaw> in
      do throws(JSONFlaw) {
        var reader = unsafe JSONReader(buffer)
        let node = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.position == buffer.count else { throw reader.flaw("text follows the value") }
        return .success(node)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Reads a text.
  public static func read(_ text: String) throws(JSONFlaw) -> JSONNode { try read(Array(text.utf8)) }

  func flaw(_ reason: String) -> JSONFlaw { JSONFlaw(offset: position, reason: reason) }

  /// The byte at the position, 0 at the end; no JSON contains a zero byte.
  var current: UInt8 { unsafe position < bytes.count ? bytes[position] : 0 }

  private mutating func skipSpace() {
    while true {
      switch current {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private mutating func value(depth: Int) throws(JSONFlaw) -> JSONNode {
    skipSpace()
    switch current {
    case UInt8(ascii: "{"):
      guard depth < Self.maximumDepth else { throw flaw("recursion limit exceeded") }
      return .object(try object(depth: depth + 1))
    case UInt8(ascii: "["):
      guard depth < Self.maximumDepth else { throw flaw("recursion limit exceeded") }
      return try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number().node
    default: throw flaw(unsafe position < bytes.count ? "expected value" : "EOF while parsing a value")
    }
  }

  private mutating func word(_ text: StaticString, _ node: JSONNode) throws(JSONFlaw) -> JSONNode {
    for index in 0..<text.utf8CodeUnitCount {
      guard unsafe current == text.utf8Start[index] else { throw flaw("expected ident") }
      position += 1
    }
    return node
  }

  private mutating func object(depth: Int) throws(JSONFlaw) -> [String: JSONNode] {
    position += 1
    var members: [String: JSONNode] = [:]
    skipSpace()
    if current == UInt8(ascii: "}") {
      position += 1
      return members
    }
    while true {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw flaw("key must be a string") }
      let key = try string()
      skipSpace()
      guard current == UInt8(ascii: ":") else { throw flaw("expected `:`") }
      position += 1
      members[key] = try value(depth: depth)
      skipSpace()
      switch current {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "}"):
        position += 1
        return members
      default: throw flaw("expected `,` or `}`")
      }
    }
  }

  private mutating func array(depth: Int) throws(JSONFlaw) -> JSONNode {
    position += 1
    skipSpace()
    if current == UInt8(ascii: "]") {
      position += 1
      return .array([])
    }
    if let numbers = try numbers() { return numbers }
    var elements: [JSONNode] = []
    while true {
      elements.append(try value(depth: depth))
      skipSpace()
      switch current {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "]"):
        position += 1
        return .array(elements)
      default: throw flaw("expected `,` or `]`")
      }
    }
  }

  /// The rest of a list if all of it is numbers with a fraction or an exponent; nil, at the same position, if it is not.
  private mutating func numbers() throws(JSONFlaw) -> JSONNode? {
    let start = position
    var values: [Double] = []
    while true {
      skipSpace()
      if let value = plainFraction() {
        values.append(value)
      } else {
        switch current {
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): break
        default:
          position = start
          return nil
        }
        guard case .double(let value) = try number() else {
          position = start
          return nil
        }
        values.append(value)
      }
      skipSpace()
      switch current {
      case UInt8(ascii: ","):
        position += 1
        // Vectors are long: the first number tells that this is one.
        if values.count == 1 { values.reserveCapacity(Self.usualCount) }
      case UInt8(ascii: "]"):
        position += 1
        return .numbers(values)
      default: throw flaw("expected `,` or `]`")
      }
    }
  }

  private static let usualCount = 384

  private mutating func string() throws(JSONFlaw) -> String {
    position += 1
    let start = position
    while true {
      switch current {
      case UInt8(ascii: "\""):
        let slice = unsafe UnsafeBufferPointer(rebasing: bytes[start..<position])
        guard let text = unsafe String(validating: slice, as: UTF8.self) else { throw flaw("invalid unicode code point") }
        position += 1
        return text
      case UInt8(ascii: "\\"): return try escapedString(from: start)
      case ..<0x20: throw flaw(unsafe position < bytes.count ? "control character found while parsing a string" : "EOF while parsing a string")
      default: position += 1
      }
    }
  }

  /// A string in which an escape was met at the position.
  private mutating func escapedString(from start: Int) throws(JSONFlaw) -> String {
    var utf8 = unsafe Array(bytes[start..<position])
    while true {
      switch current {
      case UInt8(ascii: "\""):
        guard let text = String(validating: utf8, as: UTF8.self) else { throw flaw("invalid unicode code point") }
        position += 1
        return text
      case UInt8(ascii: "\\"):
        position += 1
        utf8.append(contentsOf: try escape().utf8)
      case ..<0x20: throw flaw(unsafe position < bytes.count ? "control character found while parsing a string" : "EOF while parsing a string")
      default:
        utf8.append(current)
        position += 1
      }
    }
  }

  private mutating func escape() throws(JSONFlaw) -> Unicode.Scalar {
    var place = position
    defer { position = place }
    do throws(JSONEscape.Flaw) {
      return try JSONEscape.read(unsafe Span(_unsafeElements: bytes), at: &place)
    } catch {
      throw flaw(error == .loneSurrogate ? "lone surrogate in a string" : "invalid escape")
    }
  }
}
