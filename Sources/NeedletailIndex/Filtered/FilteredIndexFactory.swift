public import NeedletailCore
public import NeedletailNumerics
internal import Synchronization

/// Builds filtered indexes over the same vectors and attributes, which all of them share.
public struct FilteredIndexFactory: Sendable {
  private let rows: FilteredRows
  private let pairs: PairDistances
  private let pool: WorkerPool
  private let graphs: AttributeFreeGraphs

  /// Takes over vectors and what is known of their rows.
  ///
  /// - Parameters:
  ///   - vectors: row `i` is row `i` of the attributes.
  ///   - attributes: what predicates ask about.
  ///   - similarity: by which neighbours are near.
  ///   - codec: the form that vectors are searched in; see `VectorCodecKind`.
  ///   - pool: the threads to build with; the result does not depend on how many there are.
  /// - Throws: `IndexError.unusableVector` with the lowest row whose components are not finite or whose length
  ///   overflows, `invalidParameter` if the attributes are of another number of rows.
  public init(
    _ vectors: DenseVectors, attributes: RowAttributes, similarity: Similarity, codec: VectorCodecKind = .int8,
    pool: WorkerPool = .shared
  ) throws(IndexError) {
    guard attributes.count == vectors.count else {
      throw .invalidParameter("there are \(vectors.count) vectors, and attributes of \(attributes.count) rows")
    }
    guard vectors.count <= maximumRowCount, vectors.dimension <= maximumDimension else {
      throw .invalidParameter(
        "an index holds up to \(maximumRowCount) vectors of up to \(maximumDimension) components")
    }
    let encoder = VectorEncoder(
      vectors: vectors, similarity: similarity, codec: codec, excluded: RowSet(), pool: pool)
    let encoded = try encoder.encode()
    rows = FilteredRows(FlatIndex(encoded, absent: RowSet(), pool: pool), attributes)
    pairs = PairDistances(encoded, pool: pool)
    self.pool = pool
    graphs = AttributeFreeGraphs()
  }

  private init(_ rows: FilteredRows, _ other: FilteredIndexFactory) {
    self.rows = rows
    pairs = other.pairs
    pool = other.pool
    graphs = other.graphs
  }

  /// The same vectors with other attributes. Graphs that know no attributes are built once for all.
  ///
  /// - Throws: `IndexError.invalidParameter` if the attributes are of another number of rows.
  public func with(_ attributes: RowAttributes) throws(IndexError) -> FilteredIndexFactory {
    guard attributes.count == rows.count else {
      throw .invalidParameter("there are \(rows.count) vectors, and attributes of \(attributes.count) rows")
    }
    return FilteredIndexFactory(FilteredRows(rows.flat, attributes), self)
  }

  /// Links of lists are numbered in 32 bits.
  private static let largestLinkedCount = 1 << 24

  public var attributes: RowAttributes { rows.attributes }

  /// Builds an index; two with the same parameters are the same, whatever the number of threads.
  ///
  /// - Throws: `IndexError.invalidParameter` for parameters outside their range and for attributes that the method needs
  ///   and the rows lack.
  public func build(
    _ method: FilteredMethod, parameters: FilteredIndexParameters = FilteredIndexParameters()
  ) throws(IndexError) -> any FilteredIndex {
    try parameters.validate()
    guard method.isAttributeFree || rows.count <= Self.largestLinkedCount else {
      throw .invalidParameter(
        "\(method.rawValue) is for up to \(Self.largestLinkedCount) rows; take \(FilteredMethod.planned.rawValue)")
    }
    let seed = parameters.seed
    switch method {
    case .scan:
      return FilteredScan(rows: rows)
    case .postFilter, .planned, .walkAround:
      let (links, entries) = ordinaryGraph(parameters)
      let way: PlannedGraph.Way = method == .planned ? .cheapest : method == .postFilter ? .dropping : .walking
      return PlannedGraph(rows: rows, links: links, entries: entries, way: way)
    case .expansion:
      return expansionGraph(parameters.expansion, seed: seed)
    case .denseExpansion:
      return expansionGraph(parameters.denseExpansion, seed: seed)
    case .labelGraph, .stitchedLabelGraph:
      var labelGraph = parameters.labelGraph
      labelGraph.construction = method == .labelGraph ? .incremental : .stitched
      return try LabelGraph(rows, pairs, labelGraph, seed: seed, pool: pool)
    case .labelSetGraph:
      return try LabelSetGraph(rows, pairs, parameters.labelSetGraph, seed: seed, pool: pool)
    case .fusedGraph:
      return try FusedGraph(rows, pairs, parameters.fusedGraph, seed: seed, pool: pool)
    case .partitionedLabels:
      return try PartitionedLabels(rows, parameters.partitionedLabels, seed: seed, pool: pool)
    case .prefixGraph:
      return try PrefixGraph(rows, pairs, parameters.graph)
    case .segmentGraph:
      return try SegmentGraph(rows, pairs, parameters.segmentGraph)
    case .segmentTreeGraph:
      return try SegmentTreeGraph(rows, pairs, parameters.graph, pool: pool)
    }
  }

  private func ordinaryGraph(_ parameters: FilteredIndexParameters) -> (links: Links, entries: [Row]) {
    graphs.graph(.ordinary(parameters.graph, seed: parameters.seed)) {
      GraphBuilder(
        pairs, members: Array(0..<Row(rows.count)), rule: DiverseLinks(parameters.graph),
        diversification: parameters.graph.diversification, seed: parameters.seed, pool: pool
      ).build()
    }
  }

  private func expansionGraph(_ parameters: ExpansionGraph.Parameters, seed: UInt64) -> ExpansionGraph {
    let (links, entries) = graphs.graph(.expansion(parameters, seed: seed)) {
      ExpansionGraph.build(pairs, parameters, seed: seed, pool: pool)
    }
    return ExpansionGraph(rows: rows, parameters: parameters, links: links, entries: entries)
  }
}

/// Graphs that do not depend on attributes, by what they were built with.
private final class AttributeFreeGraphs: Sendable {
  enum Key: Hashable {
    case ordinary(GraphParameters, seed: UInt64)
    case expansion(ExpansionGraph.Parameters, seed: UInt64)
  }

  private let graphs = Mutex<[Key: (links: Links, entries: [Row])]>([:])

  func graph(_ key: Key, _ build: () -> (links: Links, entries: [Row])) -> (links: Links, entries: [Row]) {
    if let known = graphs.withLock({ $0[key] }) { return known }
    let graph = build()
    graphs.withLock { $0[key] = graph }
    return graph
  }
}
