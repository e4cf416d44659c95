internal import Synchronization

/// Passes values from one producer to one consumer. The producer waits while what is queued weighs as much as allowed,
/// so that a fast reader does not fill the memory before a slow embedder.
///
/// Both sides give up with `CancellationError` when their task is cancelled.
final class BoundedQueue<Element: Sendable>: Sendable {
  private struct State {
    var elements: [(Element, weight: Int)] = []
    var weight = 0
    var isFinished = false
    var isCancelled = false
    /// Who waits, at most one on each side.
    var waiting: [Side: CheckedContinuation<Void, Never>] = [:]
  }

  private enum Side { case producer, consumer }

  private let capacity: Int
  private let state = Mutex(State())

  /// - Parameter capacity: the weight at which the producer waits.
  init(capacity: Int) { self.capacity = max(1, capacity) }

  /// Queues a value, when there is room. A value heavier than the capacity is let in when the queue is empty.
  func send(_ element: Element, weight: Int) async throws {
    try await wait(as: .producer) { $0.elements.isEmpty || $0.weight + weight <= self.capacity }
    let consumer = state.withLock { state in
      state.elements.append((element, weight))
      state.weight += weight
      return state.waiting.removeValue(forKey: .consumer)
    }
    consumer?.resume()
  }

  /// Says that nothing more will come.
  func finish() {
    let consumer = state.withLock { state in
      state.isFinished = true
      return state.waiting.removeValue(forKey: .consumer)
    }
    consumer?.resume()
  }

  /// The values in the order they were sent: all that wait, at least one; nil at the end.
  func next(upTo limit: Int = .max) async throws -> [Element]? {
    try await wait(as: .consumer) { !$0.elements.isEmpty || $0.isFinished }
    let (taken, producer) = state.withLock { state in
      var count = 0
      var weight = 0
      while count < state.elements.count, count == 0 || weight < limit {
        weight += state.elements[count].weight
        count += 1
      }
      let taken = state.elements[..<count].map(\.0)
      state.elements.removeFirst(count)
      state.weight -= weight
      return (taken, state.waiting.removeValue(forKey: .producer))
    }
    producer?.resume()
    return taken.isEmpty ? nil : taken
  }

  private func wait(as side: Side, until isReady: (borrowing State) -> Bool) async throws {
    while true {
      try Task.checkCancellation()
      if state.withLock({ isReady($0) || $0.isCancelled }) { break }
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let isDue = state.withLock { state in
            if isReady(state) || state.isCancelled { return true }
            state.waiting[side] = continuation
            return false
          }
          if isDue { continuation.resume() }
        }
      } onCancel: {
        let waiting = state.withLock { state in
          state.isCancelled = true
          defer { state.waiting.removeAll() }
          return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
      }
    }
    try Task.checkCancellation()
    if state.withLock({ $0.isCancelled }) { throw CancellationError() }
  }
}
