internal import Foundation
internal import NeedletailNumerics
internal import Synchronization
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Does one thing at a time for a collection, once changes pause: builds a graph, or closes up rows whose points are gone.
///
/// What is built while points are still being loaded is soon to be built again, and takes processors from the loading. A
/// collection that never rests is not waited for any longer than its searches can bear.
final class GraphBuildQueue: Sendable {
  /// So long without a change is a pause.
  private static let pause = Duration.milliseconds(500)
  private static let longestWait = Duration.seconds(2)
  private static let longestWaitUnderLoad = Duration.seconds(30)
  /// So long without a change is rest.
  private static let rest = Duration.seconds(2)

  private struct State {
    var isBusy = false
    var isStopped = false
    var hasFailed = false
    var waitsForRest = false
    var lastChange = ContinuousClock.now
  }

  private let state = Mutex(State())

  /// Whether a graph is being built or rows are being closed up, or this waits for a pause.
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
    begin(isLoad: isLoad, by: .now + (isLoad ? Self.longestWaitUnderLoad : Self.longestWait)) { pool in
      let hasSucceeded = !self.isStopped && work(pool)
      self.state.withLock { state in
        state.isBusy = false
        state.hasFailed = !hasSucceeded
      }
      if hasSucceeded { next() }
    }
  }

  private func begin(isLoad: Bool, by latest: ContinuousClock.Instant, _ work: @escaping @Sendable (WorkerPool) -> Void) {
    let pauses = state.withLock { $0.isStopped || ContinuousClock.now - $0.lastChange >= Self.pause }
    if pauses || ContinuousClock.now >= latest { return BuildThreads.shared.run(onAll: isLoad || pauses, work) }
    DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + .milliseconds(50)) { self.begin(isLoad: isLoad, by: latest, work) }
  }

  /// Runs something once the collection rests; asking again meanwhile changes nothing.
  func whenResting(_ work: @escaping @Sendable () -> Void) {
    let begins = state.withLock { state in
      guard !state.waitsForRest, !state.isStopped else { return false }
      state.waitsForRest = true
      return true
    }
    if begins { waitForRest(work) }
  }

  private func waitForRest(_ work: @escaping @Sendable () -> Void) {
    let remaining = state.withLock { state -> Duration? in
      let remaining = Self.rest - (ContinuousClock.now - state.lastChange)
      guard remaining > .zero, !state.isStopped else {
        state.waitsForRest = false
        return nil
      }
      return remaining
    }
    guard let remaining else { return isStopped ? () : work() }
    DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + .milliseconds(Int(remaining / .milliseconds(1)) + 1)) { self.waitForRest(work) }
  }

  /// Begins nothing any more. What is under way is not waited for: it comes to nothing.
  func stop() { state.withLock { $0.isStopped = true } }
}

/// Threads that give way to those that answer requests. They work on one thing at a time, in order.
final class BuildThreads: Sendable {
  static let shared = BuildThreads()

  private let waiting = Mutex<[(onAll: Bool, work: @Sendable (WorkerPool) -> Void)]>([])
  private let arrivals = DispatchSemaphore(value: 0)

  private init() {
    let thread = Thread { [self] in
      #if os(Linux)
        // Of this thread alone; those of the pool, which it starts, inherit it.
        _ = nice(5)
      #endif
      let all = WorkerPool(threadCount: WorkerPool.shared.threadCount)
      // While changes go on, those who search keep half of the processors to themselves.
      let half = WorkerPool(threadCount: max(1, WorkerPool.shared.threadCount / 2))
      while true {
        arrivals.wait()
        let next = waiting.withLock { $0.removeFirst() }
        next.work(next.onAll ? all : half)
      }
    }
    thread.name = "needletail.build"
    thread.qualityOfService = .utility
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// - Parameter onAll: whether on as many threads as there are processors, or on half of them.
  func run(onAll: Bool, _ work: @escaping @Sendable (WorkerPool) -> Void) {
    waiting.withLock { $0.append((onAll, work)) }
    arrivals.signal()
  }
}
