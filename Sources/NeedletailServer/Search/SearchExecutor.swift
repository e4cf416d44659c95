internal import Foundation

/// Runs searches on threads of their own, so that neither the event loops nor Swift's cooperative pool wait for a disk
/// or for arithmetic.
///
/// At most `width` pieces of work run at once; more wait in order of arrival.
final class SearchExecutor: TaskExecutor {
  private let queue = OperationQueue()

  init(width: Int = ProcessInfo.processInfo.activeProcessorCount) {
    queue.name = "needletail.search"
    queue.qualityOfService = .userInitiated
    queue.maxConcurrentOperationCount = max(1, width)
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.addOperation { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }

  /// Runs an operation on the threads of the executor and returns to the caller's.
  func run<Value: Sendable>(_ operation: @Sendable () async throws -> Value) async throws -> Value {
    try await withTaskExecutorPreference(self) { try await operation() }
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
