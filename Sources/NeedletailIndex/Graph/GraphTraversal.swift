internal import NeedletailNumerics

/// Best-first search in a graph: follow the links of the nearest candidate not yet followed, until all candidates in
/// view are followed (greedy search of Subramanya et al., "DiskANN", NeurIPS 2019, algorithm 1; the search of one layer
/// in Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using hierarchical navigable small
/// world graphs", 2018, algorithm 2). Building and searching share it, whatever the graph and the filter.
///
/// Each step first collects the links not seen before, then compares them all in one call, so that their vectors are on
/// the way from memory while the first are compared.
@safe final class GraphTraversal {
  var buffer = SearchBuffer()
  var visited: VisitedRows
  private(set) var products: UnsafeMutablePointer<Int32>
  /// How many rows were compared since the object was made.
  private(set) var comparisons = 0
  private var rows: UnsafeMutablePointer<Row>
  private var scores: UnsafeMutablePointer<Float>
  /// Room for the rows of one step.
  private var room: Int

  init(rowCount: Int, degree: Int, entryCount: Int) {
    visited = VisitedRows(count: rowCount)
    room = max(2 * degree, entryCount)
    unsafe rows = .allocate(capacity: room)
    unsafe scores = .allocate(capacity: room)
    unsafe products = .allocate(capacity: room)
  }

  deinit {
    unsafe rows.deallocate()
    unsafe scores.deallocate()
    unsafe products.deallocate()
  }

  /// Makes room for steps of so many rows. To be called before a scorer takes hold of `products`.
  func reserve(_ wanted: Int) {
    guard wanted > room else { return }
    unsafe rows.deallocate()
    unsafe scores.deallocate()
    unsafe products.deallocate()
    room = wanted
    unsafe rows = .allocate(capacity: room)
    unsafe scores = .allocate(capacity: room)
    unsafe products = .allocate(capacity: room)
  }

  /// Fills `buffer` with the `ef` best rows that can be reached from the entries. May look back once whether it is worth to go on.
  ///
  /// - Parameters:
  ///   - scorer: compares.
  ///   - links: what is followed.
  ///   - entries: where the search starts.
  ///   - ef: how many rows are kept in view.
  ///   - steps: how many rows are followed before it looks back.
  ///   - isWorthwhile: is given the best rows seen so far, as many as steps or fewer; nil goes on.
  /// - Returns: whether the search went to its end.
  /// - Precondition: `reserve` was called with the expansion's room, if that exceeds twice the degree.
  @discardableResult
  func search(
    _ scorer: some RowScorer, _ links: some LinkExpansion, entries: [Row], ef: Int, after steps: Int = .max,
    _ isWorthwhile: ((_ nearest: [Row]) -> Bool)? = nil
  ) -> Bool {
    precondition(links.room <= room, "a step of \(links.room) rows in room for \(room)")
    start(scorer, entries: entries, ef: ef)
    var followed = 0
    while let row = buffer.takeNearest() {
      let found = unsafe links.collect(from: row, visited: &visited, into: rows)
      compare(scorer, found)
      if let upcoming = buffer.upcoming { links.prefetch(upcoming) }
      followed += 1
      if followed == steps, let isWorthwhile, !isWorthwhile((0..<min(steps, buffer.count)).map { buffer[$0].row }) { return false }
    }
    return true
  }

  private func start(_ scorer: some RowScorer, entries: [Row], ef: Int) {
    buffer.reset(capacity: ef)
    visited.clear()
    var found = 0
    for entry in entries where visited.visit(entry) {
      unsafe rows[found] = entry
      found += 1
      if found == room {
        compare(scorer, found)
        found = 0
      }
    }
    compare(scorer, found)
  }

  @inline(__always)
  private func compare(_ scorer: some RowScorer, _ count: Int) {
    guard count > 0 else { return }
    comparisons += count
    unsafe scorer.score(rows, count: count, into: scores)
    for index in 0..<count { unsafe buffer.insert(row: rows[index], score: scores[index]) }
  }

  /// The rows of the buffer that may be among the `limit` best although codes are not exact; all within the limit if
  /// there are no codes. Rows that `isWanted` refuses do not count.
  func contenders(
    for query: PreparedQuery, _ vectors: EncodedVectors, limit: Int, where isWanted: (Row) -> Bool = { _ in true }
  ) -> [Row] {
    var result: [Row] = []
    result.reserveCapacity(buffer.count)
    guard let codes = vectors.codes else {
      for rank in 0..<buffer.count where result.count < limit && isWanted(buffer[rank].row) {
        result.append(buffer[rank].row)
      }
      return result
    }
    var lowest = TopK(capacity: limit)
    var upper: [(row: Row, score: Float)] = []
    upper.reserveCapacity(buffer.count)
    for rank in 0..<buffer.count {
      let (row, score) = buffer[rank]
      guard isWanted(row) else { continue }
      let margin = unsafe query.margin(codes.bounds.start[Int(row)], codes.terms.start[Int(row)])
      lowest.insert(row: row, score: score - margin)
      upper.append((row, score + margin))
    }
    for candidate in upper where candidate.score >= lowest.threshold { result.append(candidate.row) }
    return result
  }
}
