internal import NeedletailCore
internal import NeedletailNumerics

/// The memory of a search.
@safe final class ClusteredSparseScratch {
  let query: PreparedSparseQuery
  let visited: UnsafeMutablePointer<UInt64>
  private let visitedWordCount: Int
  /// Rows to be scored, and their scores.
  let candidates: UnsafeMutablePointer<Row>
  let scores: UnsafeMutablePointer<Int32>
  let promises: UnsafeMutablePointer<Int32>
  /// Rows that were marked as visited.
  private(set) var visitedRows: UnsafeMutablePointer<Row>
  var visitedCount = 0

  static let batchSize = 256

  init(rowCount: Int, dimension: Int, blockCount: Int) {
    query = PreparedSparseQuery(dimension: dimension)
    visitedWordCount = (rowCount + 63) / 64
    unsafe visited = .allocate(capacity: max(1, visitedWordCount))
    unsafe visited.initialize(repeating: 0, count: visitedWordCount)
    unsafe candidates = .allocate(capacity: Self.batchSize)
    unsafe candidates.initialize(repeating: 0, count: Self.batchSize)
    unsafe scores = .allocate(capacity: Self.batchSize)
    unsafe scores.initialize(repeating: 0, count: Self.batchSize)
    unsafe promises = .allocate(capacity: max(1, blockCount))
    unsafe promises.initialize(repeating: 0, count: blockCount)
    unsafe visitedRows = .allocate(capacity: max(1, rowCount))
    unsafe visitedRows.initialize(repeating: 0, count: rowCount)
  }

  deinit {
    unsafe visited.deallocate()
    unsafe candidates.deallocate()
    unsafe scores.deallocate()
    unsafe promises.deallocate()
    unsafe visitedRows.deallocate()
  }

  /// Marks a row; returns whether it was not marked before.
  @inline(__always)
  func visit(_ row: Row) -> Bool {
    let word = Int(row >> 6)
    let bit: UInt64 = 1 << UInt64(row & 63)
    guard unsafe visited[word] & bit == 0 else { return false }
    unsafe visited[word] |= bit
    unsafe visitedRows[visitedCount] = row
    visitedCount += 1
    return true
  }

  func forget() {
    for place in 0..<visitedCount { unsafe visited[Int(visitedRows[place] >> 6)] = 0 }
    visitedCount = 0
  }
}

/// One running search.
struct ClusteredSparseSearch {
  private let index: ClusteredSparseIndex
  private let scratch: ClusteredSparseScratch
  private let options: SearchOptions
  private let effort: SparseSearchEffort
  private let limit: Int
  private let kernels = SparseKernels.current
  private var best: BestRows
  private var pending = 0
  private(set) var work = SparseSearchWork()

  init(
    _ index: ClusteredSparseIndex, _ scratch: ClusteredSparseScratch, _ options: SearchOptions, _ effort: SparseSearchEffort
  ) {
    self.index = index
    self.scratch = scratch
    self.options = options
    self.effort = effort
    limit = max(0, min(options.limit, index.count))
    // Codes of the query are rounded: an exact answer takes a few more and lets the full scores decide.
    let slack = options.isExact && !scratch.query.isExact ? 32 : 0
    best = BestRows(capacity: min(index.count, limit + slack))
  }

  mutating func run() -> [Neighbour] {
    guard limit > 0, scratch.query.vector.count > 0 else { return [] }
    defer { scratch.forget() }
    if let within = options.within, within.count <= Self.scannedFilterSize || options.isExact {
      scoreRows(within)
    } else if options.isExact {
      scoreOthers()
    } else {
      visitLists()
      if effort.refines, index.neighbours.count > 0 { visitNeighbours() }
      // The lists may hide rows that match: pruned ones, or those that a filter leaves.
      if best.count < limit { scoreOthers() }
    }
    return ranked()
  }

  /// A filter with this many rows or fewer is met by scoring them all.
  private static let scannedFilterSize = 1024

  @inline(__always)
  private func isAllowed(_ row: Row) -> Bool {
    if let within = options.within, !within.contains(row) { return false }
    if let excluding = options.excluding, excluding.contains(row) { return false }
    return true
  }

  // MARK: Lists

  private mutating func visitLists() {
    let isFiltered = options.within != nil || options.excluding != nil
    for term in scratch.query.heaviestTerms.prefix(effort.queryCut) {
      let blocks = Int(index.blocks.listStarts[Int(term)])..<Int(index.blocks.listStarts[Int(term) + 1])
      guard !blocks.isEmpty else { continue }
      unsafe kernels.score(
        scratch.query.table, index.blocks.summaries.pointer, indices: nil, first: blocks.lowerBound, count: blocks.count,
        into: scratch.promises)
      work.summaryCount += blocks.count
      visit(blocks, isFiltered: isFiltered)
      flush()
    }
  }

  private mutating func visit(_ blocks: Range<Int>, isFiltered: Bool) {
    let scales = unsafe index.blocks.scales.start + blocks.lowerBound
    let starts = unsafe index.blocks.rowStarts.start + blocks.lowerBound
    let rows = unsafe index.blocks.rows.start
    for block in 0..<blocks.count {
      let promise = unsafe Float(scratch.promises[block]) * scales[block]
      guard promise >= effort.heapFactor * best.threshold else { continue }
      work.blockCount += 1
      for place in unsafe Int(starts[block])..<Int(starts[block + 1]) {
        let row = unsafe rows[place]
        if isFiltered && !isAllowed(row) { continue }
        if scratch.visit(row) { append(row) }
      }
      // Often enough for the threshold to rise, seldom enough for rows to be on their way from memory.
      if pending >= Self.rowsPerFlush { flush() }
    }
  }

  private static let rowsPerFlush = 24

  @inline(__always)
  private mutating func append(_ row: Row) {
    unsafe scratch.candidates[pending] = row
    pending += 1
    if pending == ClusteredSparseScratch.batchSize { flush() }
  }

  /// Scores the rows that were collected.
  private mutating func flush() {
    guard pending > 0 else { return }
    unsafe kernels.score(
      scratch.query.table, index.rows.pointer, indices: scratch.candidates, count: pending, into: scratch.scores)
    for place in 0..<pending { unsafe best.insert(row: scratch.candidates[place], score: scratch.scores[place]) }
    work.scoredCount += pending
    pending = 0
  }

  /// Scores the neighbours of the best.
  private mutating func visitNeighbours() {
    let degree = index.parameters.neighbourCount
    for row in best.rows {
      for place in Int(row) * degree..<(Int(row) + 1) * degree {
        let neighbour = index.neighbours[place]
        guard neighbour != .max else { break }
        if isAllowed(neighbour), scratch.visit(neighbour) { append(neighbour) }
      }
    }
    flush()
  }

  // MARK: All rows

  private mutating func scoreRows(_ rows: RowSet) {
    for row in rows where Int(row) < index.count && isAllowed(row) { append(row) }
    flush()
  }

  private mutating func scoreOthers() {
    for row in 0..<Row(index.count) where isAllowed(row) && scratch.visit(row) { append(row) }
    flush()
  }

  // MARK: The answer

  private func ranked() -> [Neighbour] {
    let query = scratch.query
    let unit = Double(query.scale) * Double(index.scale)
    var top = TopK(capacity: limit)
    for (row, score) in best.ranked {
      top.insert(row: row, score: query.isExact ? Float(Double(score) * unit) : fullScore(row))
    }
    return top.neighbours
  }

  private func fullScore(_ row: Row) -> Float {
    let query = scratch.query.vector
    var sum = 0.0
    var place = 0
    for entry in index.rows.range(Int(row)) {
      let term = index.rows.term(at: entry)
      while place < query.count, query.terms[place] < term { place += 1 }
      guard place < query.count else { break }
      if query.terms[place] == term { sum += Double(query.weights[place]) * Double(index.rows.code(at: entry)) }
    }
    return Float(sum * Double(index.scale))
  }
}
