internal import NeedletailCore
internal import NeedletailNumerics

/// What all filtered indexes stand on: the vectors, the attributes, exact search, and the memory of running searches.
struct FilteredRows: Sendable {
  let flat: FlatIndex
  let attributes: RowAttributes
  private let scratch: ScratchPool<FilteredScratch>

  init(_ flat: FlatIndex, _ attributes: RowAttributes) {
    self.flat = flat
    self.attributes = attributes
    let vectors = flat.vectors
    scratch = ScratchPool { FilteredScratch(vectors) }
  }

  var vectors: EncodedVectors { flat.vectors }
  var count: Int { flat.count }

  /// The frame of a search: prepares query and predicate, lets `steer` fill the buffer of the traversal, scores in full
  /// what may be among the best, and compares all matching rows if that leaves too few.
  ///
  /// - Parameter steer: returns false to have all matching rows compared at once.
  func search(
    _ query: Span<Float>, where predicate: RowPredicate, _ options: FilteredSearchOptions,
    kinds: Set<PredicateKind>, steer: (FilteredScratch, ResolvedPredicate) -> Bool
  ) throws(IndexError) -> FilteredAnswer {
    try check(predicate, kinds)
    let resolved = try attributes.resolve(predicate)
    return try scratch.borrow { scratch throws(IndexError) in
      try scratch.query.prepare(query, for: vectors)
      var answer = FilteredAnswer()
      let limit = min(options.limit, resolved.count)
      guard limit > 0 else { return answer }
      let before = scratch.traversal.comparisons
      let isSteered = resolved.count > limit && steer(scratch, resolved)
      if isSteered {
        let (best, violations) = scratch.best(of: vectors, limit: limit, where: resolved)
        answer.neighbours = best.neighbours
        answer.violations = violations
        answer.comparisons = scratch.traversal.comparisons - before
      }
      if answer.neighbours.count < limit {
        answer.fellBack = isSteered
        answer.neighbours = flat.search(scratch.query, limit: limit, resolved.rows)
        answer.comparisons += resolved.count
      }
      return answer
    }
  }

  private func check(_ predicate: RowPredicate, _ kinds: Set<PredicateKind>) throws(IndexError) {
    let kind = predicate.kind
    let isServed =
      kinds.contains(kind) || (kind == .prefix && kinds.contains(.range)) || (kind == .label && kinds.contains(.labels))
    guard isServed else {
      let served = kinds.map(\.rawValue).sorted().joined(separator: ", ")
      throw .invalidParameter("this index answers predicates of the kinds \(served), not \(kind.rawValue)")
    }
  }
}

/// The memory of one running search.
final class FilteredScratch {
  let traversal: GraphTraversal
  let query: PreparedQuery
  private let memory = AlignedMemory.zeroed(count: 256 * MemoryLayout<Float>.size)

  init(_ vectors: EncodedVectors) {
    traversal = GraphTraversal(rowCount: vectors.count, degree: 128, entryCount: GraphEntries.count)
    query = PreparedQuery(for: vectors)
  }

  /// Searches a graph for the query; may look back once after some steps whether it is worth to go on. Returns whether it went to its end.
  @discardableResult
  func traverse(
    _ vectors: EncodedVectors, _ links: some LinkExpansion, entries: [Row], ef: Int, after steps: Int = .max,
    _ isWorthwhile: (([Row]) -> Bool)? = nil
  ) -> Bool {
    traversal.reserve(links.room)
    let scorer = unsafe QueryScorer(vectors: vectors, query: query, products: traversal.products)
    return traversal.search(scorer, links, entries: entries, ef: ef, after: steps, isWorthwhile)
  }

  /// The best matching rows of the buffer, and how many of its `limit` first fail the predicate.
  fileprivate func best(
    of vectors: EncodedVectors, limit: Int, where predicate: ResolvedPredicate
  ) -> (TopK, violations: Int) {
    let violations = (0..<min(limit, traversal.buffer.count)).count { !predicate.holds(traversal.buffer[$0].row) }
    let rows = traversal.contenders(for: query, vectors, limit: limit) { predicate.holds($0) }
    return (Rescoring.best(of: rows, limit: limit, query: query, vectors, memory), violations)
  }
}
