/// Reads the large parts of a `tokenizer.json`, vocabulary and merges, byte by byte.
///
/// A general decoder keeps keys as strings, and for strings two spellings of one accented letter are equal; tokens are not. It also
/// takes seconds for what takes a tenth of one here.
struct VocabularyScanner {
  /// What is wrong, and under which key.
  struct Flaw: Error {
    var key: String
    var reason: String
  }

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// What stands under "model".
  struct Parts {
    /// Tokens with ids, or with their place in the list.
    var tokens: [(token: [UInt8], id: Int32)] = []
    /// The score of each token, where the vocabulary is a list with scores.
    var scores: [Double]?
    var merges: [(left: [UInt8], right: [UInt8])]?
    /// The file with an empty object or list in place of both.
    var rest: [UInt8] = []
  }

  mutating func parts() throws(Flaw) -> Parts {
    var parts = Parts()
    var cuts: [(range: Range<Int>, stub: String)] = []
    try object(in: "") { scanner, key throws(Flaw) in
      guard key == Array("model".utf8) else { return try scanner.skip(0) }
      guard scanner.peek() == UInt8(ascii: "{") else { return try scanner.skip(0) }
      try scanner.object(in: "model") { scanner, key throws(Flaw) in
        let start = scanner.position
        switch (String(decoding: key, as: UTF8.self), scanner.peek()) {
        case ("vocab", UInt8(ascii: "{")):
          parts.tokens = try scanner.vocabulary()
          parts.scores = nil
          cuts.append((start..<scanner.position, "{}"))
        case ("vocab", UInt8(ascii: "[")):
          (parts.tokens, parts.scores) = try scanner.scoredVocabulary()
          cuts.append((start..<scanner.position, "[]"))
        case ("merges", UInt8(ascii: "[")):
          parts.merges = try scanner.merges()
          cuts.append((start..<scanner.position, "[]"))
        default: try scanner.skip(0)
        }
      }
    }
    var copied = 0
    for cut in cuts {
      parts.rest += bytes[copied..<cut.range.lowerBound] + Array(" \(cut.stub)".utf8)
      copied = cut.range.upperBound
    }
    parts.rest += bytes[copied...]
    return parts
  }

  private mutating func vocabulary() throws(Flaw) -> [(token: [UInt8], id: Int32)] {
    var tokens: [(token: [UInt8], id: Int32)] = []
    try object(in: "model.vocab") { scanner, token throws(Flaw) in
      guard let id = Int32(exactly: try scanner.number(in: "model.vocab.\(String(decoding: token, as: UTF8.self))")) else {
        throw Flaw(key: "model.vocab.\(String(decoding: token, as: UTF8.self))", reason: "is not an integer of 32 bits")
      }
      tokens.append((token, id))
    }
    return tokens
  }

  private mutating func scoredVocabulary() throws(Flaw) -> (tokens: [(token: [UInt8], id: Int32)], scores: [Double]) {
    var tokens: [(token: [UInt8], id: Int32)] = []
    var scores: [Double] = []
    try list(in: "model.vocab") { scanner, key throws(Flaw) in
      try scanner.expect("[", in: key)
      let token = try scanner.string(in: key)
      try scanner.expect(",", in: key)
      let score = try scanner.number(in: key)
      try scanner.expect("]", in: key)
      guard score.isFinite else { throw Flaw(key: key, reason: "has a score that is not finite") }
      tokens.append((token, Int32(tokens.count)))
      scores.append(score)
    }
    return (tokens, scores)
  }

  /// Pairs are written as `"a b"`, since version 0.20 as `["a", "b"]`.
  private mutating func merges() throws(Flaw) -> [(left: [UInt8], right: [UInt8])] {
    var merges: [(left: [UInt8], right: [UInt8])] = []
    try list(in: "model.merges") { scanner, key throws(Flaw) in
      if scanner.take("[") {
        let left = try scanner.string(in: key)
        try scanner.expect(",", in: key)
        merges.append((left, try scanner.string(in: key)))
        return try scanner.expect("]", in: key)
      }
      let sides = try scanner.string(in: key).split(separator: 0x20, omittingEmptySubsequences: false)
      guard sides.count == 2 else { throw Flaw(key: key, reason: "is not a pair of tokens") }
      merges.append((Array(sides[0]), Array(sides[1])))
    }
    return merges
  }
}

// MARK: - The grammar

extension VocabularyScanner {
  private mutating func object(
    in key: String, _ readValue: (inout VocabularyScanner, _ key: [UInt8]) throws(Flaw) -> Void
  ) throws(Flaw) {
    try expect("{", in: key)
    if take("}") { return }
    repeat {
      let name = try string(in: key)
      try expect(":", in: key)
      skipSpace()
      try readValue(&self, name)
    } while take(",")
    try expect("}", in: key)
  }

  private mutating func list(
    in key: String, _ readValue: (inout VocabularyScanner, _ key: String) throws(Flaw) -> Void
  ) throws(Flaw) {
    try expect("[", in: key)
    if take("]") { return }
    var index = 0
    repeat {
      skipSpace()
      // The name of the place is made only when it is needed: with the error.
      do throws(Flaw) { try readValue(&self, "") } catch { throw Flaw(key: "\(key)[\(index)]", reason: error.reason) }
      index += 1
    } while take(",")
    try expect("]", in: key)
  }

  /// Goes over one value of any kind.
  private mutating func skip(_ depth: Int) throws(Flaw) {
    guard depth < 200 else { throw Flaw(key: "", reason: "is nested too deeply") }
    skipSpace()
    switch peek() {
    case UInt8(ascii: "{"): try object(in: "") { scanner, _ throws(Flaw) in try scanner.skip(depth + 1) }
    case UInt8(ascii: "["): try list(in: "") { scanner, _ throws(Flaw) in try scanner.skip(depth + 1) }
    case UInt8(ascii: "\""): _ = try string(in: "")
    case nil: throw Flaw(key: "", reason: "ends early")
    default:
      let start = position
      while let byte = peek(), !Self.ends.contains(byte) { position += 1 }
      guard position > start else { throw Flaw(key: "", reason: "is not JSON that can be read") }
    }
  }

  private static let ends: [UInt8] = Array(",]} \t\r\n".utf8)

  private mutating func number(in key: String) throws(Flaw) -> Double {
    skipSpace()
    let start = position
    while let byte = peek(), byte >= 0x2B, byte <= 0x65, !Self.ends.contains(byte) { position += 1 }
    guard position > start, let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)) else {
      throw Flaw(key: key, reason: "is not a number")
    }
    return value
  }

  private mutating func string(in key: String) throws(Flaw) -> [UInt8] {
    skipSpace()
    guard peek() == UInt8(ascii: "\"") else { throw Flaw(key: key, reason: "is not a string") }
    position += 1
    var result: [UInt8] = []
    var copied = position
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        result += bytes[copied..<position]
        position += 1
        return result
      }
      guard byte == UInt8(ascii: "\\") else {
        position += 1
        continue
      }
      result += bytes[copied..<position]
      position += 1
      Scalars.append(try escape(in: key), to: &result)
      copied = position
    }
    throw Flaw(key: key, reason: "is a string that does not end")
  }

  private mutating func escape(in key: String) throws(Flaw) -> UInt32 {
    guard let letter = peek() else { throw Flaw(key: key, reason: "is a string that does not end") }
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt32(letter)
    case UInt8(ascii: "b"): return 0x8
    case UInt8(ascii: "f"): return 0xC
    case UInt8(ascii: "n"): return 0xA
    case UInt8(ascii: "r"): return 0xD
    case UInt8(ascii: "t"): return 0x9
    case UInt8(ascii: "u"):
      let first = try hexadecimal(in: key)
      guard (0xD800..<0xE000).contains(first) else { return first }
      guard first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
      else { throw Flaw(key: key, reason: "holds half of a surrogate pair") }
      position += 2
      let second = try hexadecimal(in: key)
      guard (0xDC00..<0xE000).contains(second) else { throw Flaw(key: key, reason: "holds half of a surrogate pair") }
      return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
    default: throw Flaw(key: key, reason: "holds an unknown escape")
    }
  }

  private mutating func hexadecimal(in key: String) throws(Flaw) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek(), byte < 0x80, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw Flaw(key: key, reason: "holds an escape that is not hexadecimal")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar, in key: String) throws(Flaw) {
    guard take(character) else { throw Flaw(key: key, reason: "is not JSON that can be read: \(character) is missing") }
  }
}
