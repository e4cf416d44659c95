/// How a graph meets a filter, chosen from the number of rows that it allows.
///
/// Costs are counted in rows compared one after the other. On codes of 384 components and graphs of degree 32 a search
/// with 80 candidates in view takes about as long as comparing ten thousand rows, so a candidate counts as a hundred; what
/// looking over links that are not allowed adds is an estimate that was not yet measured over a grid.
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

  /// The plan to drop what does not match, whatever it costs.
  static func dropping(_ matching: Int, of count: Int, ef: Int) -> FilterPlan {
    .dropAfterwards(ef: Int((Double(ef) * Double(count) / Double(max(1, matching))).rounded(.up)))
  }

  private static let walkCost = 100.0
  private static let lookOverCost = 12.0
  /// Behind each of the links of a row there are as many.
  private static let mostLookedOver = 32.0
}
