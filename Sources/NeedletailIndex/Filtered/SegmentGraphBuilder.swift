internal import NeedletailNumerics

/// Inserts rows one by one in the order of their values; the order is the index, so nothing runs side by side.
struct SegmentGraphBuilder {
  private let pairs: PairDistances
  private let values: ValueColumn
  private let parameters: SegmentGraph.Parameters
  private let selection: LinkSelection
  private let traversal: GraphTraversal
  private let memory: AlignedMemory
  private let links: SegmentLinks

  init(_ pairs: PairDistances, _ values: ValueColumn, _ parameters: SegmentGraph.Parameters) {
    self.pairs = pairs
    self.values = values
    self.parameters = parameters
    selection = LinkSelection(pairs, degree: parameters.degree, diversification: 1)
    traversal = GraphTraversal(rowCount: values.count, degree: parameters.degree, entryCount: GraphEntries.count)
    memory = AlignedMemory.zeroed(count: pairs.vectors.exact.stride * MemoryLayout<Float>.size)
    links = SegmentLinks(count: values.count)
  }

  func build() -> SegmentLinks {
    for rank in 0..<values.count {
      insert(rank, among: rank == 0 ? [] : candidates(for: rank))
      links.finishRow()
    }
    return links
  }

  private func candidates(for rank: Int) -> [LinkCandidate] {
    unsafe values.order.withUnsafeBufferPointer { order in
      unsafe values.ranks.withUnsafeBufferPointer { ranks in
        let expansion = unsafe LinksOfRange(links, order, ranks, 0..<rank)
        traversal.reserve(expansion.room)
        let scorer = unsafe pairs.scorer(
          for: order[rank], memory: memory.start.assumingMemoryBound(to: Float.self), products: traversal.products)
        let entries = (0..<3).map { unsafe order[$0 * rank / 3] }
        unsafe traversal.search(scorer, expansion, entries: entries, ef: parameters.efLargest)
        return (0..<traversal.buffer.count).map { place in
          let (row, score) = traversal.buffer[place]
          return LinkCandidate(row: row, distance: -score)
        }
      }
    }
  }

  /// Chooses the batches of links of a row (algorithm 4 of the paper).
  private func insert(_ rank: Int, among candidates: [LinkCandidate]) {
    var waiting = candidates
    var left = -1
    while !waiting.isEmpty {
      var kept: [Int] = []
      var passedOver: [LinkCandidate] = []
      var next = 0
      var seen = 0
      var right = left
      selection.clear()
      while next < waiting.count, kept.count < parameters.degree, seen < parameters.efConstruction {
        let candidate = waiting[next]
        next += 1
        let place = Int(values.ranks[Int(candidate.row)])
        guard place > left else { continue }
        seen += 1
        if selection.keeps(candidate) {
          kept.append(place)
          right = max(right, place)
        } else {
          passedOver.append(candidate)
        }
      }
      waiting = passedOver.filter { values.ranks[Int($0.row)] > right } + waiting[next...]
      // What lies behind the last batch has no earlier rows to lead to.
      let end = waiting.isEmpty ? rank : right
      for target in kept { links.append(from: rank, to: target, left: left, right: end) }
      left = right
    }
  }
}
