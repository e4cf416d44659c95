public import NeedletailCore
internal import NeedletailNumerics

/// Finds neighbours by following links from row to row: approximate, and far faster than comparing everything.
///
/// One layer of links, chosen near and diverse, with a sample of random rows to start from. Searches steer by the codes
/// of the codec and score in full what may be among the best. Filters are met within the graph or, for small sets, by
/// comparing every allowed row; `limit` results come whenever as many rows are allowed. Use a flat index below some
/// thousand rows.
public struct GraphIndex: SearchIndex {
  /// The same rows without links, for small sets and exact answers.
  let flat: FlatIndex
  let links: Links
  let parameters: GraphParameters
  /// Where searches start.
  let entries: [Row]
  let duplicates: Duplicates
  private let scratch: ScratchPool<Scratch>

  private final class Scratch {
    let traversal: GraphTraversal
    let query: PreparedQuery
    let memory = AlignedMemory.zeroed(count: 256 * MemoryLayout<Float>.size)

    init(_ vectors: EncodedVectors, _ degree: Int) {
      traversal = GraphTraversal(rowCount: vectors.count, degree: degree, entryCount: GraphEntries.count)
      query = PreparedQuery(for: vectors)
    }
  }

  init(flat: FlatIndex, links: Links, parameters: GraphParameters, entries: [Row], duplicates: Duplicates) {
    self.flat = flat
    self.links = links
    self.parameters = parameters
    self.entries = entries
    self.duplicates = duplicates
    let (vectors, degree) = (flat.vectors, links.degree)
    scratch = ScratchPool { Scratch(vectors, degree) }
  }

  /// Links all rows of `flat` that are not absent.
  init(linking flat: FlatIndex, parameters: GraphParameters, pool: WorkerPool) {
    let duplicates = Duplicates(in: flat.vectors, excluding: flat.absent, pool: pool)
    let outside = flat.absent.union(duplicates.followers)
    let members = (0..<Row(flat.count)).filter { !outside.contains($0) }
    let builder = GraphBuilder(
      PairDistances(flat.vectors, pool: pool), members: members, rule: DiverseLinks(parameters),
      diversification: parameters.diversification, seed: parameters.seed, pool: pool)
    let (links, entries) = builder.build()
    self.init(flat: flat, links: links, parameters: parameters, entries: entries, duplicates: duplicates)
  }

  public var count: Int { flat.count }
  public var dimension: Int { flat.dimension }
  public var similarity: Similarity { flat.similarity }

  public var footprint: Footprint {
    var footprint = flat.footprint
    footprint.linkBytes = links.targets.region.count + duplicates.pairs.region.count
    return footprint
  }

  public func search(_ query: Span<Float>, _ options: SearchOptions) throws(IndexError) -> [Neighbour] {
    let allowed = options.allowed(count: count, absent: flat.absent)
    return try scratch.borrow { scratch throws(IndexError) in
      try scratch.query.prepare(query, for: flat.vectors)
      return search(options, allowed, scratch)
    }
  }

  private func search(_ options: SearchOptions, _ allowed: RowSet?, _ scratch: Scratch) -> [Neighbour] {
    let available = allowed?.count ?? count
    let limit = min(options.limit, available)
    guard limit > 0 else { return [] }
    let ef = max(options.efSearch ?? parameters.efSearch, limit)
    let plan = FilterPlan(matching: available, of: count, ef: ef)
    let comparesAll =
      options.isExact || ef >= available || (plan == .compareAll && available <= parameters.exactScanLimit)
    if !comparesAll {
      let found = walk(scratch, plan, ef: ef, limit: limit, allowed)
      if found.count == limit { return found }
    }
    // A filter can hide its rows from the graph; then they are compared one by one.
    return flat.search(scratch.query, limit: limit, allowed)
  }

  private func walk(
    _ scratch: Scratch, _ plan: FilterPlan, ef: Int, limit: Int, _ allowed: RowSet?
  ) -> [Neighbour] {
    let traversal = scratch.traversal
    let scorer = unsafe QueryScorer(vectors: flat.vectors, query: scratch.query, products: traversal.products)
    guard let allowed else {
      unsafe traversal.search(scorer, EveryLink(links.pointer), entries: entries, ef: ef)
      return best(scratch, limit: limit, nil, nil)
    }
    let nodes = duplicates.representatives(of: allowed)
    if case .dropAfterwards(let widened) = plan {
      let isDone = unsafe traversal.search(
        scorer, EveryLink(links.pointer), entries: entries, ef: widened, after: FilterPlan.stepsBeforeLookingBack(ef: ef)
      ) { !FilterPlan.isElsewhere($0, matching: nodes.count, of: count, where: nodes.contains) }
      let matching = isDone ? (0..<traversal.buffer.count).count { nodes.contains(traversal.buffer[$0].row) } : 0
      // Otherwise what is allowed is not where the query is.
      if isDone, matching >= min(limit, nodes.count) { return best(scratch, limit: limit, allowed, nodes) }
    }
    let inside = entries.filter(nodes.contains) + nodes.spread(GraphEntries.filteredCount)
    _ = unsafe nodes.words.withUnsafeBufferPointer {
      unsafe traversal.search(
        scorer, LinksAroundOthers(links.pointer, where: MembershipTest($0)), entries: inside, ef: ef)
    }
    return best(scratch, limit: limit, allowed, nodes)
  }

  /// The best of what a traversal left in its buffer, scored in full.
  ///
  /// - Parameter nodes: the rows of the graph that stand for an allowed row.
  private func best(_ scratch: Scratch, limit: Int, _ allowed: RowSet?, _ nodes: RowSet?) -> [Neighbour] {
    let rows = scratch.traversal.contenders(for: scratch.query, flat.vectors, limit: limit) { row in
      nodes?.contains(row) ?? true
    }
    let best = Rescoring.best(of: rows, limit: limit, query: scratch.query, flat.vectors, scratch.memory)
    return best.expanded(by: duplicates, limit: limit, allowed)
  }
}

extension RowSet {
  /// Up to `wanted` members from evenly spaced places.
  func spread(_ wanted: Int) -> [Row] {
    guard !isEmpty else { return [] }
    return (0..<wanted).compactMap { number -> Row? in
      let start = number * words.count / wanted
      guard let word = words[start...].firstIndex(where: { $0 != 0 }) else { return nil }
      return Row(64 * word + words[word].trailingZeroBitCount)
    }
  }
}
