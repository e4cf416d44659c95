internal import NeedletailNumerics

/// Builds the links of a graph, on all threads of a pool, with the same result for any number of threads.
///
/// Rows are inserted in rounds of growing size (the prefix doubling of Manohar et al., "ParlayANN", PPoPP 2024, section
/// 3.1). Within a round every row is searched for in the graph as the previous rounds left it and chooses its links;
/// then each row that was chosen takes the links back, those of one row together on one thread. No locks, and nothing
/// depends on who comes first.
final class GraphBuilder: Sendable {
  private let pairs: PairDistances
  private let parameters: GraphParameters
  private let pool: WorkerPool
  /// Rows in the order of insertion.
  private let order: [Row]
  private let links: GrowingLinks
  private let scratch: ScratchPool<Scratch>

  /// Where searches start: as many random rows are compared first, which costs no more than one step.
  static let entryCount = 64
  /// A round adds at most this fraction of all rows, so that few near rows miss each other by coming together.
  private static let largestRoundFraction = 50
  private static let rowsPerTask = 16

  private final class Scratch {
    let traversal: GraphTraversal
    let selection: LinkSelection
    let memory: AlignedMemory
    var candidates: [LinkCandidate] = []

    init(_ pairs: PairDistances, _ parameters: GraphParameters) {
      let vectors = pairs.vectors
      traversal = GraphTraversal(
        rowCount: vectors.count, degree: GrowingLinks.room(parameters.degree), entryCount: GraphBuilder.entryCount)
      selection = LinkSelection(pairs, parameters)
      memory = AlignedMemory.zeroed(count: vectors.exact.stride * MemoryLayout<Float>.size)
    }
  }

  /// - Parameter members: the rows to link; others stay without links.
  init(_ vectors: EncodedVectors, members: [Row], parameters: GraphParameters, pool: WorkerPool) {
    let pairs = PairDistances(vectors, pool: pool)
    self.pairs = pairs
    self.parameters = parameters
    self.pool = pool
    var generator = SeededGenerator(seed: parameters.seed)
    order = members.shuffled(using: &generator)
    links = GrowingLinks(count: vectors.count, degree: parameters.degree)
    scratch = ScratchPool { Scratch(pairs, parameters) }
  }

  func build() -> (links: Links, entries: [Row]) {
    var inserted = min(1, order.count)
    let largestRound = max(Self.rowsPerTask, order.count / Self.largestRoundFraction)
    while inserted < order.count {
      let round = inserted..<min(order.count, inserted + min(inserted, largestRound))
      insert(round)
      takeBack(round)
      inserted = round.upperBound
    }
    forEachTask(of: order.count) { task, scratch in
      for row in self.order[task] { self.trim(row, scratch) }
    }
    var repair = ReachabilityRepair(links.finished, entries: Array(order.prefix(Self.entryCount)), members: order)
    repair.run()
    return (repair.links, repair.entries)
  }

  /// Chooses the links of the rows of one round.
  private func insert(_ round: Range<Int>) {
    let entries = Array(order.prefix(min(round.lowerBound, Self.entryCount)))
    forEachTask(of: round.count) { task, scratch in
      for row in self.order[task.lowerBound + round.lowerBound..<task.upperBound + round.lowerBound] {
        let traversal = scratch.traversal
        let scorer = unsafe self.pairs.scorer(
          for: row, memory: scratch.memory.start.assumingMemoryBound(to: Float.self), products: traversal.products)
        unsafe traversal.search(scorer, self.links.pointer, entries: entries, ef: self.parameters.efConstruction)
        scratch.candidates.removeAll(keepingCapacity: true)
        for rank in 0..<traversal.buffer.count {
          let (found, score) = traversal.buffer[rank]
          scratch.candidates.append(LinkCandidate(row: found, distance: -score))
        }
        self.links.set(row, scratch.selection.select(from: scratch.candidates, degree: self.parameters.degree))
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
    forEachTask(of: starts.count) { task, scratch in
      for group in task {
        let end = group + 1 < starts.count ? starts[group + 1] : sorted.count
        let target = sorted[starts[group]].target
        scratch.candidates.removeAll(keepingCapacity: true)
        for backLink in sorted[starts[group]..<end] { scratch.candidates.append(backLink.candidate) }
        guard !self.links.append(scratch.candidates, to: target) else { continue }
        scratch.candidates += self.links.candidates(of: target)
        self.choose(target, scratch)
      }
    }
  }

  /// Brings a row's links down to the degree.
  private func trim(_ row: Row, _ scratch: Scratch) {
    scratch.candidates = links.candidates(of: row)
    if scratch.candidates.count > parameters.degree { choose(row, scratch) }
  }

  private func choose(_ row: Row, _ scratch: Scratch) {
    scratch.candidates.sort(by: LinkCandidate.isNearer)
    links.set(row, scratch.selection.select(from: scratch.candidates, degree: parameters.degree))
  }

  private func forEachTask(of count: Int, _ body: @Sendable (Range<Int>, Scratch) -> Void) {
    pool.forEach((count + Self.rowsPerTask - 1) / Self.rowsPerTask) { task in
      self.scratch.borrow { scratch in
        body(task * Self.rowsPerTask..<min(count, (task + 1) * Self.rowsPerTask), scratch)
      }
    }
  }
}
