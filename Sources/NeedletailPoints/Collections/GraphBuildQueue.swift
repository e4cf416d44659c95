internal import Foundation
internal import NeedletailNumerics
internal import Synchronization
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Builds one graph of a collection at a time, once changes pause.
///
/// What is built while points are still being loaded is soon to be built again, and takes processors from the loading. A
/// collection that never rests is not waited for any longer than its searches can bear.
final class GraphBuildQueue: Sendable {
  /// So long without a change is a pause.
  private static let pause = Duration.milliseconds(500)
  private static let longestWait = Duration.seconds(2)
  private static let longestWaitUnderLoad = Duration.seconds(30)

  private struct State {
    var isBusy = false
    var isStopped = false
    var hasFailed = false
    var lastChange = ContinuousClock.now
  }

  private let state = Mutex(State())

  /// Whether a graph is being built or waits for a pause.
  var isBusy: Bool { state.withLock { $0.isBusy } }
  var isStopped: Bool { state.withLock { $0.isStopped } }
  /// Whether work that is due will be begun: not after the end, nor, before the next change, after a failure.
  var takesMore: Bool { state.withLock { !$0.isStopped && !$0.hasFailed } }

  /// Notes that the collection changes.
  func noteChange() { state.withLock { $0.lastChange = .now } }

  /// Runs the work, which tells whether it succeeded, in a pause, unless some is under way; then looks for more.
  func run(isLoad: Bool, _ work: @escaping @Sendable (WorkerPool) -> Bool, next: @escaping @Sendable () -> Void) {
    let begins = state.withLock { state in
      guard !state.isBusy, !state.isStopped else { return false }
      state.isBusy = true
      return true
    }
    guard begins else { return }
    begin(by: .now + (isLoad ? Self.longestWaitUnderLoad : Self.longestWait)) { pool in
      let hasSucceeded = !self.isStopped && work(pool)
      self.state.withLock { state in
        state.isBusy = false
        state.hasFailed = !hasSucceeded
      }
      if hasSucceeded { next() }
    }
  }

  private func begin(by latest: ContinuousClock.Instant, _ work: @escaping @Sendable (WorkerPool) -> Void) {
    let pauses = state.withLock { $0.isStopped || ContinuousClock.now - $0.lastChange >= Self.pause }
    if pauses || ContinuousClock.now >= latest { return BuildThreads.shared.run(work) }
    DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + .milliseconds(50)) { self.begin(by: latest, work) }
  }

  /// Begins nothing any more. What is under way is not waited for: it comes to nothing.
  func stop() { state.withLock { $0.isStopped = true } }
}

/// Threads that give way to those that answer requests. They work on one thing at a time, in order.
final class BuildThreads: Sendable {
  static let shared = BuildThreads()

  private let waiting = Mutex<[@Sendable (WorkerPool) -> Void]>([])
  private let arrivals = DispatchSemaphore(value: 0)

  private init() {
    let thread = Thread { [self] in
      #if os(Linux)
        // Of this thread alone; those of the pool, which it starts, inherit it.
        _ = nice(5)
      #endif
      let pool = WorkerPool(threadCount: WorkerPool.shared.threadCount)
      while true {
        arrivals.wait()
        let work = waiting.withLock { $0.removeFirst() }
        work(pool)
      }
    }
    thread.name = "needletail.build"
    thread.qualityOfService = .utility
    thread.stackSize = 8 << 20
    thread.start()
  }

  func run(_ work: @escaping @Sendable (WorkerPool) -> Void) {
    waiting.withLock { $0.append(work) }
    arrivals.signal()
  }
}
