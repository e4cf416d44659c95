public import NeedletailCore

/// An ordinary graph that meets each predicate in the way that is cheapest for the exact number of matching rows: what
/// the collections of the store do.
public struct PlannedGraph: FilteredIndex {
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
    var answer = try rows.search(query, where: predicate, options, kinds: kinds) { scratch, matching in
      let ef = max(options.effort, options.limit)
      switch FilterPlan(matching: matching.count, of: count, ef: ef) {
      case .compareAll:
        return false
      case .walkAround:
        let inside = matching.rows
        let entries = self.entries.filter(inside.contains) + inside.spread(GraphEntries.filteredCount)
        unsafe inside.words.withUnsafeBufferPointer { words in
          unsafe scratch.traverse(
            rows.vectors, LinksAroundOthers(links.pointer, within: words), entries: entries, ef: ef)
        }
      case .dropAfterwards(let ef):
        unsafe scratch.traverse(rows.vectors, EveryLink(links.pointer), entries: entries, ef: ef)
      }
      return true
    }
    answer.violations = 0
    return answer
  }
}
