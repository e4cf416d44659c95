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

  /// The mean over the classes of the harmonic mean of precision and recall: each class counts the same, however rare it is. Classes are
  /// those that occur on either side; one that is never found, or never true, has the value 0. A negative
  /// number says that an item was given no class: a miss for its own class, and none to average over.
  ///
  /// - Precondition: as many classes found as true ones.
  public static func macroF1(found: [Int], truth: [Int]) -> Double {
    precondition(found.count == truth.count, "\(found.count) classes found for \(truth.count) items")
    var (hits, foundCounts, trueCounts): ([Int: Int], [Int: Int], [Int: Int]) = ([:], [:], [:])
    for (guess, fact) in zip(found, truth) {
      if guess == fact { hits[fact, default: 0] += 1 }
      foundCounts[guess, default: 0] += 1
      trueCounts[fact, default: 0] += 1
    }
    let classes = Set(foundCounts.keys).union(trueCounts.keys).filter { $0 >= 0 }.sorted()
    guard !classes.isEmpty else { return 0 }
    return classes.reduce(0.0) {
      $0 + 2 * Double(hits[$1] ?? 0) / Double((foundCounts[$1] ?? 0) + (trueCounts[$1] ?? 0))
    } / Double(classes.count)
  }

  /// The best F1 that any threshold on the scores reaches, and the least score that it lets pass: how pairs are judged as paraphrases or
  /// not where nobody said from which score on. 0 and infinity where nothing is positive.
  ///
  /// - Precondition: as many scores as marks.
  public static func bestF1(scores: [Float], isPositive: [Bool]) -> (value: Double, threshold: Float) {
    precondition(scores.count == isPositive.count, "\(scores.count) scores for \(isPositive.count) items")
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    let positives = isPositive.count { $0 }
    var best: (value: Double, threshold: Float) = (0, .infinity)
    var hits = 0
    for (place, item) in order.enumerated() {
      if isPositive[item] { hits += 1 }
      // A threshold cannot separate equal scores.
      if place + 1 < order.count, scores[order[place + 1]] == scores[item] { continue }
      let value = 2 * Double(hits) / Double(place + 1 + positives)
      if value > best.value { best = (value, scores[item]) }
    }
    return best
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
