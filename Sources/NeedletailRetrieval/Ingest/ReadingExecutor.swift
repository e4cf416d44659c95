internal import Dispatch

/// Threads for reading files, which blocks: on disks, and on other programs. The threads that Swift's tasks share are too few
/// to be blocked.
final class ReadingExecutor: TaskExecutor {
  /// Never goes away, since tasks refer to their executor without owning it.
  static let shared = ReadingExecutor()

  private let queue = DispatchQueue(label: "needletail.reading", attributes: .concurrent)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
