/// How a graph meets a filter, chosen from the number of rows that it allows.
///
/// Costs are counted in allowed rows compared one after the other. Measured on 4,000 and 24,000 embeddings of abstracts (384
/// components in 8 bits, degree 32, one thread): a candidate in view takes as long as 25 to 35 of them; walking around rows that
/// are not allowed takes four to five times that, at any selectivity, since a link that fails is replaced by up to thirty-two
/// others. What matches may lie far from the query: dropping would leave too few. So it looks back after half of the steps of an
/// unfiltered search, a tenth of what walking around costs, and gives up where next to nothing around the query matches.
package enum FilterPlan: Hashable {
  /// Compare every allowed row.
  case compareAll
  /// Walk among allowed rows, looking over the others between them.
  case walkAround
  /// Walk among all rows with more candidates in view and drop those that are not allowed.
  case dropAfterwards(ef: Int)

  package init(matching: Int, of count: Int, ef: Int) {
    let selectivity = Double(matching) / Double(max(1, count))
    let scan = Double(matching)
    let walk = Double(ef) * Self.walkCost * Self.aroundFactor
    let widened = Double(ef) / max(1e-9, selectivity)
    let drop = selectivity < Self.leastSelectivityToDrop ? .infinity : widened * Self.walkCost
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

  /// After how many steps dropping looks back.
  static func stepsBeforeLookingBack(ef: Int) -> Int { max(8, ef / 2) }

  /// Whether so few of the rows around the query match that what matches has to be elsewhere: less than half of what a random part of
  /// the rows would have (of 16 rows that match by chance every other time, 3 or fewer do in 11 cases of 1,000). A false alarm costs
  /// little: at equal recall, walking around is about as fast where half of the rows match.
  ///
  /// - Parameters:
  ///   - nearest: the rows around the query.
  ///   - matching: how many rows match anywhere.
  ///   - count: how many rows there are.
  ///   - matches: whether a row does.
  static func isElsewhere(_ nearest: [Row], matching: Int, of count: Int, where matches: (Row) -> Bool) -> Bool {
    let selectivity = Double(matching) / Double(max(1, count))
    return Double(nearest.count(where: matches)) < 0.5 * selectivity * Double(nearest.count)
  }

  /// Whether a search with so many candidates in view costs less than to compare all allowed rows.
  static func isCheaperThanComparing(_ matching: Int, ef: Int) -> Bool { Double(ef) * walkCost < Double(matching) }

  private static let walkCost = 30.0
  private static let aroundFactor = 5.0
  /// Costs are those of equally many candidates; at an equal recall of 0.95 walking around needs fewer. Where a fifth of the rows match it
  /// is 1.4 to 1.5 times as fast as dropping, from three tenths on as fast (`needletail-bench planner`).
  private static let leastSelectivityToDrop = 0.3
}
