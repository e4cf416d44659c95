internal import NeedletailNumerics
internal import Synchronization

extension ExactRows {
  private static let rowsPerTask = 2_048

  /// The sum of all rows divided by `included`, the number of those that are not excluded (excluded ones are zero).
  ///
  /// Summed in fixed groups, so that the number of threads does not show. As long as a row, zeros behind.
  func mean(count included: Int, pool: WorkerPool) -> [Float] {
    guard included > 0 else { return [Float](repeating: 0, count: stride) }
    let taskCount = (count + Self.rowsPerTask - 1) / Self.rowsPerTask
    let sums = Mutex([[Double]](repeating: [], count: taskCount))
    pool.forEach(taskCount) { task in
      let sum = sum(of: task * Self.rowsPerTask..<min(count, (task + 1) * Self.rowsPerTask))
      sums.withLock { $0[task] = sum }
    }
    var total = [Double](repeating: 0, count: stride)
    for sum in sums.withLock({ $0 }) {
      for index in sum.indices { total[index] += sum[index] }
    }
    return total.map { Float($0 / Double(included) / Double(scale)) }
  }

  private func sum(of rows: Range<Int>) -> [Double] {
    var sum = [Double](repeating: 0, count: stride)
    let memory = AlignedMemory.zeroed(count: stride * MemoryLayout<Float>.size)
    defer { withExtendedLifetime(memory) {} }
    let components = unsafe memory.start.assumingMemoryBound(to: Float.self)
    for row in rows {
      unsafe load(row, into: components)
      for index in sum.indices { sum[index] += unsafe Double(components[index]) }
    }
    return sum
  }
}
