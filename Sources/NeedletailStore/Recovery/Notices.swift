internal import Synchronization

/// What the store noticed and mended by itself, in words for the user.
final class Notices: Sendable {
  private let messages = Mutex<[String]>([])

  var all: [String] { messages.withLock { $0 } }

  /// Adds a notice that is not there yet.
  func add(_ message: String) {
    messages.withLock { if !$0.contains(message) { $0.append(message) } }
  }
}
