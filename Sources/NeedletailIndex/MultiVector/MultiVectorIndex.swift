internal import NeedletailCore
public import NeedletailNumerics
internal import Synchronization

/// An immutable index of rows that are sets of vectors, compared by late interaction.
///
/// The score of a row is the Chamfer similarity: for each vector of the query the best inner product with the row's vectors, summed
/// (Khattab and Zaharia, "ColBERT", SIGIR 2020, equation 3). `search` compares with every row and is the oracle; candidates from an
/// index of fixed-dimensional encodings, or from centroids, are put in order by `rank`.
public struct MultiVectorIndex: Sendable {
  let rows: TokenRows
  /// The first vector of each row; one more than rows.
  let offsets: Column<UInt64>
  /// Of residuals: for each centroid the rows that have a vector there.
  let lists: CentroidLists?

  init(rows: TokenRows, offsets: Column<UInt64>, lists: CentroidLists?) {
    self.rows = rows
    self.offsets = offsets
    self.lists = lists
  }

  /// The number of rows.
  public var count: Int { offsets.count - 1 }
  /// The number of components of each vector.
  public var dimension: Int { rows.dimension }
  /// The vectors of all rows together.
  public var tokenCount: Int { Int(offsets[count]) }
  public var codec: TokenCodec { rows.codec }
  /// The memory it occupies.
  public var footprint: Footprint {
    let side = rows.scales.region.count + rows.assignments.region.count + offsets.region.count
    return Footprint(
      vectorBytes: rows.components.count + side, codeBytes: rows.residuals.map { $0.centroids.region.count } ?? 0,
      linkBytes: lists.map { $0.rows.region.count + $0.starts.region.count } ?? 0, isMapped: rows.components.isMapped)
  }

  /// The vectors of a row as they are stored.
  ///
  /// - Precondition: `row` is below `count`.
  public func vectors(of row: Row) -> [Float] { rows.decoded(tokens(of: row)) }

  func tokens(of row: Row) -> Range<Int> { Int(offsets[Int(row)])..<Int(offsets[Int(row) + 1]) }

  // MARK: - Searching

  /// The best rows by comparing with every one, best first, equal ones by ascending row.
  ///
  /// - Parameters:
  ///   - query: the vectors of the query, one after the other.
  ///   - options: `limit`, `within` and `excluding` count.
  ///   - pool: the threads that search.
  public func search(
    _ query: [Float], _ options: SearchOptions = SearchOptions(), pool: WorkerPool = .shared
  ) throws(IndexError) -> [Neighbour] {
    try check(query)
    try options.validate()
    let allowed = options.allowed(count: count, absent: RowSet())
    return best(of: 0..<count, for: query, limit: options.limit, allowed, pool) { Row($0) }
  }

  /// Some rows in order of their exact scores, best first, equal ones by ascending row; each once, however often it is named.
  ///
  /// - Parameters:
  ///   - candidates: the rows to compare with; those that the index does not have are passed over.
  ///   - query: the vectors of the query, one after the other.
  ///   - limit: most rows returned.
  ///   - pool: the threads that compare.
  public func rank(
    _ candidates: [Row], for query: [Float], limit: Int, pool: WorkerPool = .shared
  ) throws(IndexError) -> [Neighbour] {
    try check(query)
    try SearchOptions(limit: limit).validate()
    let distinct = RowSet(candidates.filter { $0 < Row(count) })
    let chosen = Array(distinct)
    return best(of: 0..<chosen.count, for: query, limit: limit, nil, pool) { chosen[$0] }
  }

  private func best(
    of places: Range<Int>, for query: [Float], limit: Int, _ allowed: RowSet?, _ pool: WorkerPool, _ row: @Sendable (Int) -> Row
  ) -> [Neighbour] {
    guard limit > 0, !places.isEmpty else { return [] }
    let placesPerTask = max(16, (places.count + 4 * pool.threadCount - 1) / (4 * pool.threadCount))
    let best = Mutex(TopK(capacity: min(limit, places.count)))
    pool.forEach((places.count + placesPerTask - 1) / placesPerTask) { task in
      var prepared = PreparedTokens(query, for: rows)
      var found = TopK(capacity: min(limit, places.count))
      for place in task * placesPerTask..<min(places.count, (task + 1) * placesPerTask) {
        let row = row(place)
        if let allowed, !allowed.contains(row) { continue }
        found.insert(row: row, score: prepared.score(tokens(of: row), of: rows))
      }
      best.withLock { $0.merge(found) }
    }
    return best.withLock { $0.neighbours }
  }

  func check(_ query: [Float]) throws(IndexError) {
    guard query.count.isMultiple(of: dimension) else { throw .dimensionMismatch(expected: dimension, found: query.count) }
    guard query.allSatisfy(\.isFinite) else {
      throw .unusableVector(row: nil, reason: "a component is not a finite number")
    }
  }
}
