internal import NeedletailCore

/// Merges ranked lists into one.
enum RankedLists {
  /// Reciprocal rank fusion (G. Cormack, C. Clarke and S. Büttcher, SIGIR 2009) with ranks from 0 and `k` at its default of
  /// 2; a list of weight `w` counts as if its ranks were `w` times better.
  static func reciprocalRanks(_ lists: [[ScoredRow]], k: Float, weights: [Float]?) -> [(row: PointRow, score: Float)] {
    merged(lists) { list, rank, _ in
      let weight = weights?[list] ?? 1
      return weight > 0 ? 1 / (Float(rank + 1) / weight + k - 1) : 0
    }
  }

  /// Distribution-based score fusion: scores by where they lie between three standard deviations below the mean of their
  /// list and three above it.
  static func distributionScores(_ lists: [[ScoredRow]]) -> [(row: PointRow, score: Float)] {
    let ranges = lists.map { list -> (low: Float, width: Float)? in
      guard list.count > 1 else { return nil }
      let mean = list.reduce(0) { $0 + $1.score } / Float(list.count)
      let variance = list.reduce(0) { $0 + ($1.score - mean) * ($1.score - mean) } / Float(list.count - 1)
      let deviation = variance.squareRoot()
      return deviation > 0 ? (mean - 3 * deviation, 6 * deviation) : nil
    }
    return merged(lists) { list, _, score in
      guard let range = ranges[list] else { return 0.5 }
      return (score - range.low) / range.width
    }
  }

  private static func merged(_ lists: [[ScoredRow]], _ score: (Int, Int, Float) -> Float) -> [(row: PointRow, score: Float)] {
    var scores: [PointRow: Float] = [:]
    var order: [PointRow] = []
    for (number, list) in lists.enumerated() {
      for (rank, row) in list.enumerated() {
        if scores[row.row] == nil { order.append(row.row) }
        scores[row.row, default: 0] += score(number, rank, row.score)
      }
    }
    return order.map { ($0, scores[$0] ?? 0) }
  }
}
