internal import Synchronization

extension WorkerPool {
  /// The elements that `body` makes of `0..<count`, in order, some numbers at a time on the threads of the pool.
  ///
  /// - Parameters:
  ///   - size: how many numbers a task takes.
  ///   - body: one element for each number of the range.
  package func map<Element: Sendable>(
    _ count: Int, tasksOf size: Int, _ body: @Sendable (Range<Int>) -> [Element]
  ) -> [Element] {
    let taskCount = (count + size - 1) / size
    let parts = Mutex([[Element]](repeating: [], count: taskCount))
    forEach(taskCount) { task in
      let elements = body(task * size..<min(count, (task + 1) * size))
      parts.withLock { $0[task] = elements }
    }
    return parts.withLock { $0.flatMap { $0 } }
  }
}
