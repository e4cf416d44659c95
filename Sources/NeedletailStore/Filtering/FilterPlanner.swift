internal import NeedletailIndex

/// How a part is searched when only some of its rows count.
package enum SearchPlan: Hashable {
  /// No row counts.
  case skip
  /// Compare with every allowed row.
  case scan
  /// Let the index find its way around the rows that do not count.
  case traverse
}

/// Chooses between scanning the allowed rows and searching the graph with the others left out.
///
/// A filtered graph search has to see about `limit / selectivity` rows before `limit` of them count, and more where the
/// allowed rows are far from the query; a scan sees exactly the allowed rows, one after the other in memory. So few
/// allowed rows are scanned, whatever their part of the whole. The plan only affects speed: every index promises `limit`
/// hits whenever as many rows are allowed.
package struct FilterPlanner {
  package static let largestScan = 4_000
  package static let smallestTraversedFraction = 0.02

  package static func plan(allowed: Int, of rows: Int) -> SearchPlan {
    if allowed == 0 { return .skip }
    if allowed <= largestScan || Double(allowed) < smallestTraversedFraction * Double(rows) { return .scan }
    return .traverse
  }
}
