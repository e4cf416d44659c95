internal import Dispatch
internal import Foundation

/// The threads that numerical work is spread over.
public final class WorkerPool: Sendable {
  /// One pool for the process: as many threads as processors, or `NEEDLETAIL_THREADS`.
  public static let shared = WorkerPool(
    threadCount: ProcessInfo.processInfo.environment["NEEDLETAIL_THREADS"].flatMap { Int($0) }
      ?? ProcessInfo.processInfo.activeProcessorCount)

  /// The number of tasks that run at the same time, the caller's included.
  public let threadCount: Int

  public init(threadCount: Int) {
    self.threadCount = max(1, threadCount)
  }

  /// Runs `body` for `0..<count` on the threads of the pool and returns when all are done; the caller works too.
  public func forEach(_ count: Int, _ body: @Sendable (_ task: Int) -> Void) {
    guard count > 1, threadCount > 1 else {
      for task in 0..<count { body(task) }
      return
    }
    DispatchQueue.concurrentPerform(iterations: count, execute: body)
  }
}
