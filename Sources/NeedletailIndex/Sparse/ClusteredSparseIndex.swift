public import NeedletailCore
public import NeedletailNumerics

/// Finds the largest inner products with sparse vectors from a few lists, a few blocks of each and a summary of every block:
/// approximate, and far faster than any exact index. Made for learned sparse vectors, whose few heavy components say most.
///
/// S. Bruch, F. M. Nardini, C. Rulli and R. Venturini, "Efficient Inverted Indexes for Approximate Retrieval over Learned
/// Sparse Representations", SIGIR 2024: static pruning and blocking (section 4.2), summaries (4.3), the search (4.4). The
/// refinement by neighbours is from their "Pairing Clustered Inverted Indexes with κ-NN Graphs for Fast Approximate Retrieval
/// over Learned Sparse Representations", CIKM 2024. Deviations: weights are fixed-point numbers, so that scores in a search
/// are whole numbers; the codes of summaries begin at 0; summaries are compared block by block instead of component by
/// component; the results are scored again in floating point. ``SparseSearchEffort/heapFactor`` multiplies.
///
/// ```swift
/// let index = try ClusteredSparseIndex(vectors)
/// let best = try index.search(query, SearchOptions(limit: 10))
/// ```
///
/// A filter that leaves few rows is met by scoring them all, and when the lists yield fewer than `limit` rows, all others are
/// scored: `limit` results come whenever as many allowed rows share a term with the query.
public struct ClusteredSparseIndex: SparseIndex {
  public let dimension: Int
  public let parameters: ClusteredSparseParameters
  /// All rows with what is left of their weights.
  let rows: SparseRows
  /// What a code of 1 in a row stands for.
  let scale: Float
  let blocks: SparseBlocks
  /// `parameters.neighbourCount` for each row, those missing at the end `UInt32.max`.
  let neighbours: Column<Row>
  private let scratch: ScratchPool<ClusteredSparseScratch>

  init(
    dimension: Int, parameters: ClusteredSparseParameters, rows: SparseRows, scale: Float, blocks: SparseBlocks,
    neighbours: Column<Row>
  ) {
    self.dimension = dimension
    self.parameters = parameters
    self.rows = rows
    self.scale = scale
    self.blocks = blocks
    self.neighbours = neighbours
    let (count, longestList) = (rows.count, blocks.longestList)
    scratch = ScratchPool { ClusteredSparseScratch(rowCount: count, dimension: dimension, blockCount: longestList) }
  }

  /// Builds an index; row `i` is row `i` of `vectors`.
  ///
  /// - Parameters:
  ///   - vectors: the rows; weights are at least zero.
  ///   - parameters: how to build.
  ///   - excluded: rows that must never be found; they keep their numbers.
  ///   - pool: the threads to build with; the result does not depend on how many there are.
  /// - Throws: `unusableVector` for the first row with a negative weight, `invalidParameter`.
  public init(
    _ vectors: SparseVectors, parameters: ClusteredSparseParameters = ClusteredSparseParameters(),
    excluding excluded: RowSet = RowSet(), pool: WorkerPool = .shared
  ) throws(IndexError) {
    try parameters.validate()
    try vectors.checkForIndex()
    let codes = SparseCodes(vectors, parameters.codec, excluding: excluded)
    let blocks = ClusteredSparseBuilder(codes, dimension: vectors.dimension, parameters).build(pool: pool)
    let rows = SparseRows(
      starts: codes.starts.elements, terms: codes.terms.elements, codes: codes.codes.elements, dimension: vectors.dimension,
      hasWideCodes: parameters.codec == .fixed16)
    let unlinked = ClusteredSparseIndex(
      dimension: vectors.dimension, parameters: parameters, rows: rows, scale: codes.scale, blocks: blocks,
      neighbours: Column([]))
    guard parameters.neighbourCount > 0 else {
      self = unlinked
      return
    }
    self.init(
      dimension: vectors.dimension, parameters: parameters, rows: rows, scale: codes.scale, blocks: blocks,
      neighbours: unlinked.nearestRows(parameters.neighbourCount, pool: pool))
  }

  public var count: Int { rows.count }

  public var footprint: Footprint {
    Footprint(
      vectorBytes: rows.byteCount, codeBytes: blocks.byteCount, linkBytes: neighbours.region.count,
      isMapped: rows.terms.isMapped)
  }

  /// How many rows are in no list, because they are empty or all their postings were pruned: only a search that scores all
  /// rows finds them.
  public var unlistedCount: Int {
    var listed = RowSet(0..<Row(count))
    listed.subtract(listed)
    for place in 0..<blocks.rows.count { listed.insert(blocks.rows[place]) }
    return count - listed.count
  }

  /// The rows of a block on average.
  public var meanBlockSize: Double {
    blocks.count > 0 ? Double(blocks.rows.count) / Double(blocks.count) : 0
  }

  /// The components of a summary on average.
  public var meanSummaryLength: Double {
    blocks.count > 0 ? Double(blocks.summaries.starts[blocks.count]) / Double(blocks.count) : 0
  }

  public func search(_ query: SparseVector, _ options: SearchOptions) throws(IndexError) -> [Neighbour] {
    try search(query, options, effort: parameters.effort).neighbours
  }

  /// The allowed rows with the largest inner products, and what it took to find them.
  public func search(
    _ query: SparseVector, _ options: SearchOptions, effort: SparseSearchEffort
  ) throws(IndexError) -> (neighbours: [Neighbour], work: SparseSearchWork) {
    try effort.validate()
    try options.validate()
    return try scratch.borrow { scratch throws(IndexError) in
      try scratch.query.prepare(query)
      var search = ClusteredSparseSearch(self, scratch, options, effort)
      return (search.run(), search.work)
    }
  }
}

/// What one search did.
public struct SparseSearchWork: Hashable, Sendable {
  /// Blocks whose summaries were compared.
  public var summaryCount = 0
  /// Blocks that were not passed over.
  public var blockCount = 0
  /// Rows that were scored in full.
  public var scoredCount = 0

  public init() {}
}
