public import NeedletailCore
internal import NeedletailNumerics

/// Graphs for the nodes of a binary tree over the order of values, from which the graph of any range is put together
/// while it is searched.
///
/// iRangeGraph (Xu, Gao, Gou, Long and Jensen, "Improvising dedicated graphs for range-filtering approximate nearest
/// neighbor search", SIGMOD 2024). Each level of the tree keeps for each row the links of a graph of the rows of its
/// node. The graph of a node is that of its halves, with links between them found by searching each row of one half in
/// the graph of the other. A search takes the links of a row from the levels on the way down to it where the part of the
/// node that lies within the range changes. Deviations: both halves are searched in one another; nodes of up to
/// `degree + 1` rows are complete.
public struct SegmentTreeGraph: FilteredIndex {
  let rows: FilteredRows
  private let values: ValueColumn
  private let tree: SegmentTree

  init(_ rows: FilteredRows, _ pairs: PairDistances, _ parameters: GraphParameters, pool: WorkerPool) throws(IndexError) {
    guard let values = rows.attributes.values else { throw .invalidParameter("the rows have no values to be searched by range") }
    self.rows = rows
    self.values = values
    tree = SegmentTreeBuilder(pairs: pairs, values: values, parameters: parameters, pool: pool).build()
  }

  public var count: Int { rows.count }
  public var dimension: Int { rows.vectors.dimension }
  public var similarity: Similarity { rows.vectors.similarity }
  public var structureBytes: Int { tree.levels.reduce(0) { $0 + $1.targets.region.count } }
  public var kinds: Set<PredicateKind> { [.range] }

  public func search(
    _ query: Span<Float>, where predicate: RowPredicate, _ options: FilteredSearchOptions
  ) throws(IndexError) -> FilteredAnswer {
    try rows.search(query, where: predicate, options, kinds: kinds) { scratch, matching in
      guard case .ranks(let ranks, _) = matching.form else { return false }
      let entries = tree.cover(of: ranks).map { values.order[$0.lowerBound + $0.count / 2] }
      unsafe values.order.withUnsafeBufferPointer { order in
        unsafe values.ranks.withUnsafeBufferPointer { rankOf in
          let levels = unsafe tree.levels.map { unsafe $0.targets.start }
          unsafe levels.withUnsafeBufferPointer { levels in
            let expansion = unsafe LinksDownTheTree(
              levels: levels, degree: tree.degree, count: tree.count, order: order, ranks: rankOf, range: ranks)
            scratch.traverse(rows.vectors, expansion, entries: entries, ef: max(options.effort, options.limit))
          }
        }
      }
      return true
    }
  }
}

/// A binary tree over ranks with the links of each level, which mean rows by rank.
struct SegmentTree: Sendable {
  let count: Int
  let degree: Int
  /// From the root down.
  let levels: [Links]

  /// The node of a level that a rank lies in: level `l` cuts the ranks into `2^l` parts of equal size.
  @inline(__always)
  static func node(_ rank: Int, level: Int, count: Int) -> Range<Int> {
    var low = 0
    var high = count
    for _ in 0..<level {
      let middle = (low + high) / 2
      if rank < middle { high = middle } else { low = middle }
    }
    return low..<high
  }

  /// The largest nodes that lie within a range, nodes of the last level cut to it.
  func cover(of range: Range<Int>) -> [Range<Int>] {
    var result: [Range<Int>] = []
    func visit(_ node: Range<Int>, _ level: Int) {
      let overlap = node.clamped(to: range)
      guard !overlap.isEmpty else { return }
      if overlap == node || level == levels.count - 1 { return result.append(overlap) }
      let middle = (node.lowerBound + node.upperBound) / 2
      visit(node.lowerBound..<middle, level + 1)
      visit(middle..<node.upperBound, level + 1)
    }
    visit(0..<count, 0)
    return result
  }
}

/// Takes the links of a row within a range from the levels of the tree.
@safe struct LinksDownTheTree: LinkExpansion {
  let levels: UnsafeBufferPointer<UnsafePointer<Row>>
  let degree: Int
  let count: Int
  let order: UnsafeBufferPointer<Row>
  let ranks: UnsafeBufferPointer<UInt32>
  let range: Range<Int>

  var room: Int { 2 * degree }

  @inline(__always)
  func collect(from row: Row, visited: inout VisitedRows, into rows: UnsafeMutablePointer<Row>) -> Int {
    let rank = unsafe Int(ranks[Int(row)])
    var node = 0..<count
    var overlap = range
    var found = 0
    let levelCount = unsafe levels.count
    for level in 0..<levelCount {
      let middle = (node.lowerBound + node.upperBound) / 2
      let child = rank < middle ? node.lowerBound..<middle : middle..<node.upperBound
      let childOverlap = child.clamped(to: range)
      let isLast = level == levelCount - 1
      // A smaller node with the same part of the range has the better links.
      if isLast || childOverlap != overlap {
        let targets = unsafe levels[level] + rank * degree
        for place in 0..<degree {
          let target = unsafe Int(targets[place])
          guard target < count else { break }
          guard range.contains(target) else { continue }
          let candidate = unsafe order[target]
          guard visited.visit(candidate) else { continue }
          unsafe rows[found] = candidate
          found += 1
        }
        if found >= degree || overlap == node { break }
      }
      node = child
      overlap = childOverlap
    }
    return found
  }
}

/// Builds the levels from the last one up, all rows of a level side by side.
struct SegmentTreeBuilder {
  let pairs: PairDistances
  let values: ValueColumn
  let parameters: GraphParameters
  let pool: WorkerPool

  private static let rowsPerTask = 64
  private var degree: Int { parameters.degree }
  private var count: Int { values.count }

  func build() -> SegmentTree {
    var levelCount = 1
    while (count >> (levelCount - 1)) > degree { levelCount += 1 }
    var lists = complete(level: levelCount - 1)
    var levels = [Links(lists: lists, degree: degree)]
    for level in stride(from: levelCount - 2, through: 0, by: -1) {
      lists = joined(lists, levels[0], level: level)
      levels.insert(Links(lists: lists, degree: degree), at: 0)
    }
    return SegmentTree(count: count, degree: degree, levels: levels)
  }

  /// Every row of a node with every other, the nearest if there are more than the degree.
  private func complete(level: Int) -> [[Row]] {
    perRow { rank, scratch in
      let node = SegmentTree.node(rank, level: level, count: count)
      let others = node.filter { $0 != rank }.map { values.order[$0] }
      return scratch.link.candidates(others, for: values.order[rank]).prefix(degree)
        .map { values.ranks[Int($0.row)] }
    }
  }

  /// The links of a level: those of the level below with what the search in the other half finds, then links back.
  private func joined(_ below: [[Row]], _ links: Links, level: Int) -> [[Row]] {
    let chosen = perRow { rank, scratch in
      let node = SegmentTree.node(rank, level: level, count: count)
      let middle = (node.lowerBound + node.upperBound) / 2
      let other = rank < middle ? middle..<node.upperBound : node.lowerBound..<middle
      let row = values.order[rank]
      let across = scratch.nearest(to: row, in: other, links, values, ef: parameters.efConstruction)
      return choose(row, below[rank].map { values.order[Int($0)] } + across, scratch)
    }
    let back = reversed(chosen)
    return perRow { rank, scratch in
      let row = values.order[rank]
      let all = Set(chosen[rank] + back[rank])
      guard all.count > degree else { return all.sorted() }
      return choose(row, all.map { values.order[Int($0)] }, scratch)
    }
  }

  /// The rows that lead to each row.
  private func reversed(_ lists: [[Row]]) -> [[Row]] {
    var back = [[Row]](repeating: [], count: count)
    for rank in 0..<count {
      for target in lists[rank] { back[Int(target)].append(Row(rank)) }
    }
    return back
  }

  private func choose(_ row: Row, _ candidates: [Row], _ scratch: Scratch) -> [Row] {
    let sorted = scratch.link.candidates(Set(candidates).sorted(), for: row)
    return scratch.link.selection.select(from: sorted, degree: degree).map { values.ranks[Int($0.row)] }
  }

  private final class Scratch {
    let link: LinkScratch
    let traversal: GraphTraversal
    private let pairs: PairDistances
    private let memory: AlignedMemory

    init(_ pairs: PairDistances, _ parameters: GraphParameters) {
      self.pairs = pairs
      link = LinkScratch(pairs, degree: parameters.degree, diversification: parameters.diversification)
      traversal = GraphTraversal(
        rowCount: pairs.vectors.count, degree: parameters.degree, entryCount: GraphEntries.count)
      memory = AlignedMemory.zeroed(count: pairs.vectors.exact.stride * MemoryLayout<Float>.size)
    }

    /// The rows nearest to `row` that the graph of a node finds.
    func nearest(to row: Row, in node: Range<Int>, _ links: Links, _ values: ValueColumn, ef: Int) -> [Row] {
      unsafe values.order.withUnsafeBufferPointer { order in
        unsafe values.ranks.withUnsafeBufferPointer { ranks in
          let scorer = unsafe pairs.scorer(
            for: row, memory: memory.start.assumingMemoryBound(to: Float.self), products: traversal.products)
          let entries = (0..<3).map { unsafe order[node.lowerBound + $0 * node.count / 3] }
          let expansion = unsafe LinksByRank(links: links.pointer, order: order, ranks: ranks)
          unsafe traversal.search(scorer, expansion, entries: Array(RowSet(entries)), ef: ef)
        }
      }
      return (0..<traversal.buffer.count).map { traversal.buffer[$0].row }
    }
  }

  private func perRow(_ body: @Sendable (Int, Scratch) -> [Row]) -> [[Row]] {
    let scratch = ScratchPool { Scratch(pairs, parameters) }
    return pool.map(count, tasksOf: Self.rowsPerTask) { range in
      scratch.borrow { scratch in range.map { body($0, scratch) } }
    }
  }
}

/// Follows the links of one level, which mean rows by rank.
@safe private struct LinksByRank: LinkExpansion {
  let links: LinkPointer
  let order: UnsafeBufferPointer<Row>
  let ranks: UnsafeBufferPointer<UInt32>

  var room: Int { unsafe links.stride }

  @inline(__always)
  func collect(from row: Row, visited: inout VisitedRows, into rows: UnsafeMutablePointer<Row>) -> Int {
    unsafe links.collect(from: ranks[Int(row)], visited: &visited, into: rows) { unsafe order[Int($0)] }
  }
}
