public import NeedletailCore

/// Why a file could not become a document. The run that meets one reports it with the path and goes on.
public enum ReadingProblem: Problem, Hashable {
  /// The bytes are not text in any encoding, and no reader knows the format.
  case binary
  /// The file is larger than the limit for its kind.
  case tooLarge(bytes: Int, limit: Int)
  /// The system refused to hand over the contents.
  case unreadable(reason: String)
  /// The name cannot be written as UTF-8, so it could not be named in an answer either.
  case nameNotUTF8
  /// The file declares a character set that is not supported; guessing would index garbage.
  case unsupportedEncoding(String)
  /// The contents break the rules of their format.
  case malformed(format: String, reason: String)
  /// There is nothing to search for in it.
  case noText(hint: String)
  /// A program that the reader needs is not installed.
  case programMissing(program: String, advice: String)
  /// A program that the reader uses gave up.
  case programFailed(program: String, reason: String)
  /// A program that the reader uses took longer than allowed.
  case timedOut(program: String, seconds: Double)

  public var category: ProblemCategory {
    switch self {
    case .binary, .tooLarge, .nameNotUTF8, .unsupportedEncoding, .noText: .invalidRequest
    case .malformed: .corrupted
    case .unreadable, .programMissing, .programFailed, .timedOut: .unavailable
    }
  }

  public var description: String {
    switch self {
    case .binary: "it is a binary file of a kind that has no reader"
    case .tooLarge(let bytes, let limit): "its \(bytes) bytes are more than the limit of \(limit)"
    case .unreadable(let reason): "it cannot be read: \(reason)"
    case .nameNotUTF8: "its name is not valid UTF-8; rename it"
    case .unsupportedEncoding(let name): "its character set \(name) is not supported; convert it to UTF-8"
    case .malformed(let format, let reason): "it is not valid \(format): \(reason)"
    case .noText(let hint): "there is no text in it\(hint.isEmpty ? "" : "; \(hint)")"
    case .programMissing(let program, let advice): "the program \(program) is not installed; \(advice)"
    case .programFailed(let program, let reason): "\(program) failed: \(reason)"
    case .timedOut(let program, let seconds): "\(program) did not finish within \(seconds) seconds"
    }
  }

  /// True if another attempt at the same contents may succeed, so that what is known of the file stays valid meanwhile.
  package var isTemporary: Bool { category == .unavailable }
}
