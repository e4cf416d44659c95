public import NeedletailCore
internal import NeedletailNumerics

/// Rows in clusters of near ones, and within each cluster by their most frequent labels: a search compares what carries the label
/// in the clusters nearest to the query, cluster by cluster, until it has compared as many rows as its effort allows.
///
/// CAPS (G. Gupta et al., "CAPS: A practical partition index for filtered similarity search", 2023): k-means above, a truncated
/// Huffman tree of label frequencies below, which is a list of leaves since each level parts one label from the rest.
/// Deviations: centroids are not learned further than k-means; a row that carries several labels of leaves lies in the first
/// of them, and all leaves up to that of the wanted label are looked through, so that no such row is lost; leaves are visited
/// whole. Effort: thirty-two compared rows for each candidate that a graph would keep in view.
public struct PartitionedLabels: FilteredIndex {
  /// How rows are divided.
  public struct Parameters: Codable, Hashable, Sendable {
    /// Clusters (`B` in the paper); at most one for every four rows.
    public var clusterCount: Int
    /// Leaves of a cluster that hold one label each (`h`, the height of the tree); the rest shares one.
    public var leafCount: Int

    public init(clusterCount: Int = 256, leafCount: Int = 20) {
      self.clusterCount = clusterCount
      self.leafCount = leafCount
    }

    func validate() throws(IndexError) {
      guard (1...65_536).contains(clusterCount), (1...1_024).contains(leafCount) else {
        throw .invalidParameter("labels are partitioned into 1 to 65,536 clusters of 1 to 1,024 leaves")
      }
    }
  }

  /// A run of rows that carry a label; nil for what is left of a cluster.
  private struct Leaf: Sendable {
    let label: Label?
    let rows: Range<Int>
  }

  let rows: FilteredRows
  private let centroids: [Float]
  private let leaves: [[Leaf]]
  /// All rows, leaf after leaf.
  private let order: [Row]
  /// Whether no row carries two labels, so that a label is in its own leaf or in the rest.
  private let hasSingleLabels: Bool

  private static let comparedRowsPerEffort = 32

  init(_ rows: FilteredRows, _ parameters: Parameters, seed: UInt64, pool: WorkerPool) throws(IndexError) {
    guard let labels = rows.attributes.labels else {
      throw .invalidParameter("partitions by labels need rows that have labels")
    }
    self.rows = rows
    let dimension = rows.vectors.dimension
    let values = CodedLists.values(of: Array(0..<Row(rows.count)), rows.vectors.exact, dimension, pool)
    let means = KMeans(
      values, dimension: dimension,
      parameters: .init(clusterCount: max(1, min(parameters.clusterCount, rows.count / 4)), seed: seed), pool: pool)
    let clusters = means.clusters(of: values, pool: pool)
    centroids = means.centroids
    var members = [[Row]](repeating: [], count: means.clusterCount)
    for (row, cluster) in clusters.enumerated() { members[Int(cluster)].append(Row(row)) }
    var (leaves, order): ([[Leaf]], [Row]) = ([], [])
    for cluster in members { leaves.append(Self.leaves(of: cluster, labels, parameters.leafCount, into: &order)) }
    self.leaves = leaves
    self.order = order
    hasSingleLabels = (0..<Row(rows.count)).allSatisfy { labels.labels(of: $0).count <= 1 }
  }

  /// Parts the most frequent label from the rest, again and again.
  private static func leaves(of rows: [Row], _ labels: LabelColumn, _ limit: Int, into order: inout [Row]) -> [Leaf] {
    var (leaves, rest): ([Leaf], [Row]) = ([], rows)
    func append(_ rows: [Row], _ label: Label?) {
      leaves.append(Leaf(label: label, rows: order.count..<order.count + rows.count))
      order += rows
    }
    while leaves.count < limit, !rest.isEmpty {
      var counts: [Label: Int] = [:]
      for row in rest { for label in labels.labels(of: row) { counts[label, default: 0] += 1 } }
      guard let (label, _) = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { break }
      append(rest.filter { labels.carries($0, label) }, label)
      rest.removeAll { labels.carries($0, label) }
    }
    if !rest.isEmpty { append(rest, nil) }
    return leaves
  }

  public var count: Int { rows.count }
  public var dimension: Int { rows.vectors.dimension }
  public var similarity: Similarity { rows.vectors.similarity }
  public var structureBytes: Int {
    4 * (centroids.count + order.count) + leaves.joined().count * MemoryLayout<Leaf>.stride
  }
  public var kinds: Set<PredicateKind> { [.label, .labels] }

  public func search(
    _ query: Span<Float>, where predicate: RowPredicate, _ options: FilteredSearchOptions
  ) throws(IndexError) -> FilteredAnswer {
    let nearest = query.count == dimension ? ranked(query) : []
    return try rows.search(query, where: predicate, options, kinds: kinds) { scratch, matching in
      let ef = max(options.effort, options.limit)
      let wanted = matching.label
      var found: [Row] = []
      for cluster in nearest {
        collect(cluster, wanted, matching, &found)
        if found.count >= Self.comparedRowsPerEffort * ef { break }
      }
      scratch.traverse(rows.vectors, NoLink(), entries: found, ef: ef)
      return true
    }
  }

  /// Clusters, the nearest first.
  private func ranked(_ query: Span<Float>) -> [Int] {
    let kernels = DistanceKernels.current
    let isDistance = similarity == .euclidean
    let scores = isDistance
      ? kernels.squaredEuclidean(query, rows: centroids.span) : kernels.dot(query, rows: centroids.span)
    var nearest = TopK(capacity: scores.count)
    for (cluster, score) in scores.enumerated() { nearest.insert(row: UInt32(cluster), score: isDistance ? -score : score) }
    return nearest.ranked.map { Int($0.row) }
  }

  private func collect(_ cluster: Int, _ wanted: Label?, _ matching: ResolvedPredicate, _ found: inout [Row]) {
    let leaves = leaves[cluster]
    let own = wanted.flatMap { wanted in leaves.firstIndex { $0.label == wanted } }
    if let own {
      // All rows of it carry the label; before it are those that carry a more frequent one too.
      if !hasSingleLabels { for leaf in leaves[..<own] { found += order[leaf.rows].lazy.filter(matching.holds) } }
      found += order[leaves[own].rows]
    } else if wanted != nil, hasSingleLabels {
      if let rest = leaves.last, rest.label == nil { found += order[rest.rows].lazy.filter(matching.holds) }
    } else {
      for leaf in leaves { found += order[leaf.rows].lazy.filter(matching.holds) }
    }
  }
}

extension ResolvedPredicate {
  /// The one label that rows have to carry, if that is all they have to.
  fileprivate var label: Label? { if case .label(let label, _) = form { label } else { nil } }
}

/// Follows no link: what is compared are the entries.
private struct NoLink: LinkExpansion {
  var room: Int { 1 }

  func collect(from row: Row, visited: inout VisitedRows, into rows: UnsafeMutablePointer<Row>) -> Int { 0 }
}
