public import NeedletailCore
internal import NeedletailNumerics

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
        let entries = self.entries.filter(inside.contains) + inside.spread(Self.filteredEntryCount)
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

  /// A filter may allow nothing near the usual entries; rows from all over the allowed set join them.
  static let filteredEntryCount = 32
}

/// How a graph meets a filter, chosen from the number of rows that it allows.
///
/// The costs are comparisons, as measured on 384 components and graphs of degree 32: comparing rows one after the other
/// takes about a third of the time that a row takes on a walk; a walk compares some rows for each candidate in view, and
/// looks over the more links the fewer rows are allowed.
enum FilterPlan: Hashable {
  /// Compare every allowed row.
  case compareAll
  /// Walk among allowed rows, looking over the others between them.
  case walkAround
  /// Walk among all rows with more candidates in view and drop those that are not allowed.
  case dropAfterwards(ef: Int)

  init(matching: Int, of count: Int, ef: Int) {
    let selectivity = Double(matching) / Double(max(1, count))
    let scan = Self.scanCost * Double(matching)
    let walk = Double(ef) * (Self.walkCost + Self.lookOverCost * min(1 / max(1e-9, selectivity), Self.mostLookedOver))
    let widened = Double(ef) / max(1e-9, selectivity)
    let drop = widened * Self.walkCost
    if scan <= min(walk, drop) || ef >= matching {
      self = .compareAll
    } else if drop <= walk {
      self = .dropAfterwards(ef: Int(widened.rounded(.up)))
    } else {
      self = .walkAround
    }
  }

  private static let scanCost = 0.33
  private static let walkCost = 12.0
  private static let lookOverCost = 4.0
  /// Behind each of the links of a row there are as many.
  private static let mostLookedOver = 32.0
}
