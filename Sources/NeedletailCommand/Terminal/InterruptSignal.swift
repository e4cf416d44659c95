internal import Dispatch
internal import Foundation
internal import NeedletailCore
internal import Synchronization

/// Control-C as cancellation: the first one lets the running work stop in order, the second one ends the process.
enum InterruptSignal {
  /// Runs the work as a task that Control-C cancels.
  static func cancelling<Result: Sendable>(
    _ work: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    let task = Task { try await work() }
    let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    signal(SIGINT, SIG_IGN)
    let interrupts = Mutex(0)
    source.setEventHandler {
      let count = interrupts.withLock { $0 += 1; return $0 }
      if count > 1 { exit(ProblemCategory.cancelled.exitCode) }
      task.cancel()
    }
    source.resume()
    defer {
      source.cancel()
      signal(SIGINT, SIG_DFL)
    }
    return try await task.value
  }
}
