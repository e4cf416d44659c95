public import NeedletailCore
public import NeedletailNumerics
internal import Synchronization

/// A graph that rows enter and leave while it is searched.
///
/// A row that is inserted looks for its links as it does when a graph is built (`GraphBuilder`), alone instead of in rounds.
/// A row that is removed is no longer found, but walked over until a tenth of the rows are removed; then the graph closes
/// over them (`repair`) and their places are given to new rows (A. Singh et al., "FreshDiskANN", arXiv 2105.09613, 2021,
/// algorithms 2 and 4), so that memory stays what the rows need. Deviations: vectors are kept as 32-bit floats; all links
/// are repaired in place.
///
/// Searches run side by side, and wait for a writer only while it copies links that it has already chosen. Writers wait for
/// each other. The number of a removed row is given again later.
public final class ChangingGraph: @unchecked Sendable {
  public let dimension: Int
  public let similarity: Similarity
  public let parameters: GraphParameters
  // What is below changes under `changing` and `lock.write` together; a writer reads it under the first alone, a search
  // under `lock.read`.
  let changing = Mutex(())
  let lock = SharedLock()
  var rows: ChangingRows
  /// Rows that are found.
  var present = RowSet()
  /// Rows that are only walked over.
  var removed = RowSet()
  /// Places that were used and are free again.
  var free: [Row] = []
  /// Places that were ever used.
  var usedCount = 0
  /// Where searches start.
  var entries: [Row] = []
  var scratch: ScratchPool<Scratch>

  final class Scratch {
    let traversal: GraphTraversal
    let query: PreparedQuery
    let selection: LinkSelection
    let memory: AlignedMemory

    init(_ rows: ChangingRows, _ parameters: GraphParameters) {
      traversal = GraphTraversal(rowCount: rows.capacity, degree: parameters.degree, entryCount: GraphEntries.count)
      query = PreparedQuery(for: rows.vectors)
      selection = LinkSelection(rows.pairs, degree: parameters.degree, diversification: parameters.diversification)
      memory = AlignedMemory.zeroed(count: max(256, rows.vectors.exact.stride) * MemoryLayout<Float>.size)
    }
  }

  /// A graph over some rows, numbered from 0, or over none.
  ///
  /// - Parameters:
  ///   - vectors: the rows.
  ///   - similarity: how they are compared. For inner products links are chosen by inner product.
  ///   - parameters: as for a graph that does not change; `exactScanLimit` is not used.
  ///   - pool: the threads that link them; the result does not depend on how many there are.
  /// - Throws: `invalidParameter`, or `unusableVector` for a vector that cannot be compared.
  public init(
    _ vectors: DenseVectors, similarity: Similarity, parameters: GraphParameters = GraphParameters(), pool: WorkerPool = .shared
  ) throws(IndexError) {
    try parameters.validate()
    guard (1...maximumDimension).contains(vectors.dimension), vectors.count <= maximumRowCount else {
      throw .invalidParameter("a graph takes vectors of 1 to \(maximumDimension) components, at most \(maximumRowCount) of them")
    }
    dimension = vectors.dimension
    self.similarity = similarity
    self.parameters = parameters
    let rows = ChangingRows(
      capacity: max(64, vectors.count), dimension: vectors.dimension, similarity: similarity, degree: parameters.degree)
    self.rows = rows
    scratch = ScratchPool { Scratch(rows, parameters) }
    let query = PreparedQuery(for: rows.vectors)
    for row in 0..<vectors.count {
      do { try query.prepare(Array(vectors[row]).span, for: rows.vectors) } catch { throw error.naming(row) }
      rows.store(query, at: Row(row))
    }
    guard vectors.count > 0 else { return }
    present = RowSet(0..<Row(vectors.count))
    usedCount = vectors.count
    let builder = GraphBuilder(
      rows.pairs, members: Array(0..<Row(usedCount)), rule: DiverseLinks(parameters),
      diversification: parameters.diversification, seed: parameters.seed, pool: pool)
    let built = builder.build()
    entries = built.entries
    for row in 0..<Row(usedCount) { rows.set(row, built.links[row]) }
  }

  /// The number of rows that can be found.
  public var count: Int { lock.read { present.count } }

  /// The memory it occupies, places for new rows included.
  public var footprint: Footprint { lock.read { rows.footprint } }

  /// The rows that can be found, in ascending order.
  public var presentRows: [Row] { lock.read { Array(present) } }

  // MARK: - Searching

  /// The rows nearest to the query, best first; equal scores by ascending row.
  ///
  /// - Parameters:
  ///   - limit: how many; as many come whenever there are as many.
  ///   - efSearch: candidates in view; nil for that of the parameters.
  ///   - isExact: whether every row is compared.
  /// - Throws: `dimensionMismatch`, or `unusableVector` for a query that cannot be compared.
  public func search(
    _ query: Span<Float>, limit: Int = 10, efSearch: Int? = nil, isExact: Bool = false
  ) throws(IndexError) -> [Neighbour] {
    try lock.read { () throws(IndexError) in
      try scratch.borrow { scratch throws(IndexError) in
        try scratch.query.prepare(query, for: rows.vectors)
        let wanted = min(limit, present.count)
        guard wanted > 0 else { return [] }
        let ef = max(efSearch ?? parameters.efSearch, wanted)
        if !isExact, ef < present.count {
          // Removed rows take their share of the view until the next repair.
          walk(scratch, ef: ef + ef * removed.count / present.count)
          let found = scratch.traversal.contenders(for: scratch.query, rows.vectors, limit: wanted) { present.contains($0) }
          if found.count == wanted {
            return Rescoring.best(of: found, limit: wanted, query: scratch.query, rows.vectors, scratch.memory).neighbours
          }
        }
        let scan = ExactScan(vectors: rows.vectors, allowed: present)
        return scan.best(of: 0..<usedCount, for: [ExactScan.Progress(scratch.query, limit: wanted)])[0].neighbours
      }
    }
  }

  /// The same for an array.
  public func search(
    _ query: [Float], limit: Int = 10, efSearch: Int? = nil, isExact: Bool = false
  ) throws(IndexError) -> [Neighbour] {
    try search(query.span, limit: limit, efSearch: efSearch, isExact: isExact)
  }

  private func walk(_ scratch: Scratch, ef: Int) {
    let scorer = unsafe QueryScorer(vectors: rows.vectors, query: scratch.query, products: scratch.traversal.products)
    unsafe scratch.traversal.search(scorer, EveryLink(rows.links.pointer), entries: entries, ef: ef)
  }
}

extension IndexError {
  /// The same problem, with the row that has it.
  func naming(_ row: Int) -> IndexError {
    if case .unusableVector(nil, let reason) = self { return .unusableVector(row: row, reason: reason) }
    return self
  }
}
