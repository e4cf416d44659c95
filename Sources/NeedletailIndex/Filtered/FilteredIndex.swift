public import NeedletailCore

/// How a filtered search shall be done.
public struct FilteredSearchOptions: Hashable, Sendable {
  /// The number of neighbours wanted. As many come whenever as many rows satisfy the predicate.
  public var limit: Int
  /// How hard an approximate index tries: candidates in view for graphs, compared rows for partitions. More finds more
  /// and takes longer.
  public var effort: Int

  public init(limit: Int = 10, effort: Int = 100) {
    self.limit = limit
    self.effort = effort
  }
}

/// What a filtered search found, and what it cost.
public struct FilteredAnswer: Hashable, Sendable {
  /// Best first; equal scores by ascending row.
  public var neighbours: [Neighbour] = []
  /// With how many rows the query was compared.
  public var comparisons = 0
  /// How many rows among the best of the index failed the predicate and were taken out of the answer: zero for all
  /// indexes but those that only lean towards matching rows.
  public var violations = 0
  /// Whether the index found too few, so that every matching row was compared after all.
  public var fellBack = false

  public init() {}
}

/// An index that finds the nearest of the rows that satisfy a predicate.
///
/// Every conforming type keeps these promises, which `FilteredIndexConformance` checks: no row that fails the
/// predicate is returned; `limit` rows come whenever as many match; results are sorted by descending score, equal
/// scores by ascending row, and scores are those of the stored vectors; the same search gives the same answer; a kind
/// of predicate that it is not made for is refused.
public protocol FilteredIndex: Sendable {
  /// The number of rows.
  var count: Int { get }
  /// The number of components of each vector.
  var dimension: Int { get }
  var similarity: Similarity { get }
  /// The memory beyond vectors and attributes, in bytes.
  var structureBytes: Int { get }
  /// The kinds of predicates it is made for.
  var kinds: Set<PredicateKind> { get }

  /// The matching rows nearest to the query.
  ///
  /// - Throws: `IndexError.invalidParameter` for a predicate of another kind, or one that asks for an attribute that the
  ///   rows lack.
  func search(
    _ query: Span<Float>, where predicate: RowPredicate, _ options: FilteredSearchOptions
  ) throws(IndexError) -> FilteredAnswer
}

extension FilteredIndex {
  /// The matching rows nearest to the query.
  public func search(
    _ query: [Float], where predicate: RowPredicate, _ options: FilteredSearchOptions = FilteredSearchOptions()
  ) throws(IndexError) -> FilteredAnswer {
    try search(query.span, where: predicate, options)
  }
}
