internal import CNeedletailKernels
internal import Foundation

/// The threads that numerical work is spread over.
///
/// After each job the threads look out for the next for some tens of microseconds before they sleep, so that a chain of short jobs, such as
/// the layers of one query, is handed over in about a microsecond each. An idle pool costs nothing.
public final class WorkerPool: Sendable {
  /// One pool for the process: as many threads as processors, or `NEEDLETAIL_THREADS`.
  public static let shared = WorkerPool(
    threadCount: ProcessInfo.processInfo.environment["NEEDLETAIL_THREADS"].flatMap { Int($0) }
      ?? ProcessInfo.processInfo.activeProcessorCount)

  /// The number of tasks that run at the same time, the caller's included.
  public let threadCount: Int

  // An address as an integer is Sendable; the kernels guard what lies there.
  private let address: UInt

  public init(threadCount: Int) {
    self.threadCount = max(1, threadCount)
    address = unsafe UInt(bitPattern: needletail_threads_start(self.threadCount - 1))
  }

  deinit {
    if let threads = unsafe threads { unsafe needletail_threads_stop(threads) }
  }

  private var threads: OpaquePointer? { unsafe OpaquePointer(bitPattern: address) }

  /// Runs `body` for `0..<count` on the threads of the pool and returns when all are done; the caller works too.
  ///
  /// Tasks are handed out in order, one by one, to whoever is free. Any number of threads may call at the same time, and tasks may
  /// call again: nobody waits for a thread to become free, only for tasks that have begun.
  public func forEach(_ count: Int, _ body: @Sendable (_ task: Int) -> Void) {
    guard count > 1, threadCount > 1, let threads = unsafe threads else {
      for task in 0..<count { body(task) }
      return
    }
    withoutActuallyEscaping(body) { body in
      unsafe withUnsafePointer(to: body) { context in
        unsafe needletail_threads_run(
          threads, count,
          { context, task in
            unsafe context!.assumingMemoryBound(to: (@Sendable (Int) -> Void).self).pointee(task)
          }, UnsafeMutableRawPointer(mutating: context))
      }
    }
  }
}
