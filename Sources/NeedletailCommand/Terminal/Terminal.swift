internal import Foundation
internal import NeedletailCore

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

  /// Writes everything, and waits where the reader is slow, also if somebody made the stream non-blocking. A closed pipe
  /// (`needletail … | head`) ends the process quietly, as it does for other tools; whatever else keeps standard output from being written,
  /// such as a full disk, ends it with a sentence, because an answer that is missing must not look like none.
  func write(_ text: String) {
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { unsafe Foundation.write(descriptor, $0.baseAddress.map { unsafe $0 + written }, bytes.count - written) }
      if count >= 0 {
        written += count
        continue
      }
      // at once: whatever is called next may set it anew
      let failure = errno
      switch failure {
      case EINTR: continue
      case EAGAIN:
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&waiting, 1, -1)
      default:
        // nobody can be told of what standard error does not take
        guard descriptor == STDOUT_FILENO else { return }
        if failure != EPIPE { Self.standardError.write("error: Standard output cannot be written: \(unsafe String(cString: strerror(failure)))\n") }
        exit(failure == EPIPE ? 0 : ProblemCategory.unavailable.exitCode)
      }
    }
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
