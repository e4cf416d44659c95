internal import NeedletailCore
public import NeedletailNumerics
internal import Synchronization

extension ChangingGraph {
  /// Removed rows are walked over until they are a tenth of the others, but some dozens do no harm.
  private static var removedShare: Int { 10 }
  private static var fewRemoved: Int { 32 }
  /// How many rows get their links while searches wait.
  private static var rowsPerWrite: Int { 1_024 }
  private static var rowsPerTask: Int { 64 }

  /// Adds a row; the next search finds it.
  ///
  /// - Returns: its number: that of a row removed earlier, or a new one.
  /// - Throws: `dimensionMismatch`, `unusableVector`, or `invalidParameter` when there is no number left.
  @discardableResult
  public func insert(_ vector: [Float]) throws(IndexError) -> Row {
    try changing.withLock { _ throws(IndexError) -> Row in
      if present.isEmpty, !removed.isEmpty { close(pool: .shared) }
      if free.isEmpty, usedCount == rows.capacity { try grow() }
      let row = free.last ?? Row(usedCount)
      try scratch.borrow { scratch throws(IndexError) in
        try scratch.query.prepare(vector.span, for: rows.vectors)
        // Nothing leads to this place yet, so nobody reads it.
        rows.store(scratch.query, at: row)
        let chosen = links(for: row, scratch)
        let back = chosen.compactMap { linkedBack($0.row, to: row, at: $0.distance, scratch) }
        lock.write {
          rows.set(row, chosen.map(\.row))
          for (target, links) in back { rows.set(target, links) }
          if free.popLast() == nil { usedCount += 1 }
          present.insert(row)
          // Few entries, or nobody who leads there.
          if entries.count < GraphEntries.count || back.isEmpty { entries.append(row) }
        }
      }
      return row
    }
  }

  /// Takes a row out; no search that begins afterwards finds it.
  ///
  /// - Parameter pool: the threads that repair the graph when it is time to.
  /// - Returns: whether it was there.
  @discardableResult
  public func remove(_ row: Row, pool: WorkerPool = .shared) -> Bool {
    changing.withLock { _ in
      guard present.contains(row) else { return false }
      lock.write {
        present.remove(row)
        removed.insert(row)
      }
      if removed.count > max(Self.fewRemoved, present.count / Self.removedShare) { close(pool: pool) }
      return true
    }
  }

  /// Closes the graph over all removed rows and frees their places, as happens by itself when they are a tenth.
  public func repair(pool: WorkerPool = .shared) {
    changing.withLock { _ in close(pool: pool) }
  }

  // MARK: - Links

  private func links(for row: Row, _ scratch: Scratch) -> [LinkCandidate] {
    guard !present.isEmpty else { return [] }
    let traversal = scratch.traversal
    let scorer = unsafe rows.pairs.scorer(
      for: row, memory: scratch.memory.start.assumingMemoryBound(to: Float.self), products: traversal.products)
    unsafe traversal.search(scorer, EveryLink(rows.links.pointer), entries: entries, ef: parameters.efConstruction)
    let candidates = (0..<traversal.buffer.count).map { traversal.buffer[$0] }.filter { present.contains($0.row) }
      .map { LinkCandidate(row: $0.row, distance: -$0.score) }
    return scratch.selection.select(from: candidates, degree: parameters.degree)
  }

  /// The links of `target` with one to `row` among them; nil if others make it superfluous.
  private func linkedBack(_ target: Row, to row: Row, at distance: Float, _ scratch: Scratch) -> (Row, [Row])? {
    let links = rows.links[target]
    if links.count < parameters.degree { return (target, links + [row]) }
    let chosen = nearestAndDiverse(links + [row], around: target, scratch)
    return chosen.contains(row) ? (target, chosen) : nil
  }

  private func nearestAndDiverse(_ candidates: [Row], around row: Row, _ scratch: Scratch) -> [Row] {
    guard !candidates.isEmpty else { return [] }
    let scorer = unsafe rows.pairs.scorer(
      for: row, memory: scratch.memory.start.assumingMemoryBound(to: Float.self), products: scratch.traversal.products)
    var scores = [Float](repeating: 0, count: candidates.count)
    unsafe candidates.withUnsafeBufferPointer { candidates in
      unsafe scores.withUnsafeMutableBufferPointer { scores in
        unsafe scorer.score(candidates.baseAddress!, count: candidates.count, into: scores.baseAddress!)
      }
    }
    let sorted = zip(candidates, scores).map { LinkCandidate(row: $0, distance: -$1) }.sorted(by: LinkCandidate.isNearer)
    return scratch.selection.select(from: sorted, degree: parameters.degree).map(\.row)
  }

  // MARK: - Room and repair

  private func grow() throws(IndexError) {
    guard rows.capacity < maximumRowCount else { throw .invalidParameter("an index holds at most \(maximumRowCount) rows") }
    // By an eighth: rows that are replaced need a tenth more for a while.
    let larger = ChangingRows(rows, capacity: min(maximumRowCount, rows.capacity + max(64, rows.capacity / 8)))
    let parameters = parameters
    lock.write {
      rows = larger
      scratch = ScratchPool { Scratch(larger, parameters) }
    }
  }

  /// Rows that had a removed row for a neighbour choose anew among their other links and those of the removed row.
  private func close(pool: WorkerPool) {
    guard !removed.isEmpty else { return }
    let taskCount = (usedCount + Self.rowsPerTask - 1) / Self.rowsPerTask
    let chosen = Mutex([[(row: Row, links: [Row])]](repeating: [], count: taskCount))
    pool.forEach(taskCount) { task in
      let mended = self.scratch.borrow { scratch in
        (task * Self.rowsPerTask..<min(self.usedCount, (task + 1) * Self.rowsPerTask)).compactMap { self.mended(Row($0), scratch) }
      }
      chosen.withLock { $0[task] = mended }
    }
    write(chosen.withLock { $0.flatMap { $0 } })
    reach()
    lock.write {
      for row in removed { rows.set(row, []) }
      free += Array(removed)
      removed = RowSet()
    }
  }

  /// Nil if the row is gone or has no removed neighbour.
  private func mended(_ row: Row, _ scratch: Scratch) -> (row: Row, links: [Row])? {
    let links = rows.links[row]
    guard present.contains(row), links.contains(where: removed.contains) else { return nil }
    var known = RowSet([row])
    var candidates: [Row] = []
    for link in links {
      for candidate in removed.contains(link) ? rows.links[link] : [link]
      where present.contains(candidate) && known.insert(candidate) {
        candidates.append(candidate)
      }
    }
    return (row, nearestAndDiverse(candidates, around: row, scratch))
  }

  /// Lets every row be reached again from entries that are present.
  private func reach() {
    var starts = entries.filter(present.contains).prefix(GraphEntries.count) + []
    if starts.count < GraphEntries.count {
      starts += present.spread(GraphEntries.count).filter { !starts.contains($0) }.prefix(GraphEntries.count - starts.count)
    }
    var repair = ReachabilityRepair(rows.links, entries: Array(starts), members: Array(present))
    repair.run()
    let (reached, ways) = (repair.entries, repair.links)
    write(present.compactMap { row in
      let links = ways[row]
      return links == rows.links[row] ? nil : (row, links)
    })
    lock.write { entries = reached }
  }

  /// Some at a time, so that searches need not wait for all.
  private func write(_ changes: [(row: Row, links: [Row])]) {
    for start in stride(from: 0, to: changes.count, by: Self.rowsPerWrite) {
      lock.write {
        for (row, links) in changes[start..<min(changes.count, start + Self.rowsPerWrite)] { rows.set(row, links) }
      }
    }
  }
}
