public import NeedletailCore
internal import NeedletailNumerics

/// A graph whose links respect labels: the rows of each label hang together, so that a search for a label walks among its
/// rows alone.
///
/// Filtered-DiskANN (Gollapudi et al., WWW 2023), in both forms. `incremental` (FilteredVamana, section 4) finds the
/// candidates of a row among rows that share a label with it, starting from a start row of each of its labels, and in the
/// whole graph; a link is superfluous only if the one that makes it so carries every label that the linked rows share.
/// `stitched` (StitchedVamana, section 5) builds a graph for each label, joins them and chooses by the same rule.
/// Deviations: rows come in rounds (`GraphBuilder`); `α` acts on squared distances; start rows come first in the order
/// of insertion; the stitched form starts from the row nearest to the label's mean.
///
/// Several labels: for "any of" the search starts from the start rows of all and walks among the rows of any; for "all
/// of" it walks among the rows of the rarest.
public struct LabelGraph: FilteredIndex {
  /// How a label graph is built.
  public struct Parameters: Codable, Hashable, Sendable {
    public enum Construction: String, Codable, Sendable {
      case incremental, stitched
    }

    public var construction: Construction
    /// The largest number of links of a row.
    public var degree: Int
    /// The same in the graph of a single label, before they are joined.
    public var labelDegree: Int
    /// Candidates in view while a row is linked (`L`).
    public var efConstruction: Int
    /// The factor of `LinkSelection`.
    public var diversification: Float

    public init(
      construction: Construction = .incremental, degree: Int = 64, labelDegree: Int = 32, efConstruction: Int = 100,
      diversification: Float = 1.2
    ) {
      self.construction = construction
      self.degree = degree
      self.labelDegree = labelDegree
      self.efConstruction = efConstruction
      self.diversification = diversification
    }

    func validate() throws(IndexError) {
      try GraphParameters(
        degree: degree, efConstruction: efConstruction, diversification: diversification).validate()
      guard (4...256).contains(labelDegree) else {
        throw .invalidParameter("the degree of the graph of a label lies between 4 and 256")
      }
    }
  }

  let rows: FilteredRows
  private let labels: LabelColumn
  private let links: Links
  /// The row where a search for a label starts.
  private let starts: [Row]

  init(
    _ rows: FilteredRows, _ pairs: PairDistances, _ parameters: Parameters, seed: UInt64, pool: WorkerPool
  ) throws(IndexError) {
    guard let labels = rows.attributes.labels else { throw .invalidParameter("the rows have no labels") }
    self.rows = rows
    self.labels = labels
    switch parameters.construction {
    case .incremental:
      let starts = Self.leastUsedStarts(labels, seed: seed)
      let rule = LabelledLinks(parameters, labels, starts)
      let first = Array(RowSet(starts.filter { $0 != Links.none }))
      links = GraphBuilder(
        pairs, members: Array(0..<Row(rows.count)), first: first, rule: rule,
        diversification: parameters.diversification, seed: seed, pool: pool
      ).build().links
      self.starts = starts
    case .stitched:
      let stitching = Stitching(pairs: pairs, labels: labels, parameters: parameters, pool: pool)
      links = stitching.links(seed: seed)
      starts = stitching.starts()
    }
  }

  public var count: Int { rows.count }
  public var dimension: Int { rows.vectors.dimension }
  public var similarity: Similarity { rows.vectors.similarity }
  public var structureBytes: Int { links.targets.region.count + starts.count * MemoryLayout<Row>.size }
  public var kinds: Set<PredicateKind> { [.label, .labels] }

  public func search(
    _ query: Span<Float>, where predicate: RowPredicate, _ options: FilteredSearchOptions
  ) throws(IndexError) -> FilteredAnswer {
    try rows.search(query, where: predicate, options, kinds: kinds) { scratch, matching in
      guard case .labels(let condition) = predicate else { return false }
      let (within, entries) = walk(for: condition)
      unsafe within.words.withUnsafeBufferPointer { words in
        let expansion = unsafe LinksWithin(links.pointer, words)
        scratch.traverse(rows.vectors, expansion, entries: entries, ef: max(options.effort, options.limit))
      }
      return true
    }
  }

  /// The rows to walk among and those to start from.
  private func walk(for condition: LabelCondition) -> (RowSet, [Row]) {
    let known = Set(condition.labels).filter { !labels.rows(of: $0).isEmpty }.sorted()
    switch condition {
    case .any:
      return (known.reduce(RowSet()) { $0.union(labels.rowSet(of: $1)) }, known.map { starts[Int($0)] })
    case .all, .exactly:
      let rarest = known.min { (labels.rows(of: $0).count, $0) < (labels.rows(of: $1).count, $1) }
      guard let rarest else { return (RowSet(0..<Row(count)), Array(starts.filter { $0 != Links.none }.prefix(1))) }
      return (labels.rowSet(of: rarest), [starts[Int(rarest)]])
    }
  }

  /// What part of the rows of a label a search for it can reach, for tests.
  package func reachable(_ label: Label) -> Double {
    let within = labels.rowSet(of: label)
    guard !within.isEmpty else { return 1 }
    var seen = RowSet([starts[Int(label)]])
    var waiting = [starts[Int(label)]]
    while let row = waiting.popLast() {
      for target in links[row] where within.contains(target) && seen.insert(target) { waiting.append(target) }
    }
    return Double(seen.count) / Double(within.count)
  }

  /// For each label the one of 25 of its rows that fewest labels start from so far (algorithm 2 of the paper).
  private static func leastUsedStarts(_ labels: LabelColumn, seed: UInt64) -> [Row] {
    var generator = SeededGenerator(seed: seed)
    var uses: [Row: Int] = [:]
    return (0..<Label(labels.labelCount)).map { label in
      let rows = labels.rows(of: label)
      guard !rows.isEmpty else { return Links.none }
      let sample = rows.count <= 25 ? Array(rows) : (0..<25).map { _ in rows.randomElement(using: &generator) ?? 0 }
      let start = sample.min { (uses[$0, default: 0], $0) < (uses[$1, default: 0], $1) } ?? 0
      uses[start, default: 0] += 1
      return start
    }
  }
}

/// Follows links within a set of rows, never over rows outside.
@safe struct LinksWithin: LinkExpansion {
  private let links: LinkPointer
  private let words: UnsafeBufferPointer<UInt64>

  init(_ links: LinkPointer, _ words: UnsafeBufferPointer<UInt64>) {
    unsafe self.links = unsafe links
    unsafe self.words = unsafe words
  }

  var room: Int { unsafe links.stride }

  @inline(__always)
  func collect(from row: Row, visited: inout VisitedRows, into rows: UnsafeMutablePointer<Row>) -> Int {
    unsafe links.collect(from: row, visited: &visited, into: rows) { unsafe words.holds($0) }
  }

  @inline(__always)
  func prefetch(_ row: Row) { unsafe DistanceKernels.prefetch(links.links(of: row)) }
}

/// Follows links to rows that share a label with a given one.
@safe private struct LinksToKin: LinkExpansion {
  let links: LinkPointer
  let labels: LabelColumn
  let own: ArraySlice<Label>

  init(_ links: LinkPointer, _ labels: LabelColumn, of row: Row) {
    unsafe self.links = unsafe links
    self.labels = labels
    own = labels.labels(of: row)
  }

  var room: Int { unsafe links.stride }

  func collect(from row: Row, visited: inout VisitedRows, into rows: UnsafeMutablePointer<Row>) -> Int {
    unsafe links.collect(from: row, visited: &visited, into: rows) { target in
      own.contains { labels.carries(target, $0) }
    }
  }
}

/// The rule of the incremental form.
struct LabelledLinks: LinkingRule {
  let degree: Int
  let efConstruction: Int
  private let labels: LabelColumn
  private let starts: [Row]

  init(_ parameters: LabelGraph.Parameters, _ labels: LabelColumn, _ starts: [Row]) {
    degree = parameters.degree
    efConstruction = parameters.efConstruction
    self.labels = labels
    self.starts = starts
  }

  func candidates(for row: Row, in search: LinkSearch) -> [LinkCandidate] {
    let everywhere = unsafe search.find(EveryLink(search.links), entries: search.entries, ef: efConstruction)
    let starts = labels.labels(of: row).map { self.starts[Int($0)] }.filter { $0 != row && search.isLinked($0) }
    guard !starts.isEmpty else { return everywhere }
    let kin = unsafe search.find(LinksToKin(search.links, labels, of: row), entries: starts, ef: efConstruction)
    let known = Set(kin.map(\.row))
    return (kin + everywhere.filter { !known.contains($0.row) }).sorted(by: LinkCandidate.isNearer)
  }

  func choose(
    for row: Row, among candidates: [LinkCandidate], _ selection: LinkSelection, _ links: GrowingLinks
  ) -> [LinkCandidate] {
    selection.select(from: candidates, degree: degree) { kept, candidate in
      labels.covers(candidate, by: kept, within: row)
    }
  }
}
