internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailNumerics
internal import NeedletailRetrieval

/// What filters fitted to some questions do to others: the arms of the experiment on relevance filtering.
struct FilteringOutcome: Sendable {
  private let test: RelevanceExamples
  private let kinds: [Int]
  /// The scores of every candidate by each arm.
  private var scores: [String: [Double]] = [:]
  private var curves: [String: PrecisionRecallCurve] = [:]
  private let threshold: Double

  private static let cosine = "cosine"
  private static let recall = 0.95

  init(
    training: RelevanceExamples, validation: RelevanceExamples, test: RelevanceExamples, kinds: [Int] = [], mappings: [ScoreMapping], seed: UInt64
  ) throws {
    self.test = test
    self.kinds = kinds.isEmpty ? [Int](repeating: 0, count: test.count) : kinds
    var threshold = 0.5
    scores = Self.normalizations(of: test)
    for mapping in mappings {
      var fitter = RelevanceFitter(mapping: mapping)
      fitter.seed = seed
      let model = try fitter.fit(training, validation: validation, embedder: "", collection: "")
      if mapping == .power { threshold = model.threshold }
      scores[mapping.rawValue] = (0..<test.count).flatMap { query in
        model.probabilities(of: test.cosines[test.candidates(of: query)], for: Array(test.queries[query]))
      }
    }
    self.threshold = threshold
    curves = scores.mapValues { PrecisionRecallCurve(scores: $0, labels: test.labels) }
  }

  /// Ways to make cosines comparable without learning: by the best one, by the spread, by the widest gap.
  private static func normalizations(of examples: RelevanceExamples) -> [String: [Double]] {
    var scores: [String: [Double]] = [cosine: examples.cosines]
    for query in 0..<examples.count {
      let cosines = Array(examples.cosines[examples.candidates(of: query)])
      guard let best = cosines.max(), !cosines.isEmpty else { continue }
      let mean = cosines.reduce(0, +) / Double(cosines.count)
      let deviation = (cosines.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(cosines.count)).squareRoot()
      let ranked = cosines.sorted(by: >)
      let gap = zip(ranked, ranked.dropFirst()).enumerated().max { $0.element.0 - $0.element.1 < $1.element.0 - $1.element.1 }
      let floor = gap.map { $0.element.0 } ?? best
      scores["difference to the best", default: []] += cosines.map { $0 - best }
      scores["share of the best", default: []] += cosines.map { best > 0 ? $0 / best : 0 }
      scores["z-score", default: []] += cosines.map { deviation > 0 ? ($0 - mean) / deviation : 0 }
      scores["widest gap", default: []] += cosines.map { $0 >= floor ? 1 : 0 }
    }
    return scores
  }

  var cosineArea: Double { curves[Self.cosine]?.area ?? 0 }
  var cosineRemoved: Double { curves[Self.cosine]?.point(recall: Self.recall)?.removed ?? 0 }
  var cosinePrecision: Double { curves[Self.cosine]?.point(recall: Self.recall)?.precision ?? .nan }

  func area(_ mapping: ScoreMapping) -> Double { curves[mapping.rawValue]?.area ?? 0 }
  func removed(_ mapping: ScoreMapping) -> Double { curves[mapping.rawValue]?.point(recall: Self.recall)?.removed ?? 0 }
  func precision(_ mapping: ScoreMapping) -> Double { curves[mapping.rawValue]?.point(recall: Self.recall)?.precision ?? .nan }

  func calibrationError(_ mapping: ScoreMapping) -> Double {
    CalibrationTable(probabilities: scores[mapping.rawValue] ?? [], labels: test.labels).expectedError
  }

  /// The largest calibration error over the kinds of questions.
  func worstCalibrationError(_ mapping: ScoreMapping) -> Double {
    guard let all = scores[mapping.rawValue] else { return .nan }
    return Set(kinds).map { kind in
      let places = (0..<test.count).filter { kinds[$0] == kind }.flatMap { Array(test.candidates(of: $0)) }
      return CalibrationTable(probabilities: places.map { all[$0] }, labels: places.map { test.labels[$0] }).expectedError
    }.max() ?? .nan
  }

  /// Every tenth question loses its relevant candidates: how many answers it keeps, as a share of what the others keep.
  var keptShareWithoutRelevant: Double {
    guard let all = scores[ScoreMapping.power.rawValue] else { return .nan }
    var kept = (without: 0.0, with: 0.0)
    var counts = (without: 0.0, with: 0.0)
    for query in 0..<test.count {
      let places = test.candidates(of: query)
      guard places.contains(where: { test.labels[$0] >= 0.5 }) else { continue }
      if query % 10 == 0 {
        kept.without += Double(places.count { test.labels[$0] < 0.5 && all[$0] >= threshold })
        counts.without += 1
      } else {
        kept.with += Double(places.count { all[$0] >= threshold })
        counts.with += 1
      }
    }
    return kept.without / max(1, counts.without) / (kept.with / max(1, counts.with))
  }

  /// Where the gain in area over cosine lies at 95%, drawing questions anew.
  func interval(of mapping: ScoreMapping, rounds: Int, seed: UInt64) -> ConfidenceInterval {
    guard let mapped = scores[mapping.rawValue] else { return ConfidenceInterval(low: .nan, high: .nan) }
    var generator = SeededGenerator(seed: seed)
    var gains: [Double] = []
    for _ in 0..<max(1, rounds) {
      let places = (0..<test.count).flatMap { _ in Array(test.candidates(of: Int.random(in: 0..<test.count, using: &generator))) }
      let labels = places.map { test.labels[$0] }
      func area(_ scores: [Double]) -> Double { PrecisionRecallCurve(scores: places.map { scores[$0] }, labels: labels).area }
      gains.append(area(mapped) - area(test.cosines))
    }
    gains.sort()
    return ConfidenceInterval(low: gains[gains.count * 25 / 1000], high: gains[min(gains.count - 1, gains.count * 975 / 1000)])
  }

  /// Writes the figures of every arm down.
  func record(_ setting: String, into findings: inout Findings) {
    for (arm, curve) in curves.sorted(by: { $0.key < $1.key }) {
      findings.record("\(setting): area by \(arm)", curve.area, published: arm == Self.cosine ? 0.041 : arm == "power" ? 0.139 : nil)
      guard let point = curve.point(recall: Self.recall) else { continue }
      findings.record("\(setting): precision at 95% recall by \(arm)", point.precision, published: arm == Self.cosine ? 0.0028 : arm == "power" ? 0.0066 : nil)
      findings.record("\(setting): removed at 95% recall by \(arm)", point.removed, published: arm == "power" ? 0.849 : nil)
    }
  }
}
