/// How well classes or scores agree with the truth.
public enum Classification {
  /// The share of items whose class is the true one: where each item has one class, this is also the micro-averaged F1.
  ///
  /// - Precondition: as many classes found as true ones.
  public static func microF1(found: [Int], truth: [Int]) -> Double {
    precondition(found.count == truth.count, "\(found.count) classes found for \(truth.count) items")
    guard !truth.isEmpty else { return 0 }
    return Double(zip(found, truth).filter { $0 == $1 }.count) / Double(truth.count)
  }

  /// The probability that a random positive item scores higher than a random negative one, ties counting one half: the area under the ROC
  /// curve (Hanley and McNeil, Radiology 1982). One half where either kind is missing.
  ///
  /// - Precondition: as many scores as marks.
  public static func areaUnderROC(scores: [Float], isPositive: [Bool]) -> Double {
    precondition(scores.count == isPositive.count, "\(scores.count) scores for \(isPositive.count) items")
    let order = scores.indices.sorted { scores[$0] < scores[$1] }
    let positives = isPositive.filter { $0 }.count
    let negatives = scores.count - positives
    guard positives > 0, negatives > 0 else { return 0.5 }
    var rankSum = 0.0
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, scores[order[end]] == scores[order[start]] { end += 1 }
      let rank = Double(start + end + 1) / 2
      rankSum += rank * Double(order[start..<end].filter { isPositive[$0] }.count)
      start = end
    }
    return (rankSum - Double(positives) * Double(positives + 1) / 2) / (Double(positives) * Double(negatives))
  }
}
