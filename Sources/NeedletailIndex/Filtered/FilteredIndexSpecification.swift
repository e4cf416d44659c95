/// The ways to search under a predicate.
public enum FilteredMethod: String, Codable, CaseIterable, Sendable {
  /// Compare all matching rows: `FilteredScan`.
  case scan
  /// Search for more and drop what does not match: `PlannedGraph`, dropping.
  case postFilter = "post-filter"
  /// What is cheapest for the number of matching rows: `PlannedGraph`.
  case planned
  /// Search among the matching rows, looking over the others between them: `PlannedGraph`, walking. A plan of `planned`, to be compared
  /// with it; not one of `allCases`.
  case walkAround = "walk-around"
  /// ACORN-1: `ExpansionGraph`.
  case expansion
  /// ACORN-γ: `ExpansionGraph`.
  case denseExpansion = "dense-expansion"
  /// Filtered-Vamana: `LabelGraph`.
  case labelGraph = "label-graph"
  /// Stitched-Vamana: `LabelGraph`.
  case stitchedLabelGraph = "stitched-label-graph"
  /// UNG: `LabelSetGraph`.
  case labelSetGraph = "label-set-graph"
  /// NHQ: `FusedGraph`.
  case fusedGraph = "fused-graph"
  /// CAPS: `PartitionedLabels`.
  case partitionedLabels = "partitioned-labels"
  /// SeRF in one dimension: `PrefixGraph`.
  case prefixGraph = "prefix-graph"
  /// SeRF in two dimensions: `SegmentGraph`.
  case segmentGraph = "segment-graph"
  /// iRangeGraph: `SegmentTreeGraph`.
  case segmentTreeGraph = "segment-tree-graph"

  /// The methods that are indexes of their own, in the order of reports.
  public static let allCases: [FilteredMethod] = [
    .scan, .postFilter, .planned, .expansion, .denseExpansion, .labelGraph, .stitchedLabelGraph, .labelSetGraph, .fusedGraph,
    .partitionedLabels, .prefixGraph, .segmentGraph, .segmentTreeGraph,
  ]

  /// The name in the literature.
  public var publishedName: String {
    switch self {
    case .scan: "pre-filtering"
    case .postFilter: "post-filtering"
    case .planned: "planned"
    case .walkAround: "walking around"
    case .expansion: "ACORN-1"
    case .denseExpansion: "ACORN-γ"
    case .labelGraph: "FilteredVamana"
    case .stitchedLabelGraph: "StitchedVamana"
    case .labelSetGraph: "UNG"
    case .fusedGraph: "NHQ"
    case .partitionedLabels: "CAPS"
    case .prefixGraph: "SeRF 1-D"
    case .segmentGraph: "SeRF 2-D"
    case .segmentTreeGraph: "iRangeGraph"
    }
  }

  /// Whether the index is the same whatever the attributes.
  public var isAttributeFree: Bool {
    switch self {
    case .scan, .postFilter, .planned, .walkAround, .expansion, .denseExpansion: true
    default: false
    }
  }

  /// The kinds of predicates it serves.
  public var kinds: Set<PredicateKind> {
    switch self {
    case .scan, .postFilter, .planned, .walkAround, .expansion, .denseExpansion: Set(PredicateKind.allCases)
    case .labelGraph, .stitchedLabelGraph, .labelSetGraph, .partitionedLabels: [.label, .labels]
    case .fusedGraph: [.label]
    case .prefixGraph: [.prefix]
    case .segmentGraph, .segmentTreeGraph: [.range, .prefix]
    }
  }
}

/// What the filtered indexes are built with. The defaults lie within the ranges that the comparison of Iff et al.
/// ("Benchmarking filtered approximate nearest neighbor search algorithms", 2025) tunes in.
public struct FilteredIndexParameters: Codable, Hashable, Sendable {
  /// Of the ordinary graph, the prefix graph and the segment tree.
  public var graph = GraphParameters(degree: 32, efConstruction: 128)
  public var expansion = ExpansionGraph.Parameters.plain
  public var denseExpansion = ExpansionGraph.Parameters.dense
  public var labelGraph = LabelGraph.Parameters()
  public var labelSetGraph = LabelSetGraph.Parameters()
  public var fusedGraph = FusedGraph.Parameters()
  public var partitionedLabels = PartitionedLabels.Parameters()
  public var segmentGraph = SegmentGraph.Parameters()
  public var seed: UInt64 = 42

  public init() {}

  func validate() throws(IndexError) {
    try graph.validate()
    try expansion.validate()
    try denseExpansion.validate()
    try labelGraph.validate()
    try labelSetGraph.validate()
    try fusedGraph.validate()
    try partitionedLabels.validate()
    try segmentGraph.validate()
  }
}
