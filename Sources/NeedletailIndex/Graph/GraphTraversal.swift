internal import NeedletailNumerics

/// Best-first search in a graph: follow the links of the nearest candidate not yet followed, until all candidates in
/// view are followed (greedy search of Subramanya et al., "DiskANN", NeurIPS 2019, algorithm 1; the search of one layer
/// in Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using hierarchical navigable small
/// world graphs", 2018, algorithm 2). Building and searching share it.
///
/// Each step first collects the links not seen before, then compares them all in one call, so that their vectors are on
/// the way from memory while the first are compared.
@safe final class GraphTraversal {
  var buffer = SearchBuffer()
  var visited: VisitedRows
  private let rows: UnsafeMutablePointer<Row>
  private let scores: UnsafeMutablePointer<Float>
  let products: UnsafeMutablePointer<Int32>
  /// Room for the rows of one step.
  private let room: Int

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

  /// Fills `buffer` with the `ef` best rows that can be reached from the entries.
  func search(_ scorer: some RowScorer, _ links: LinkPointer, entries: [Row], ef: Int) {
    start(scorer, entries: entries, ef: ef)
    while let row = buffer.takeNearest() {
      let targets = unsafe links.links(of: row)
      var found = 0
      var index = 0
      while unsafe index < links.stride, unsafe targets[index] != Links.none {
        let target = unsafe targets[index]
        unsafe rows[found] = target
        found += visited.visit(target) ? 1 : 0
        index += 1
      }
      compare(scorer, found)
      if let upcoming = buffer.upcoming { unsafe DistanceKernels.prefetch(links.links(of: upcoming)) }
    }
  }

  /// The same within a set of rows: only allowed rows are compared and kept. Where a link leads to a row outside, its
  /// links are looked at instead (the two-hop expansion of Patel et al., "ACORN", SIGMOD 2024, section 5).
  func search(
    _ scorer: some RowScorer, _ links: LinkPointer, entries: [Row], ef: Int, within words: UnsafeBufferPointer<UInt64>
  ) {
    start(scorer, entries: entries, ef: ef)
    while let row = buffer.takeNearest() {
      let targets = unsafe links.links(of: row)
      var found = 0
      var index = 0
      while unsafe index < links.stride, unsafe targets[index] != Links.none {
        let target = unsafe targets[index]
        index += 1
        guard visited.visit(target) else { continue }
        if unsafe words.holds(target) {
          unsafe rows[found] = target
          found += 1
        } else {
          found = unsafe collect(beyond: links.links(of: target), links.stride, words, found)
        }
      }
      compare(scorer, found)
    }
  }

  private func collect(
    beyond targets: UnsafePointer<Row>, _ count: Int, _ words: UnsafeBufferPointer<UInt64>, _ alreadyFound: Int
  ) -> Int {
    var found = alreadyFound
    var index = 0
    // One place stays free for each direct link still to come.
    while index < count, found < room / 2, unsafe targets[index] != Links.none {
      let target = unsafe targets[index]
      index += 1
      guard unsafe words.holds(target), visited.visit(target) else { continue }
      unsafe rows[found] = target
      found += 1
    }
    return found
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
    unsafe scorer.score(rows, count: count, into: scores)
    for index in 0..<count { unsafe buffer.insert(row: rows[index], score: scores[index]) }
  }
}

extension UnsafeBufferPointer<UInt64> {
  /// Whether these words of a `RowSet` hold a row.
  @inline(__always)
  func holds(_ row: Row) -> Bool {
    let word = Int(row >> 6)
    return unsafe word < count && self[word] & (1 << UInt64(row & 63)) != 0
  }
}
