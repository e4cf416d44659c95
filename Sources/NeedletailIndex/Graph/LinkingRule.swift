internal import NeedletailNumerics

/// How a graph under construction finds candidates for the links of a row, and chooses among them.
protocol LinkingRule: Sendable {
  /// The largest number of links of a row.
  var degree: Int { get }
  /// How many candidates are in view while a row is linked.
  var efConstruction: Int { get }
  /// Whether the links of all rows are chosen anew in the end, not only of those that have too many.
  var choosesAllAgain: Bool { get }

  /// The rows that a row may be linked with, nearest first.
  func candidates(for row: Row, in search: LinkSearch) -> [LinkCandidate]

  /// The links of a row.
  ///
  /// - Parameter candidates: sorted, nearest first.
  func choose(
    for row: Row, among candidates: [LinkCandidate], _ selection: LinkSelection, _ links: GrowingLinks
  ) -> [LinkCandidate]
}

extension LinkingRule {
  var choosesAllAgain: Bool { false }

  func candidates(for row: Row, in search: LinkSearch) -> [LinkCandidate] {
    unsafe search.find(EveryLink(search.links), entries: search.entries, ef: efConstruction)
  }
}

/// A search for candidates in the graph as it stands.
@safe struct LinkSearch {
  let traversal: GraphTraversal
  private let scorer: PairDistances.Scorer
  let links: LinkPointer
  /// Rows of the graph to start from.
  let entries: [Row]
  private let linked: RowSet

  @unsafe init(
    _ traversal: GraphTraversal, _ scorer: PairDistances.Scorer, _ links: LinkPointer, entries: [Row], linked: RowSet
  ) {
    self.traversal = traversal
    unsafe self.scorer = unsafe scorer
    unsafe self.links = unsafe links
    self.entries = entries
    self.linked = linked
  }

  /// Whether a row was linked in a round before this one. Others must not be started from.
  func isLinked(_ row: Row) -> Bool { linked.contains(row) }

  /// The nearest rows that an expansion leads to, nearest first.
  func find(_ expansion: some LinkExpansion, entries: [Row], ef: Int) -> [LinkCandidate] {
    unsafe traversal.search(scorer, expansion, entries: entries, ef: ef)
    return (0..<traversal.buffer.count).map { rank in
      let (row, score) = traversal.buffer[rank]
      return LinkCandidate(row: row, distance: -score)
    }
  }
}

/// Near links in different directions: what `LinkSelection` says.
struct DiverseLinks: LinkingRule {
  let degree: Int
  let efConstruction: Int

  init(_ parameters: GraphParameters) {
    degree = parameters.degree
    efConstruction = parameters.efConstruction
  }

  func choose(
    for row: Row, among candidates: [LinkCandidate], _ selection: LinkSelection, _ links: GrowingLinks
  ) -> [LinkCandidate] {
    selection.select(from: candidates, degree: degree)
  }
}
