/// Lists of texts as Python and JSON write them: `['it\'s', "so"]`.
enum ListLiteral {
  /// The texts of a list, or nil if the text is no list of quoted texts.
  ///
  /// Understands both kinds of quotes and the escapes `\n \t \r \\ \' \" \/ \xNN \uNNNN \UNNNNNNNN`; any other backslash stands for itself,
  /// as in Python.
  static func strings(_ text: String) -> [String]? {
    var scanner = Scanner(scalars: Array(text.unicodeScalars))
    return scanner.list()
  }

  private struct Scanner {
    let scalars: [Unicode.Scalar]
    var position = 0

    init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    mutating func list() -> [String]? {
      skipSpace()
      guard take("[") else { return nil }
      var texts: [String] = []
      skipSpace()
      if take("]") { return isAtEnd ? texts : nil }
      while true {
        skipSpace()
        guard let text = text() else { return nil }
        texts.append(text)
        skipSpace()
        if take("]") { return isAtEnd ? texts : nil }
        guard take(",") else { return nil }
        skipSpace()
        // Python allows a comma behind the last.
        if take("]") { return isAtEnd ? texts : nil }
      }
    }

    private var isAtEnd: Bool { scalars[position...].allSatisfy(\.properties.isWhitespace) }

    private mutating func skipSpace() {
      while position < scalars.count, scalars[position].properties.isWhitespace { position += 1 }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
      guard position < scalars.count, scalars[position] == scalar else { return false }
      position += 1
      return true
    }

    private mutating func text() -> String? {
      guard position < scalars.count, scalars[position] == "'" || scalars[position] == "\"" else { return nil }
      let quote = scalars[position]
      position += 1
      var text = String.UnicodeScalarView()
      while position < scalars.count {
        let scalar = scalars[position]
        position += 1
        if scalar == quote { return String(text) }
        if scalar != "\\" {
          text.append(scalar)
          continue
        }
        guard position < scalars.count else { return nil }
        let escaped = scalars[position]
        position += 1
        switch escaped {
        case "n": text.append("\n")
        case "t": text.append("\t")
        case "r": text.append("\r")
        case "\\", "'", "\"", "/": text.append(escaped)
        case "x", "u", "U":
          guard let scalar = coded(digits: escaped == "x" ? 2 : escaped == "u" ? 4 : 8) else { return nil }
          text.append(scalar)
        default:
          text.append("\\")
          text.append(escaped)
        }
      }
      return nil
    }

    private mutating func coded(digits: Int) -> Unicode.Scalar? {
      guard position + digits <= scalars.count else { return nil }
      let code = String(String.UnicodeScalarView(scalars[position..<position + digits]))
      position += digits
      return code.allSatisfy(\.isHexDigit) ? UInt32(code, radix: 16).flatMap(Unicode.Scalar.init) : nil
    }
  }
}
