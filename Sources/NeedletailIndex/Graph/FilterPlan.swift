/// How a graph meets a filter, chosen from the number of rows that it allows.
///
/// Costs are counted in rows compared one after the other, as measured on codes of 384 components and graphs of degree
/// 32: a candidate in view costs a walk as much as a hundred rows of a scan, and more the fewer of the links that it
/// looks over are allowed.
enum FilterPlan: Hashable {
  /// Compare every allowed row.
  case compareAll
  /// Walk among allowed rows, looking over the others between them.
  case walkAround
  /// Walk among all rows with more candidates in view and drop those that are not allowed.
  case dropAfterwards(ef: Int)

  init(matching: Int, of count: Int, ef: Int) {
    let selectivity = Double(matching) / Double(max(1, count))
    let scan = Double(matching)
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

  private static let walkCost = 100.0
  private static let lookOverCost = 12.0
  /// Behind each of the links of a row there are as many.
  private static let mostLookedOver = 32.0
}
