/// Splits the identifiers of programs: at underscores and other punctuation, before a capital after a small letter, and
/// before the last of several capitals that a small letter follows (`HTTPServer` is `HTTP` and `Server`).
enum IdentifierParts {
  private enum Kind { case capital, small, separator }

  static func ranges(in range: Range<Int>, of text: Span<UInt8>) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var start = range.lowerBound
    var before: (kind: Kind, position: Int)?
    var position = range.lowerBound
    func close(at end: Int) { if start < end { parts.append(start..<end) } }
    while position < range.upperBound {
      let (scalar, length) = Scalars.decode(text, at: position)
      let kind = kind(of: scalar)
      switch (before?.kind, kind) {
      case (_, .separator):
        close(at: position)
        start = position + length
      case (.small, .capital):
        close(at: position)
        start = position
      case (.capital, .small):
        // Capitals in front of the last one are a word of their own.
        if let last = before?.position, last > start {
          close(at: last)
          start = last
        }
      default: break
      }
      before = (kind, position)
      position += length
    }
    close(at: range.upperBound)
    return parts
  }

  private static func kind(of scalar: UInt32) -> Kind {
    if scalar < 0x80 {
      switch scalar {
      case 0x41...0x5A: return .capital
      case 0x61...0x7A, 0x30...0x39: return .small
      default: return .separator
      }
    }
    if scalar == 0x2019 { return .separator }
    return BertCharacters.shared.lowercase[scalar] == nil ? .small : .capital
  }
}
