internal import Synchronization

/// What the store noticed and mended by itself, in words for the user.
package final class Notices: Sendable {
  private let messages = Mutex<[String]>([])

  package init() {}

  package var all: [String] { messages.withLock { $0 } }

  /// Adds a notice that is not there yet.
  package func add(_ message: String) {
    messages.withLock { if !$0.contains(message) { $0.append(message) } }
  }
}
