public import NeedletailCore
internal import NeedletailNumerics
internal import Synchronization

/// Compares a query with every row: exact, nothing to tune, and the fastest up to some thousand rows.
///
/// Every other index is measured against it. Use a graph beyond that.
public struct FlatIndex: SearchIndex {
  let vectors: EncodedVectors
  /// Rows that were excluded when the index was built.
  let absent: RowSet
  private let pool: WorkerPool
  private let queries: ScratchPool<PreparedQuery>

  init(_ vectors: EncodedVectors, absent: RowSet, pool: WorkerPool) {
    self.vectors = vectors
    self.absent = absent
    self.pool = pool
    queries = ScratchPool { PreparedQuery(for: vectors) }
  }

  public var count: Int { vectors.count }
  public var dimension: Int { vectors.dimension }
  public var similarity: Similarity { vectors.similarity }
  public var footprint: Footprint { vectors.footprint }

  public func search(_ query: Span<Float>, _ options: SearchOptions) throws(IndexError) -> [Neighbour] {
    let allowed = options.allowed(count: count, absent: absent)
    return try queries.borrow { prepared throws(IndexError) in
      try prepared.prepare(query, for: vectors)
      return search(prepared, limit: options.limit, allowed)
    }
  }

  /// The search behind the preparation, which graphs share for small sets and for exact answers.
  func search(_ query: PreparedQuery, limit: Int, _ allowed: RowSet?) -> [Neighbour] {
    let scan = ExactScan(vectors: vectors, allowed: allowed)
    let limit = min(limit, allowed?.count ?? count)
    guard limit > 0 else { return [] }
    let parts = parts(comparing: allowed?.count ?? count)
    guard parts.count > 1 else {
      return scan.best(of: 0..<count, for: [ExactScan.Progress(query, limit: limit)])[0].neighbours
    }
    let best = Mutex(TopK(capacity: limit))
    nonisolated(unsafe) let query = query  // only read from here on
    pool.forEach(parts.count) { part in
      let progress = unsafe ExactScan.Progress(query, limit: limit)
      let found = scan.best(of: parts[part], for: [progress])[0]
      best.withLock { $0.merge(found) }
    }
    return best.withLock { $0.neighbours }
  }

  /// Many queries: threads take groups of them, and a group walks through the rows together.
  public func search(_ queries: DenseVectors, _ options: SearchOptions) throws(IndexError) -> [[Neighbour]] {
    let allowed = options.allowed(count: count, absent: absent)
    let limit = max(0, min(options.limit, allowed?.count ?? count))
    let scan = ExactScan(vectors: vectors, allowed: allowed)
    let groupSize = max(1, min(16, (queries.count + pool.threadCount - 1) / pool.threadCount))
    let groupCount = (queries.count + groupSize - 1) / groupSize
    let outcomes = Mutex([Result<[[Neighbour]], IndexError>](repeating: .success([]), count: groupCount))
    pool.forEach(groupCount) { group in
      let outcome = Result { () throws(IndexError) -> [[Neighbour]] in
        var progresses: [ExactScan.Progress] = []
        for number in group * groupSize..<min(queries.count, (group + 1) * groupSize) {
          let prepared = PreparedQuery(for: vectors)
          try prepared.prepare(Array(queries[number]).span, for: vectors)
          progresses.append(ExactScan.Progress(prepared, limit: limit))
        }
        guard limit > 0 else { return progresses.map { _ in [] } }
        return scan.best(of: 0..<count, for: progresses).map(\.neighbours)
      }
      outcomes.withLock { $0[group] = outcome }
    }
    var answers: [[Neighbour]] = []
    for outcome in outcomes.withLock({ $0 }) { answers += try outcome.get() }
    return answers
  }

  // Handing work to another thread costs some microseconds, so a part is worth a hundred of them or more.
  private static let bytesPerPart = 4 << 20

  private func parts(comparing rowCount: Int) -> [Range<Int>] {
    let bytes = rowCount * (vectors.codes?.stride ?? vectors.exact.region.count / max(1, count))
    let partCount = min(pool.threadCount, max(1, bytes / Self.bytesPerPart))
    let partSize = ((count + partCount - 1) / partCount + 63) / 64 * 64
    return stride(from: 0, to: count, by: max(64, partSize)).map { $0..<min(count, $0 + partSize) }
  }
}

extension TopK {
  var neighbours: [Neighbour] { ranked.map { Neighbour(row: $0.row, score: $0.score) } }
}

extension SearchOptions {
  /// The rows that may be found, nil for all of `count`.
  func allowed(count: Int, absent: RowSet) -> RowSet? {
    var excluded = absent
    if let excluding, !excluding.isEmpty { excluded = excluded.isEmpty ? excluding : excluded.union(excluding) }
    guard let within else { return excluded.isEmpty ? nil : excluded.complement(count: count) }
    let inside = within.words.count * 64 > count ? within.intersection(RowSet(0..<Row(count))) : within
    return excluded.isEmpty ? inside : inside.subtracting(excluded)
  }
}
