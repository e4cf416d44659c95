internal import Foundation
internal import Synchronization

/// A lock that many readers hold at once, or one writer alone.
///
/// A writer that waits keeps new readers out, so that a stream of readers cannot put it off for ever. Whoever holds the lock
/// must not ask for it again.
@safe public final class SharedLock: @unchecked Sendable {
  // Whoever wants in passes the turnstile; a writer stays in it until the last reader has gone.
  private let turnstile = Mutex(())
  // Never changed but by the system's own functions, which any thread may call.
  private let lock: UnsafeMutablePointer<pthread_rwlock_t>

  public init() {
    unsafe lock = .allocate(capacity: 1)
    unsafe lock.initialize(to: pthread_rwlock_t())
    let outcome = unsafe pthread_rwlock_init(lock, nil)
    precondition(outcome == 0, "the system has no more locks")
  }

  deinit {
    unsafe pthread_rwlock_destroy(lock)
    unsafe lock.deinitialize(count: 1)
    unsafe lock.deallocate()
  }

  /// Runs `body` while nobody writes.
  public func read<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    turnstile.withLock { _ in _ = unsafe pthread_rwlock_rdlock(lock) }
    defer { unsafe pthread_rwlock_unlock(lock) }
    return try body()
  }

  /// Runs `body` while nobody else reads or writes.
  public func write<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    turnstile.withLock { _ in _ = unsafe pthread_rwlock_wrlock(lock) }
    defer { unsafe pthread_rwlock_unlock(lock) }
    return try body()
  }
}
