/// How well a grouping agrees with the true one, whatever the groups are called.
public enum Clustering {
  /// The adjusted Rand index (Hubert and Arabie, Journal of Classification 1985): 1 for equal groupings, about 0 for unrelated ones, below 0
  /// for worse. Where both put everything into one group, or each item into its own, it is 1.
  ///
  /// - Precondition: as many groups found as true ones.
  public static func adjustedRandIndex(found: [Int], truth: [Int]) -> Double {
    precondition(found.count == truth.count, "\(found.count) groups found for \(truth.count) items")
    var cells: [Pair: Int] = [:]
    var rows: [Int: Int] = [:]
    var columns: [Int: Int] = [:]
    for (left, right) in zip(found, truth) {
      cells[Pair(left: left, right: right), default: 0] += 1
      rows[left, default: 0] += 1
      columns[right, default: 0] += 1
    }
    let together = cells.values.reduce(0.0) { $0 + pairs($1) }
    let rowPairs = rows.values.reduce(0.0) { $0 + pairs($1) }
    let columnPairs = columns.values.reduce(0.0) { $0 + pairs($1) }
    let all = pairs(truth.count)
    guard all > 0 else { return 1 }
    let expected = rowPairs * columnPairs / all
    let largest = (rowPairs + columnPairs) / 2
    return largest == expected ? 1 : (together - expected) / (largest - expected)
  }

  private struct Pair: Hashable {
    let left: Int
    let right: Int
  }

  private static func pairs(_ count: Int) -> Double { Double(count) * Double(count - 1) / 2 }
}
