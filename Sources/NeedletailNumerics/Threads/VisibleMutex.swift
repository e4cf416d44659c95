#if VISIBLE_LOCKS
  // The thread sanitizer does not see the locks of Synchronization.Mutex on Linux and takes what they guard for races. In its
  // builds (`scripts/sanitize.sh thread`) a lock of the system that it does see stands in for them.
  internal import Foundation

  /// Stands in for `Mutex` in builds for the thread sanitizer.
  @safe package final class VisibleMutex<Value>: @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    package init(_ value: Value) {
      self.value = value
      unsafe lock = .allocate(capacity: 1)
      unsafe lock.initialize(to: pthread_mutex_t())
      _ = unsafe pthread_mutex_init(lock, nil)
    }

    deinit {
      unsafe pthread_mutex_destroy(lock)
      unsafe lock.deallocate()
    }

    package func withLock<Result, Failure: Error>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure) -> Result {
      _ = unsafe pthread_mutex_lock(lock)
      defer { unsafe pthread_mutex_unlock(lock) }
      return try body(&value)
    }
  }

  typealias Mutex = VisibleMutex
#endif
