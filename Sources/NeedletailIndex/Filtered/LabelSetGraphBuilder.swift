internal import NeedletailNumerics

/// Builds the graphs of all groups in one go, and the links between groups.
struct LabelSetGraphBuilder {
  let pairs: PairDistances
  let groups: LabelGroups
  let parameters: LabelSetGraph.Parameters
  let pool: WorkerPool

  private static let rowsPerTask = 64
  /// Groups up to this size are compared row by row when links into them are looked for.
  private static let comparedSize = 256
  /// How many rows of a group every other of its rows may be reached from.
  private static let startsPerGroup = 8

  func build(seed: UInt64) -> LinkLists {
    var lists = withinGroups(seed: seed)
    for (row, links) in acrossGroups(lists).enumerated() { lists[row] += links }
    for (row, links) in missingCrossLinks(lists) { lists[Int(row)] += links }
    return LinkLists(lists)
  }

  private func withinGroups(seed: UInt64) -> [[Row]] {
    var lists = [[Row]](repeating: [], count: pairs.vectors.count)
    var large: [Row] = []
    for members in groups.members {
      if members.count <= parameters.degree + 1 {
        for row in members { lists[Int(row)] = members.filter { $0 != row } }
      } else {
        large += members
      }
    }
    guard !large.isEmpty else { return lists }
    // Links never lead out of a group, so one graph with starts in each group is a graph for each.
    let starts = groups.members.lazy.filter { $0.count > parameters.degree + 1 }.map(\.[0])
    let rule = GroupedLinks(groups: groups, parameters: parameters, startsPerGroup: Self.startsPerGroup)
    let early = groups.members.filter { $0.count > parameters.degree + 1 }.flatMap { $0.prefix(Self.startsPerGroup) }
    let links = GraphBuilder(
      pairs, members: large, first: early, rule: rule, diversification: parameters.diversification, seed: seed,
      pool: pool
    ).build(starts: Array(starts)).links
    for row in large { lists[Int(row)] = links[row] }
    return lists
  }

  /// For each row the nearest ones of all groups directly above its own.
  private func acrossGroups(_ lists: [[Row]]) -> [[Row]] {
    let above = groups.sets.map { groups.smallest(including: $0, strictly: true) }
    let links = LinkLists(lists)
    let scratch = ScratchPool { CrossScratch(pairs, parameters) }
    return pool.map(lists.count, tasksOf: Self.rowsPerTask) { rows in
      scratch.borrow { scratch in
        rows.map { row in
          let targets = above[groups.group(of: Row(row))]
          guard !targets.isEmpty else { return [] }
          return nearest(to: Row(row), in: targets, links, scratch)
        }
      }
    }
  }

  private func nearest(to row: Row, in targets: [Int], _ links: LinkLists, _ scratch: CrossScratch) -> [Row] {
    var best = TopK(capacity: parameters.crossLinks)
    var small: [Row] = []
    for group in targets {
      if groups.members[group].count <= Self.comparedSize {
        small += groups.members[group]
      } else {
        scratch.offer(groups.members[group][0], to: &best, for: row, links)
      }
    }
    scratch.offer(small, to: &best, for: row)
    return best.ranked.map(\.row)
  }

  /// Links for the pairs of groups that no row chose to link.
  private func missingCrossLinks(_ lists: [[Row]]) -> [(Row, [Row])] {
    let scratch = CrossScratch(pairs, parameters)
    var result: [(Row, [Row])] = []
    for group in 0..<groups.count {
      let above = groups.smallest(including: groups.sets[group], strictly: true)
      guard !above.isEmpty else { continue }
      let linked = Set(groups.members[group].flatMap { lists[Int($0)].map { groups.group(of: $0) } })
      let start = groups.members[group][0]
      for target in above where !linked.contains(target) {
        var best = TopK(capacity: parameters.crossLinks)
        scratch.offer(groups.members[target], to: &best, for: start)
        result.append((start, best.ranked.map(\.row)))
      }
    }
    return result
  }
}

/// The nearest rows of the same group.
private struct GroupedLinks: LinkingRule {
  let groups: LabelGroups
  let parameters: LabelSetGraph.Parameters
  let startsPerGroup: Int

  var degree: Int { parameters.degree }
  var efConstruction: Int { parameters.efConstruction }

  func candidates(for row: Row, in search: LinkSearch) -> [LinkCandidate] {
    let starts = groups.members[groups.group(of: row)].prefix(startsPerGroup).filter { $0 != row && search.isLinked($0) }
    guard !starts.isEmpty else { return [] }
    return unsafe search.find(EveryLink(search.links), entries: starts, ef: efConstruction)
  }

  func choose(
    for row: Row, among candidates: [LinkCandidate], _ selection: LinkSelection, _ links: GrowingLinks
  ) -> [LinkCandidate] {
    selection.select(from: candidates, degree: degree)
  }
}

/// Memory for finding links into other groups.
private final class CrossScratch {
  private let link: LinkScratch
  private let traversal: GraphTraversal
  private let pairs: PairDistances
  private let memory: AlignedMemory
  private let ef: Int

  init(_ pairs: PairDistances, _ parameters: LabelSetGraph.Parameters) {
    self.pairs = pairs
    ef = 4 * parameters.crossLinks
    link = LinkScratch(pairs, degree: parameters.degree, diversification: 1)
    traversal = GraphTraversal(rowCount: pairs.vectors.count, degree: parameters.degree, entryCount: GraphEntries.count)
    memory = AlignedMemory.zeroed(count: pairs.vectors.exact.stride * MemoryLayout<Float>.size)
  }

  func offer(_ rows: [Row], to best: inout TopK, for row: Row) {
    for candidate in link.candidates(rows, for: row) { best.insert(row: candidate.row, score: -candidate.distance) }
  }

  /// Offers what a search in the group of `start` finds.
  func offer(_ start: Row, to best: inout TopK, for row: Row, _ links: LinkLists) {
    let expansion = unsafe ListedLinks(links, within: nil)
    traversal.reserve(expansion.room)
    let scorer = unsafe pairs.scorer(
      for: row, memory: memory.start.assumingMemoryBound(to: Float.self), products: traversal.products)
    unsafe traversal.search(scorer, expansion, entries: [start], ef: ef)
    for place in 0..<traversal.buffer.count {
      best.insert(row: traversal.buffer[place].row, score: traversal.buffer[place].score)
    }
  }
}
