public import NeedletailCore

/// Collects the matching rows and compares the query with all of them ("pre-filtering"): exact, and the fastest way
/// where few rows match.
public struct FilteredScan: FilteredIndex {
  let rows: FilteredRows

  public var count: Int { rows.count }
  public var dimension: Int { rows.vectors.dimension }
  public var similarity: Similarity { rows.vectors.similarity }
  public var structureBytes: Int { 0 }
  public var kinds: Set<PredicateKind> { Set(PredicateKind.allCases) }

  public func search(
    _ query: Span<Float>, where predicate: RowPredicate, _ options: FilteredSearchOptions
  ) throws(IndexError) -> FilteredAnswer {
    try rows.search(query, where: predicate, options, kinds: kinds) { _, _ in false }
  }
}
