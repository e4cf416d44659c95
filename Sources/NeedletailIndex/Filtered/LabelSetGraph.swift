public import NeedletailCore
internal import NeedletailNumerics

/// A graph of graphs: rows with the same labels form a group with a graph of its own, and links lead from each group to
/// those whose labels include all of its own, so that a search never leaves the rows that match.
///
/// UNG, the unified navigating graph (Cai, Shi, Chen and Zheng, "Navigating labels and vectors", SIGMOD 2024/2025). A
/// search for rows that carry all of some labels starts in the groups with the smallest label sets that include them;
/// everything that can be reached from there matches. Deviations: containment is looked up in lists of the groups of
/// each label instead of a trie; groups of up to `degree + 1` rows are complete; rows of small groups to link to are
/// found by comparing all of them; at most `entryLimit` rows are started from.
public struct LabelSetGraph: FilteredIndex {
  /// How a graph of label sets is built and searched.
  public struct Parameters: Codable, Hashable, Sendable {
    /// The largest number of links of a row within its group.
    public var degree: Int
    /// Candidates in view while a row is linked.
    public var efConstruction: Int
    /// The factor of `LinkSelection`.
    public var diversification: Float
    /// How many links a row has into the groups above its own (`δ`).
    public var crossLinks: Int
    /// How many rows of a group a search starts from (`σ`).
    public var entries: Int

    public init(
      degree: Int = 32, efConstruction: Int = 100, diversification: Float = 1.2, crossLinks: Int = 6, entries: Int = 16
    ) {
      self.degree = degree
      self.efConstruction = efConstruction
      self.diversification = diversification
      self.crossLinks = crossLinks
      self.entries = entries
    }

    func validate() throws(IndexError) {
      try GraphParameters(
        degree: degree, efConstruction: efConstruction, diversification: diversification).validate()
      guard (1...64).contains(crossLinks), (1...256).contains(entries) else {
        throw .invalidParameter("a graph of label sets has 1 to 64 cross links and 1 to 256 entries")
      }
    }
  }

  let rows: FilteredRows
  let groups: LabelGroups
  private let parameters: Parameters
  private let links: LinkLists

  init(
    _ rows: FilteredRows, _ pairs: PairDistances, _ parameters: Parameters, seed: UInt64, pool: WorkerPool
  ) throws(IndexError) {
    guard let labels = rows.attributes.labels else { throw .invalidParameter("the rows have no labels") }
    self.rows = rows
    self.parameters = parameters
    groups = LabelGroups(labels)
    links = LabelSetGraphBuilder(pairs: pairs, groups: groups, parameters: parameters, pool: pool).build(seed: seed)
  }

  public var count: Int { rows.count }
  public var dimension: Int { rows.vectors.dimension }
  public var similarity: Similarity { rows.vectors.similarity }
  public var structureBytes: Int { links.byteCount + groups.byteCount }
  public var kinds: Set<PredicateKind> { [.label, .labels] }

  /// How many rows a search starts from at most.
  private static let entryLimit = 256

  public func search(
    _ query: Span<Float>, where predicate: RowPredicate, _ options: FilteredSearchOptions
  ) throws(IndexError) -> FilteredAnswer {
    try rows.search(query, where: predicate, options, kinds: kinds) { scratch, matching in
      guard case .labels(let condition) = predicate else { return false }
      let entries = entries(for: condition)
      guard !entries.isEmpty else { return false }
      let ef = max(options.effort, options.limit)
      if case .exactly = condition {
        _ = unsafe matching.rows.words.withUnsafeBufferPointer { words in
          unsafe scratch.traverse(rows.vectors, ListedLinks(links, within: words), entries: entries, ef: ef)
        }
      } else {
        unsafe scratch.traverse(rows.vectors, ListedLinks(links, within: nil), entries: entries, ef: ef)
      }
      return true
    }
  }

  private func entries(for condition: LabelCondition) -> [Row] {
    let starts: [Int]
    switch condition {
    case .all(let labels): starts = groups.smallest(including: Set(labels).sorted())
    case .any(let labels): starts = Set(labels.flatMap { groups.smallest(including: [$0]) }).sorted()
    case .exactly(let labels): starts = groups.number(of: Set(labels).sorted()).map { [$0] } ?? []
    }
    let each = max(1, min(parameters.entries, Self.entryLimit / max(1, starts.count)))
    return starts.flatMap { groups.members[$0].prefix(each) }
  }

  /// The label sets of the rows that a search for rows with all of some labels can reach, for tests.
  package func reachableSets(from labels: [Label]) -> Set<[Label]> {
    var waiting = groups.smallest(including: labels).map { groups.members[$0][0] }
    var seen = RowSet(waiting)
    while let row = waiting.popLast() {
      for target in links[row] where seen.insert(target) { waiting.append(target) }
    }
    return Set(seen.map { groups.sets[groups.group(of: $0)] })
  }
}
