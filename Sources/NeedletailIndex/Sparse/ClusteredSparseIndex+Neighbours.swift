internal import NeedletailCore
internal import NeedletailNumerics
internal import Synchronization

extension ClusteredSparseIndex {
  /// For each row the rows with the largest inner products, found by searching for it.
  func nearestRows(_ degree: Int, pool: WorkerPool) -> Column<Row> {
    let effort = SparseSearchEffort(queryCut: 10, heapFactor: 0.7, refines: false)
    let options = SearchOptions(limit: degree + 1)
    let rowsPerTask = 512
    let taskCount = (count + rowsPerTask - 1) / rowsPerTask
    let found = Mutex([[Row]](repeating: [], count: taskCount))
    pool.forEach(taskCount) { task in
      var targets: [Row] = []
      for row in task * rowsPerTask..<min(count, (task + 1) * rowsPerTask) {
        // Every code is a weight that a search accepts, so this cannot fail.
        let vector = rows.vector(row, scale: scale) ?? SparseVector()
        let answer = (try? search(vector, options, effort: effort).neighbours) ?? []
        let nearest = answer.lazy.map(\.row).filter { $0 != Row(row) }.prefix(degree)
        targets += nearest
        targets += repeatElement(.max, count: degree - nearest.count)
      }
      found.withLock { $0[task] = targets }
    }
    return Column(found.withLock { $0.flatMap { $0 } })
  }
}
