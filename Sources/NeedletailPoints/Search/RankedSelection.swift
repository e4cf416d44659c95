/// A row with its score.
struct ScoredRow: Hashable, Sendable {
  var row: PointRow
  var score: Float
  /// The value that rows were put in order by.
  var order: OrderValue?
}

/// The best of a stream of scored rows: higher scores first, equal ones by id.
struct RankedSelection {
  private let limit: Int
  private let table: PointTable
  private var kept: [ScoredRow] = []
  /// What a newcomer has to reach to have a chance.
  private(set) var threshold = -Float.infinity

  init(limit: Int, table: PointTable) {
    self.limit = max(0, min(limit, table.count))
    self.table = table
  }

  mutating func insert(_ row: PointRow, _ score: Float) {
    guard score >= threshold, limit > 0 else { return }
    kept.append(ScoredRow(row: row, score: score))
    if kept.count >= 2 * limit + 32 { prune() }
  }

  private mutating func prune() {
    kept.sort(by: precedes)
    if kept.count > limit {
      kept.removeLast(kept.count - limit)
      threshold = kept[limit - 1].score
    }
  }

  private func precedes(_ left: ScoredRow, _ right: ScoredRow) -> Bool {
    left.score != right.score ? left.score > right.score : table.id(of: left.row) < table.id(of: right.row)
  }

  /// The kept rows, best first.
  var ranked: [ScoredRow] {
    var rest = self
    rest.prune()
    return rest.kept
  }
}
