public import NeedletailCore

/// An ordinary graph, which knows no attributes, searched under predicates.
///
/// `cheapest` meets each predicate in the way that costs least for the exact number of matching rows: what the collections
/// of the store do. `dropping` always searches for more than is wanted and drops what does not match ("post-filtering"): the
/// fastest way where nearly all rows match. `walking` always searches among the matching rows: with `FilteredScan`, these are all
/// that `cheapest` chooses from.
///
/// Where rows are dropped, the first search keeps `effort / selectivity` candidates in view, each further one twice as many,
/// until enough match. When the next search would take longer than to compare all matching rows, these are compared.
public struct PlannedGraph: FilteredIndex {
  /// How predicates are met.
  public enum Way: Sendable {
    case cheapest, dropping, walking
  }

  let rows: FilteredRows
  let links: Links
  let entries: [Row]
  /// How predicates are met.
  public let way: Way

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
      switch plan(for: matching.count, ef: ef) {
      case .compareAll:
        return false
      case .walkAround:
        walkAround(matching, scratch, ef: ef)
        return true
      case .dropAfterwards(let widened):
        let wanted = min(options.limit, matching.count)
        if way == .dropping { return finds(wanted, among: matching, scratch, ef: widened) }
        // Where what matches is not where the query is, dropping would go on for long.
        let drops = widened < count && drops(to: wanted, among: matching, scratch, ef: widened, lookingBackFor: ef)
        if !drops { walkAround(matching, scratch, ef: ef) }
        return true
      }
    }
    // Dropping what does not match is what this index does.
    answer.violations = 0
    return answer
  }

  private func plan(for matching: Int, ef: Int) -> FilterPlan {
    switch way {
    case .cheapest: FilterPlan(matching: matching, of: count, ef: ef)
    case .dropping: FilterPlan.dropping(matching, of: count, ef: ef)
    case .walking: .walkAround
    }
  }

  private func walkAround(_ matching: ResolvedPredicate, _ scratch: FilteredScratch, ef: Int) {
    let entries = entries.filter(matching.holds) + matching.spread(GraphEntries.filteredCount)
    if case .ranks(let ranks, let values) = matching.form {
      // To make a set of all that match would take longer than the walk.
      _ = unsafe values.ranks.withUnsafeBufferPointer {
        unsafe scratch.traverse(
          rows.vectors, LinksAroundOthers(links.pointer, where: RangeTest($0, ranks)), entries: entries, ef: ef)
      }
    } else {
      _ = unsafe matching.rows.words.withUnsafeBufferPointer {
        unsafe scratch.traverse(
          rows.vectors, LinksAroundOthers(links.pointer, where: MembershipTest($0)), entries: entries, ef: ef)
      }
    }
  }

  /// Searches all rows with more and more candidates in view until enough of them match.
  private func finds(_ wanted: Int, among matching: ResolvedPredicate, _ scratch: FilteredScratch, ef: Int) -> Bool {
    guard ef < count else { return false }
    if drops(to: wanted, among: matching, scratch, ef: ef) { return true }
    var wider = 2 * ef
    while wider < count, FilterPlan.isCheaperThanComparing(matching.count, ef: wider) {
      if drops(to: wanted, among: matching, scratch, ef: wider) { return true }
      wider *= 2
    }
    return false
  }

  /// Searches all rows; returns whether enough of the candidates in view match.
  ///
  /// - Parameter plain: the candidates that a search without predicate would keep in view: the search gives up early where what matches
  ///   is elsewhere. Nil searches to the end in any case.
  private func drops(
    to wanted: Int, among matching: ResolvedPredicate, _ scratch: FilteredScratch, ef: Int,
    lookingBackFor plain: Int? = nil
  ) -> Bool {
    let steps = plain.map(FilterPlan.stepsBeforeLookingBack) ?? .max
    let isDone = unsafe scratch.traverse(rows.vectors, EveryLink(links.pointer), entries: entries, ef: ef, after: steps) {
      !FilterPlan.isElsewhere($0, matching: matching.count, of: count, where: matching.holds)
    }
    return isDone && (0..<scratch.traversal.buffer.count).count { matching.holds(scratch.traversal.buffer[$0].row) } >= wanted
  }
}

/// Whether the place of a row in the order of values lies in a range.
@safe private struct RangeTest: RowTest {
  private let ranks: UnsafeBufferPointer<UInt32>
  private let first: UInt32
  private let count: UInt32

  init(_ ranks: UnsafeBufferPointer<UInt32>, _ range: Range<Int>) {
    unsafe self.ranks = unsafe ranks
    first = UInt32(range.lowerBound)
    count = UInt32(range.count)
  }

  // What lies before the range wraps around to a large number.
  @inline(__always)
  func holds(_ row: Row) -> Bool { unsafe ranks[Int(row)] &- first < count }
}
