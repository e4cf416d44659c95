internal import Foundation
internal import Synchronization

/// Runs searches on threads of their own, so that neither the event loops nor Swift's cooperative pool wait for a disk
/// or for arithmetic.
///
/// At most `width` pieces of work run at once; more wait in order of arrival.
final class SearchExecutor: TaskExecutor {
  private let queue = WorkQueue()

  init(width: Int = ProcessInfo.processInfo.activeProcessorCount) {
    for number in 0..<max(1, width) {
      let thread = Thread { [queue] in queue.work() }
      thread.name = "needletail.search.\(number)"
      thread.qualityOfService = .userInitiated
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  deinit { queue.close() }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.add { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }

  /// Runs an operation on the threads of the executor and returns to the caller's.
  func run<Value: Sendable>(_ operation: @Sendable () async throws -> Value) async throws -> Value {
    try await withTaskExecutorPreference(self) { try await operation() }
  }
}

/// Work in order of arrival and the threads that wait for it.
private final class WorkQueue: Sendable {
  private struct State {
    var waiting: [(@Sendable () -> Void)?] = []
    /// Where the first one that waits is; those before it are done and gone.
    var first = 0
  }

  private let state = Mutex(State())
  private let arrivals = DispatchSemaphore(value: 0)

  func add(_ work: @escaping @Sendable () -> Void) {
    state.withLock { $0.waiting.append(work) }
    arrivals.signal()
  }

  /// Works until the queue is closed.
  func work() {
    while true {
      arrivals.wait()
      let next = state.withLock { state -> (@Sendable () -> Void)? in
        guard state.first < state.waiting.count else { return nil }
        let next = state.waiting[state.first]
        state.waiting[state.first] = nil
        state.first += 1
        if state.first == state.waiting.count {
          state.waiting.removeAll(keepingCapacity: true)
          state.first = 0
        } else if state.first >= 1_024 {
          state.waiting.removeFirst(state.first)
          state.first = 0
        }
        return next
      }
      guard let next else { break }
      next()
    }
    // One after the other, the threads learn that it is over.
    arrivals.signal()
  }

  func close() {
    // A signal without work.
    arrivals.signal()
  }
}

extension SearchService {
  /// The same service with all work done by an executor.
  func running(on executor: SearchExecutor) -> SearchService {
    let service = self
    return SearchService(
      collections: { try await executor.run { try await service.collections() } },
      search: { question in try await executor.run { try await service.search(question) } },
      browse: { question in try await executor.run { try await service.browse(question) } },
      facets: { collection, filters in try await executor.run { try await service.facets(collection, filters) } },
      document: { collection, id in try await executor.run { try await service.document(collection, id) } })
  }
}
