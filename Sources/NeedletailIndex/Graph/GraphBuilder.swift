internal import NeedletailNumerics
internal import Synchronization

/// Builds the links of a graph, on all threads of a pool, with the same result for any number of threads.
///
/// Rows are inserted in rounds of growing size (the prefix doubling of Manohar et al., "ParlayANN", PPoPP 2024, section
/// 3.1). Within a round every row is searched for in the graph as the previous rounds left it and chooses its links;
/// then each row that was chosen takes the links back, those of one row together on one thread. No locks, and nothing
/// depends on who comes first.
final class GraphBuilder<Rule: LinkingRule>: Sendable {
  private let pairs: PairDistances
  private let rule: Rule
  private let pool: WorkerPool
  /// Rows in the order of insertion.
  private let order: [Row]
  private let links: GrowingLinks
  private let scratch: ScratchPool<Scratch>

  /// A round adds at most this fraction of all rows, so that few near rows miss each other by coming together.
  private static var largestRoundFraction: Int { 50 }
  private static var rowsPerTask: Int { 16 }
  /// What is chosen anew at a time where the choice looks at the links of others.
  private static var rowsPerTrim: Int { 16_384 }

  private final class Scratch {
    let traversal: GraphTraversal
    let selection: LinkSelection
    let memory: AlignedMemory

    init(_ pairs: PairDistances, degree: Int, diversification: Float) {
      let vectors = pairs.vectors
      traversal = GraphTraversal(
        rowCount: vectors.count, degree: GrowingLinks.room(degree), entryCount: GraphEntries.count)
      selection = LinkSelection(pairs, degree: degree, diversification: diversification)
      memory = AlignedMemory.zeroed(count: vectors.exact.stride * MemoryLayout<Float>.size)
    }
  }

  /// - Parameters:
  ///   - members: the rows to link; others stay without links.
  ///   - first: those of the members that have to be there before the others.
  init(
    _ pairs: PairDistances, members: [Row], first: [Row] = [], rule: Rule, diversification: Float, seed: UInt64,
    pool: WorkerPool
  ) {
    self.pairs = pairs
    self.rule = rule
    self.pool = pool
    var generator = SeededGenerator(seed: seed)
    let early = RowSet(first)
    order = first + members.filter { !early.contains($0) }.shuffled(using: &generator)
    links = GrowingLinks(count: pairs.vectors.count, degree: rule.degree)
    scratch = ScratchPool { Scratch(pairs, degree: rule.degree, diversification: diversification) }
  }

  /// The links, and rows from which every other can be reached.
  ///
  /// - Parameter starts: those rows, as far as they are known; otherwise some of the first.
  func build(starts: [Row]? = nil) -> (links: Links, entries: [Row]) {
    var inserted = min(1, order.count)
    var linked = RowSet(order.prefix(inserted))
    let largestRound = max(Self.rowsPerTask, order.count / Self.largestRoundFraction)
    while inserted < order.count {
      let round = inserted..<min(order.count, inserted + min(inserted, largestRound))
      insert(round, linked: linked)
      for row in order[round] { linked.insert(row) }
      takeBack(round)
      inserted = round.upperBound
    }
    trim()
    var repair = ReachabilityRepair(links.finished, entries: starts ?? Array(order.prefix(GraphEntries.count)), members: order)
    repair.run()
    return (repair.links, repair.entries)
  }

  /// Chooses the links of the rows of one round.
  private func insert(_ round: Range<Int>, linked: RowSet) {
    let entries = Array(order.prefix(min(round.lowerBound, GraphEntries.count)))
    forEachTask(of: round.count) { task, scratch in
      for row in self.order[task.lowerBound + round.lowerBound..<task.upperBound + round.lowerBound] {
        let traversal = scratch.traversal
        let scorer = unsafe self.pairs.scorer(
          for: row, memory: scratch.memory.start.assumingMemoryBound(to: Float.self), products: traversal.products)
        let search = unsafe LinkSearch(traversal, scorer, self.links.pointer, entries: entries, linked: linked)
        let candidates = self.rule.candidates(for: row, in: search)
        self.links.set(row, self.rule.choose(for: row, among: candidates, scratch.selection, self.links))
      }
    }
  }

  private struct BackLink {
    var target: Row
    var candidate: LinkCandidate
  }

  /// Links the rows that a round chose back to those that chose them.
  private func takeBack(_ round: Range<Int>) {
    var backLinks: [BackLink] = []
    for row in order[round] {
      for link in links.candidates(of: row) {
        backLinks.append(
          BackLink(target: link.row, candidate: LinkCandidate(row: row, distance: link.distance)))
      }
    }
    backLinks.sort { ($0.target, $0.candidate.row) < ($1.target, $1.candidate.row) }
    let starts = backLinks.indices.filter { $0 == 0 || backLinks[$0].target != backLinks[$0 - 1].target }
    let sorted = backLinks
    let tooMany = Mutex<[(row: Row, candidates: [LinkCandidate])]>([])
    forEachTask(of: starts.count) { task, _ in
      for group in task {
        let end = group + 1 < starts.count ? starts[group + 1] : sorted.count
        let target = sorted[starts[group]].target
        let newcomers = sorted[starts[group]..<end].map(\.candidate)
        if self.links.append(newcomers, to: target) { continue }
        let candidates = newcomers + self.links.candidates(of: target)
        tooMany.withLock { $0.append((target, candidates)) }
      }
    }
    choose(tooMany.withLock { $0 })
  }

  /// Brings the links of all rows down to the degree.
  private func trim() {
    for start in stride(from: 0, to: order.count, by: Self.rowsPerTrim) {
      choose(
        order[start..<min(order.count, start + Self.rowsPerTrim)].lazy
          .map { (row: $0, candidates: self.links.candidates(of: $0)) }
          .filter { self.rule.choosesAllAgain || $0.candidates.count > self.rule.degree })
    }
  }

  /// Chooses first and writes then, so that a rule that looks at the links of other rows sees them as they were.
  private func choose(_ crowded: [(row: Row, candidates: [LinkCandidate])]) {
    let chosen = Mutex<[(row: Row, links: [LinkCandidate])]>([])
    forEachTask(of: crowded.count) { task, scratch in
      for (row, candidates) in crowded[task] {
        let sorted = candidates.sorted(by: LinkCandidate.isNearer)
        let links = self.rule.choose(for: row, among: sorted, scratch.selection, self.links)
        chosen.withLock { $0.append((row, links)) }
      }
    }
    for (row, links) in chosen.withLock({ $0 }) { self.links.set(row, links) }
  }

  private func forEachTask(of count: Int, _ body: @Sendable (Range<Int>, Scratch) -> Void) {
    pool.forEach((count + Self.rowsPerTask - 1) / Self.rowsPerTask) { task in
      self.scratch.borrow { scratch in
        body(task * Self.rowsPerTask..<min(count, (task + 1) * Self.rowsPerTask), scratch)
      }
    }
  }
}

/// Where searches start.
enum GraphEntries {
  /// As many random rows are compared first, which costs no more than one step.
  static let count = 64
  /// A filter may allow nothing near the usual entries; rows from all over the allowed set join them.
  static let filteredCount = 32
}
