internal import Foundation

/// An output stream that knows whether a person is watching it.
///
/// Colour and progress are for terminals only; `NO_COLOR` (no-color.org) and `TERM=dumb` turn colour off.
struct Terminal: Sendable {
  enum Style: String {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case blue = "34"
    case cyan = "36"
    case highlight = "1;33"
  }

  static let standardOutput = Terminal(descriptor: STDOUT_FILENO)
  static let standardError = Terminal(descriptor: STDERR_FILENO)

  let isInteractive: Bool
  let usesColour: Bool
  private let descriptor: Int32

  init(descriptor: Int32) {
    let environment = ProcessInfo.processInfo.environment
    self.descriptor = descriptor
    isInteractive = isatty(descriptor) == 1
    usesColour = isInteractive && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
  }

  /// Columns of the window; 80 where nobody knows.
  var width: Int {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Writes everything; a closed pipe (`needletail … | head`) ends the process quietly, as it does for other tools.
  func write(_ text: String) {
    try? FileHandle(fileDescriptor: descriptor).write(contentsOf: Data(text.utf8))
  }

  /// The text in the given styles where colour is in use, else as it is.
  func styled(_ text: String, _ styles: Style...) -> String {
    guard usesColour, !text.isEmpty else { return text }
    return "\u{1B}[\(styles.map(\.rawValue).joined(separator: ";"))m\(text)\u{1B}[0m"
  }
}

extension String {
  /// The text with control characters replaced, so that an indexed document cannot drive the reader's terminal.
  var withoutControlCharacters: String {
    String(String.UnicodeScalarView(unicodeScalars.map { scalar in
      switch scalar.properties.generalCategory {
      case .control where scalar != "\n" && scalar != "\t": "\u{FFFD}"
      case .format where (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value): "\u{FFFD}"
      default: scalar
      }
    }))
  }
}
