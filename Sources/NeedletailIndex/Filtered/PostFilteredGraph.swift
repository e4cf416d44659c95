public import NeedletailCore

/// Searches an ordinary graph for more than is wanted and drops what does not match ("post-filtering"): the fastest way
/// where nearly all rows match.
///
/// The first search keeps `effort / selectivity` candidates in view, each further one twice as many, until enough match.
/// When the view would hold all rows, all matching ones are compared.
public struct PostFilteredGraph: FilteredIndex {
  let rows: FilteredRows
  let links: Links
  let entries: [Row]

  public var count: Int { rows.count }
  public var dimension: Int { rows.vectors.dimension }
  public var similarity: Similarity { rows.vectors.similarity }
  public var structureBytes: Int { links.targets.region.count }
  public var kinds: Set<PredicateKind> { Set(PredicateKind.allCases) }

  public func search(
    _ query: Span<Float>, where predicate: RowPredicate, _ options: FilteredSearchOptions
  ) throws(IndexError) -> FilteredAnswer {
    let kinds = kinds
    var answer = try rows.search(query, where: predicate, options, kinds: kinds) { scratch, matching in
      let wanted = Double(max(options.effort, options.limit)) * Double(count) / Double(matching.count)
      var ef = wanted < Double(count) ? Int(wanted.rounded(.up)) : count
      while ef < count {
        unsafe scratch.traverse(rows.vectors, EveryLink(links.pointer), entries: entries, ef: ef)
        let buffer = scratch.traversal.buffer.count
        let found = (0..<buffer).count { matching.holds(scratch.traversal.buffer[$0].row) }
        if found >= min(options.limit, matching.count) { return true }
        ef *= 2
      }
      return false
    }
    // Dropping what does not match is what this index does.
    answer.violations = 0
    return answer
  }
}
