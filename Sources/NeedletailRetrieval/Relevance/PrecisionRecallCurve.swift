/// How precision falls as more candidates are kept, over the candidates of many questions together.
///
/// Pooled on purpose: a mapping that never falls does not change the order within a question, so that averages over questions
/// cannot see it. A candidate is relevant if its label is at least one half. Candidates of equal scores are kept or dropped
/// together.
public struct PrecisionRecallCurve: Sendable {
  /// A cut and what it keeps.
  public struct Point: Hashable, Codable, Sendable {
    /// Candidates of at least this score are kept.
    public var threshold: Double
    public var precision: Double
    /// Of the relevant candidates; what the search did not find is not counted.
    public var recall: Double
    /// The share of candidates that is dropped.
    public var removed: Double
  }

  /// By falling threshold; one for each distinct score.
  public let points: [Point]

  /// - Parameters:
  ///   - scores: of all candidates; not a number counts as the lowest.
  ///   - labels: of the same candidates.
  public init(scores: [Double], labels: [Double]) {
    precondition(scores.count == labels.count, "\(scores.count) scores for \(labels.count) labels")
    let relevant = Double(labels.count { $0 >= 0.5 })
    let ranked = zip(scores.map { $0.isNaN ? -.infinity : $0 }, labels).sorted { $0.0 > $1.0 }
    var points: [Point] = []
    var found = 0.0
    for (place, candidate) in ranked.enumerated() {
      if candidate.1 >= 0.5 { found += 1 }
      guard place + 1 == ranked.count || ranked[place + 1].0 != candidate.0 else { continue }
      let kept = Double(place + 1)
      points.append(Point(
        threshold: candidate.0, precision: found / kept, recall: relevant > 0 ? found / relevant : 0,
        removed: 1 - kept / Double(ranked.count)))
    }
    self.points = points
  }

  /// Average precision of the pooled ranking, equal scores as one step; 0 if nothing is relevant.
  public var area: Double {
    var area = 0.0
    var recall = 0.0
    for point in points {
      area += (point.recall - recall) * point.precision
      recall = point.recall
    }
    return area
  }

  /// The highest cut that keeps at least this share of the relevant candidates; nil if nothing is relevant.
  public func point(recall: Double) -> Point? { points.first { $0.recall >= recall && $0.recall > 0 } }

  /// The lowest cut of at least this precision, which keeps the most; nil if there is none.
  public func point(precision: Double) -> Point? { points.last { $0.precision >= precision } }
}

/// Whether probabilities come true: candidates in ten bins by their probability (Guo et al., "On Calibration of Modern Neural
/// Networks", ICML 2017, equation 3).
public struct CalibrationTable: Sendable {
  public struct Bin: Hashable, Codable, Sendable {
    public var count: Int
    public var meanProbability: Double
    public var relevantShare: Double
  }

  /// From the lowest probabilities to the highest; bins without candidates have count 0.
  public let bins: [Bin]

  /// - Parameters:
  ///   - probabilities: of all candidates.
  ///   - labels: of the same candidates.
  public init(probabilities: [Double], labels: [Double]) {
    precondition(probabilities.count == labels.count, "\(probabilities.count) probabilities for \(labels.count) labels")
    var sums = [(count: Int, probability: Double, label: Double)](repeating: (0, 0, 0), count: 10)
    for (probability, label) in zip(probabilities, labels) {
      let bin = min(9, max(0, Int(probability * 10)))
      sums[bin].count += 1
      sums[bin].probability += probability
      sums[bin].label += label
    }
    bins = sums.map { sum in
      let count = Double(max(1, sum.count))
      return Bin(count: sum.count, meanProbability: sum.probability / count, relevantShare: sum.label / count)
    }
  }

  /// The mean distance between probability and share, weighted by the candidates of the bins.
  public var expectedError: Double {
    let count = bins.reduce(0) { $0 + $1.count }
    guard count > 0 else { return 0 }
    return bins.reduce(0) { $0 + Double($1.count) * abs($1.meanProbability - $1.relevantShare) } / Double(count)
  }
}
