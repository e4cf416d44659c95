public import NeedletailCore
internal import NeedletailNumerics

/// A graph that holds the graph of the first rows, in the order of their values, for every number of rows: for ranges
/// without a lower bound.
///
/// SeRF in one dimension (Zuo, Qiao, Zhou, Li and Deng, SIGMOD 2024, section 4). Rows are inserted one by one as into the
/// lowest level of HNSW; a link that is dropped later keeps the number of the row whose insertion dropped it, and serves
/// the ranges that end before. A search for the first `r` rows thus walks the graph that insertion of those alone would
/// have made.
public struct PrefixGraph: FilteredIndex {
  let rows: FilteredRows
  private let values: ValueColumn
  /// The links of the row of each rank, one rank after the other.
  private let links: Column<Link>
  private let starts: [Int32]
  private let room: Int

  /// A link to a row, by rank; it is there until the row `end` is.
  struct Link: BitwiseCopyable, Hashable, Sendable {
    var target: UInt32
    var end: UInt32
  }

  init(_ rows: FilteredRows, _ pairs: PairDistances, _ parameters: GraphParameters) throws(IndexError) {
    guard let values = rows.attributes.values else { throw .invalidParameter("the rows have no values to be searched by range") }
    self.rows = rows
    self.values = values
    let lists = PrefixGraphBuilder(pairs, values, parameters).build()
    var starts: [Int32] = [0]
    for list in lists { starts.append(starts[starts.count - 1] + Int32(list.count)) }
    self.starts = starts
    room = lists.map(\.count).max() ?? 0
    links = Column(lists.flatMap { $0 })
  }

  public var count: Int { rows.count }
  public var dimension: Int { rows.vectors.dimension }
  public var similarity: Similarity { rows.vectors.similarity }
  public var structureBytes: Int { links.region.count + starts.count * MemoryLayout<Int32>.size }
  public var kinds: Set<PredicateKind> { [.prefix] }

  public func search(
    _ query: Span<Float>, where predicate: RowPredicate, _ options: FilteredSearchOptions
  ) throws(IndexError) -> FilteredAnswer {
    try rows.search(query, where: predicate, options, kinds: kinds) { scratch, matching in
      guard case .ranks(let ranks, _) = matching.form else { return false }
      let entries = (0..<Self.entryCount).map { values.order[$0 * ranks.upperBound / Self.entryCount] }
      unsafe values.order.withUnsafeBufferPointer { order in
        unsafe values.ranks.withUnsafeBufferPointer { rankOf in
          unsafe starts.withUnsafeBufferPointer { starts in
            let expansion = unsafe LinksOfPrefix(
              links: links.start, starts: starts, order: order, ranks: rankOf, bound: UInt32(ranks.upperBound),
              room: room)
            scratch.traverse(rows.vectors, expansion, entries: entries, ef: max(options.effort, options.limit))
          }
        }
      }
      return true
    }
  }

  private static let entryCount = 8

  /// The ranks that a row leads to in the graph of the first `bound` rows, ascending; for tests.
  package func targets(ofRank rank: Int, amongFirst bound: Int) -> [Int] {
    links.elements(Int(starts[rank])..<Int(starts[rank + 1]))
      .filter { $0.target < bound && $0.end >= bound }.map { Int($0.target) }.sorted()
  }
}

/// Follows the links that the graph of the first `bound` rows has.
@safe private struct LinksOfPrefix: LinkExpansion {
  let links: UnsafePointer<PrefixGraph.Link>
  let starts: UnsafeBufferPointer<Int32>
  let order: UnsafeBufferPointer<Row>
  let ranks: UnsafeBufferPointer<UInt32>
  let bound: UInt32
  let room: Int

  @inline(__always)
  func collect(from row: Row, visited: inout VisitedRows, into rows: UnsafeMutablePointer<Row>) -> Int {
    let rank = unsafe Int(ranks[Int(row)])
    var found = 0
    for place in unsafe Int(starts[rank])..<Int(starts[rank + 1]) {
      let link = unsafe links[place]
      guard link.target < bound, link.end >= bound else { continue }
      let target = unsafe order[Int(link.target)]
      unsafe rows[found] = target
      found += visited.visit(target) ? 1 : 0
    }
    return found
  }
}

/// Inserts rows one by one in the order of their values and remembers every link with its end.
struct PrefixGraphBuilder {
  private let pairs: PairDistances
  private let values: ValueColumn
  private let parameters: GraphParameters

  init(_ pairs: PairDistances, _ values: ValueColumn, _ parameters: GraphParameters) {
    self.pairs = pairs
    self.values = values
    self.parameters = parameters
  }

  func build() -> [[PrefixGraph.Link]] {
    let count = values.count
    let traversal = GraphTraversal(
      rowCount: count, degree: GrowingLinks.room(parameters.degree), entryCount: GraphEntries.count)
    let selection = LinkSelection(pairs, degree: parameters.degree, diversification: 1)
    let scratch = AlignedMemory.zeroed(count: pairs.vectors.exact.stride * MemoryLayout<Float>.size)
    defer { withExtendedLifetime(scratch) {} }
    let current = GrowingLinks(count: count, degree: parameters.degree)
    var all = [[PrefixGraph.Link]](repeating: [], count: count)
    for rank in 1..<max(1, count) {
      let row = values.order[rank]
      let scorer = unsafe pairs.scorer(
        for: row, memory: scratch.start.assumingMemoryBound(to: Float.self), products: traversal.products)
      unsafe traversal.search(scorer, EveryLink(current.pointer), entries: [values.order[0]], ef: parameters.efConstruction)
      let candidates = (0..<traversal.buffer.count).map { place in
        LinkCandidate(row: traversal.buffer[place].row, distance: -traversal.buffer[place].score)
      }
      let chosen = selection.select(from: candidates, degree: parameters.degree)
      current.set(row, chosen)
      all[rank] = chosen.map { PrefixGraph.Link(target: values.ranks[Int($0.row)], end: .max) }
      for link in chosen {
        let target = Int(values.ranks[Int(link.row)])
        all[target].append(PrefixGraph.Link(target: UInt32(rank), end: .max))
        let old = current.candidates(of: link.row) + [LinkCandidate(row: row, distance: link.distance)]
        guard old.count > parameters.degree else {
          current.set(link.row, old)
          continue
        }
        let kept = selection.select(from: old.sorted(by: LinkCandidate.isNearer), degree: parameters.degree)
        current.set(link.row, kept)
        let remaining = Set(kept.map { values.ranks[Int($0.row)] })
        for place in all[target].indices
        where all[target][place].end == .max && !remaining.contains(all[target][place].target) {
          all[target][place].end = UInt32(rank)
        }
      }
    }
    // A link that never was there: dropped by the row that made it.
    return all.enumerated().map { rank, links in links.filter { $0.end > max($0.target, UInt32(rank)) } }
  }
}
