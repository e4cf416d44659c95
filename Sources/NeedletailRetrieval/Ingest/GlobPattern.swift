/// A path pattern as in `.gitignore`: `*` and `?` stop at slashes, `**` between slashes spans directories.
///
/// Matching simulates all readings of the pattern at once, so its time is at most pattern length times path length,
/// whatever the pattern; the common forms `name`, `*.suffix` and `prefix*` are compared directly.
struct GlobPattern: Hashable, Sendable {
  private enum Element: Hashable {
    case byte(UInt8)
    /// Any byte but the slash.
    case one
    /// Any bytes but slashes, or none.
    case many
    /// Any bytes at all: `**` at the end.
    case everything
    /// Nothing, or directories with the slash after the last: `**/`.
    case directories
    case set(ByteSet)
  }

  private enum Form: Hashable {
    case literal([UInt8])
    case suffix([UInt8])
    case prefix([UInt8])
    case general([Element])
    /// A pattern with an unfinished bracket or escape matches nothing.
    case nothing
  }

  private let form: Form

  init(_ pattern: String) {
    guard let elements = Self.parse(Array(pattern.utf8)) else {
      form = .nothing
      return
    }
    form = Self.simplified(elements)
  }

  func matches(_ text: Substring) -> Bool {
    let bytes = Array(text.utf8)
    switch form {
    case .literal(let literal): return bytes == literal
    case .suffix(let suffix):
      return bytes.count >= suffix.count && bytes.suffix(suffix.count).elementsEqual(suffix)
        && !bytes.dropLast(suffix.count).contains(Self.slash)
    case .prefix(let prefix):
      return bytes.starts(with: prefix) && !bytes.dropFirst(prefix.count).contains(Self.slash)
    case .general(let elements): return Self.simulate(elements, on: bytes)
    case .nothing: return false
    }
  }

  private static let slash = UInt8(ascii: "/")

  private static func simplified(_ elements: [Element]) -> Form {
    let bytes = elements.compactMap { if case .byte(let byte) = $0 { byte } else { nil } }
    if bytes.count == elements.count { return .literal(bytes) }
    if bytes.count == elements.count - 1, elements.first == .many { return .suffix(bytes) }
    if bytes.count == elements.count - 1, elements.last == .many { return .prefix(bytes) }
    return .general(elements)
  }

  private static func parse(_ pattern: [UInt8]) -> [Element]? {
    var elements: [Element] = []
    var index = 0
    while index < pattern.count {
      let byte = pattern[index]
      index += 1
      switch byte {
      case UInt8(ascii: "?"): elements.append(.one)
      case UInt8(ascii: "*"):
        let start = index - 1
        while index < pattern.count, pattern[index] == UInt8(ascii: "*") { index += 1 }
        let isWhole = index - start >= 2 && (start == 0 || pattern[start - 1] == slash)
        if isWhole, index == pattern.count {
          elements.append(.everything)
        } else if isWhole, pattern[index] == slash {
          elements.append(.directories)
          index += 1
        } else {
          elements.append(.many)
        }
      case UInt8(ascii: "["):
        guard let (set, end) = ByteSet.parse(pattern, from: index) else { return nil }
        elements.append(.set(set))
        index = end
      case UInt8(ascii: "\\"):
        guard index < pattern.count else { return nil }
        elements.append(.byte(pattern[index]))
        index += 1
      default: elements.append(.byte(byte))
      }
    }
    return elements
  }

  /// `waiting[i]`: the text so far is matched by the first `i` elements. `inside[i]`: element `i` is `directories` and the
  /// text so far ends within a directory name that it takes.
  private static func simulate(_ elements: [Element], on text: [UInt8]) -> Bool {
    var waiting = [Bool](repeating: false, count: elements.count + 1)
    var inside = waiting
    waiting[0] = true
    skipEmpty(elements, &waiting)
    for byte in text {
      var nextWaiting = [Bool](repeating: false, count: elements.count + 1)
      var nextInside = nextWaiting
      for (index, element) in elements.enumerated() {
        if case .directories = element, waiting[index] || inside[index] {
          if byte == slash { nextWaiting[index] = true } else { nextInside[index] = true }
          continue
        }
        guard waiting[index] else { continue }
        switch element {
        case .byte(let wanted): if byte == wanted { nextWaiting[index + 1] = true }
        case .one: if byte != slash { nextWaiting[index + 1] = true }
        case .set(let set): if byte != slash, set.contains(byte) { nextWaiting[index + 1] = true }
        case .many: if byte != slash { nextWaiting[index] = true }
        case .everything: nextWaiting[index] = true
        case .directories: break
        }
      }
      skipEmpty(elements, &nextWaiting)
      (waiting, inside) = (nextWaiting, nextInside)
    }
    return waiting[elements.count]
  }

  /// Elements that may match nothing are passed over.
  private static func skipEmpty(_ elements: [Element], _ waiting: inout [Bool]) {
    for (index, element) in elements.enumerated() where waiting[index] {
      switch element {
      case .many, .everything, .directories: waiting[index + 1] = true
      case .byte, .one, .set: break
      }
    }
  }
}

/// The bytes that a bracket expression stands for.
struct ByteSet: Hashable, Sendable {
  private var words: [UInt64] = [0, 0, 0, 0]

  func contains(_ byte: UInt8) -> Bool { words[Int(byte >> 6)] & (1 << UInt64(byte & 63)) != 0 }

  private mutating func insert(_ byte: UInt8) { words[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }

  /// Reads `a-z]`, `!abc]`, `[:alpha:]]` after the opening bracket; nil if it is not closed.
  static func parse(_ pattern: [UInt8], from start: Int) -> (ByteSet, end: Int)? {
    var set = ByteSet()
    var index = start
    let isNegated = index < pattern.count && (pattern[index] == UInt8(ascii: "!") || pattern[index] == UInt8(ascii: "^"))
    if isNegated { index += 1 }
    let first = index
    while index < pattern.count, pattern[index] != UInt8(ascii: "]") || index == first {
      if pattern[index...].starts(with: "[:".utf8), let (name, end) = className(pattern, from: index + 2) {
        guard let members = classes[name] else { return nil }
        for byte in UInt8.min...UInt8.max where members(byte) { set.insert(byte) }
        index = end
        continue
      }
      guard let low = literal(pattern, &index) else { return nil }
      let isRange = index + 1 < pattern.count && pattern[index] == UInt8(ascii: "-") && pattern[index + 1] != UInt8(ascii: "]")
      guard isRange else {
        set.insert(low)
        continue
      }
      index += 1
      guard let high = literal(pattern, &index) else { return nil }
      if low <= high { for byte in low...high { set.insert(byte) } }
    }
    guard index < pattern.count else { return nil }
    if isNegated { set.words = set.words.map { ~$0 } }
    return (set, index + 1)
  }

  private static func literal(_ pattern: [UInt8], _ index: inout Int) -> UInt8? {
    if pattern[index] == UInt8(ascii: "\\") { index += 1 }
    guard index < pattern.count else { return nil }
    defer { index += 1 }
    return pattern[index]
  }

  private static func className(_ pattern: [UInt8], from start: Int) -> (String, end: Int)? {
    guard let close = pattern[start...].firstIndex(of: UInt8(ascii: "]")), close > start,
      pattern[close - 1] == UInt8(ascii: ":")
    else { return nil }
    return (String(decoding: pattern[start..<close - 1], as: UTF8.self), close + 1)
  }

  private static let classes: [String: @Sendable (UInt8) -> Bool] = [
    "alpha": { isLetter($0) }, "digit": { isDigit($0) }, "alnum": { isLetter($0) || isDigit($0) },
    "lower": { (0x61...0x7A).contains($0) }, "upper": { (0x41...0x5A).contains($0) },
    "space": { $0 == 0x20 || (0x09...0x0D).contains($0) }, "blank": { $0 == 0x20 || $0 == 0x09 },
    "cntrl": { $0 < 0x20 || $0 == 0x7F }, "print": { (0x20...0x7E).contains($0) }, "graph": { (0x21...0x7E).contains($0) },
    "punct": { (0x21...0x7E).contains($0) && !isLetter($0) && !isDigit($0) },
    "xdigit": { TransferDecoding.hexadecimal($0) != nil },
  ]

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
