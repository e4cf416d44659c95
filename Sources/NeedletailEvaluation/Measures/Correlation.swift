/// How well one list of numbers follows another, such as the similarities of an encoder those that people stated.
public enum Correlation {
  /// Pearson's coefficient, of the values themselves; nil where a list does not vary or has fewer than two values.
  ///
  /// - Precondition: as many values on either side.
  public static func pearson(_ left: [Double], _ right: [Double]) -> Double? {
    precondition(left.count == right.count, "\(left.count) values against \(right.count)")
    guard left.count > 1 else { return nil }
    let count = Double(left.count)
    let (leftMean, rightMean) = (left.reduce(0, +) / count, right.reduce(0, +) / count)
    var (products, leftSquares, rightSquares) = (0.0, 0.0, 0.0)
    for (x, y) in zip(left, right) {
      products += (x - leftMean) * (y - rightMean)
      leftSquares += (x - leftMean) * (x - leftMean)
      rightSquares += (y - rightMean) * (y - rightMean)
    }
    let scale = (leftSquares * rightSquares).squareRoot()
    return scale > 0 ? products / scale : nil
  }

  /// Spearman's coefficient: Pearson's of the ranks, equal values sharing the mean of their ranks.
  ///
  /// - Precondition: as many values on either side.
  public static func spearman(_ left: [Double], _ right: [Double]) -> Double? { pearson(ranks(of: left), ranks(of: right)) }

  /// Kendall's tau-b: pairs in the same order minus those in the opposite one, of all that are tied on neither side; takes time in the
  /// square of the number of values.
  ///
  /// - Precondition: as many values on either side.
  public static func kendall(_ left: [Double], _ right: [Double]) -> Double? {
    precondition(left.count == right.count, "\(left.count) values against \(right.count)")
    var (balance, leftPairs, rightPairs) = (0, 0, 0)
    for first in left.indices {
      for second in left.indices.dropFirst(first + 1) {
        let (x, y) = (order(left[first], left[second]), order(right[first], right[second]))
        balance += x * y
        leftPairs += abs(x)
        rightPairs += abs(y)
      }
    }
    let scale = (Double(leftPairs) * Double(rightPairs)).squareRoot()
    return scale > 0 ? Double(balance) / scale : nil
  }

  /// Pearson's coefficient of what a third list does not explain; nil where that is undefined.
  ///
  /// - Precondition: as many values in each list.
  public static func partial(_ left: [Double], _ right: [Double], given control: [Double]) -> Double? {
    guard let both = pearson(left, right), let first = pearson(left, control), let second = pearson(right, control) else { return nil }
    let scale = ((1 - first * first) * (1 - second * second)).squareRoot()
    return scale > 0 ? (both - first * second) / scale : nil
  }

  /// Ranks from 1, ascending; equal values share the mean of their ranks.
  static func ranks(of values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }

  private static func order(_ first: Double, _ second: Double) -> Int { first < second ? 1 : first > second ? -1 : 0 }
}
