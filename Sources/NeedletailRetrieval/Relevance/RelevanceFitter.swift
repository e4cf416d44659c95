internal import Foundation
internal import NeedletailCore
internal import NeedletailNumerics

/// Fits a model of relevance to judged candidates.
///
/// Rossi et al., CIKM 2024, section 3.3: binary cross-entropy over the candidates that the filter will see, encoder and index
/// stay as they are. Training starts at global calibration, so that what is gained over it comes from the view of the question.
///
/// Deviations: layer sizes, optimiser (Adam with decoupled weight decay; Loshchilov and Hutter, ICLR 2019) and stopping are not
/// in the paper; all candidates of a batch of questions count instead of a sample, which keeps probabilities calibrated.
public struct RelevanceFitter: Hashable, Sendable {
  /// What the threshold shall reach on the questions held out.
  public enum Target: Hashable, Sendable {
    /// Keep this share of the relevant candidates.
    case recall(Double)
    /// Let this share of what is kept be relevant.
    case precision(Double)
  }

  public var mapping: ScoreMapping
  public var target: Target
  /// Units of the network; nil for 128, or 32 for fewer than 1000 questions.
  public var hidden: Int?
  public var weightDecay: Double?
  public var epochs = 30
  public var learningRate = 1e-3
  /// The share of units that are silent in each step of training.
  public var dropout = 0.1
  /// Questions in one step.
  public var batch = 64
  public var seed: UInt64 = 1

  public init(mapping: ScoreMapping = .power, target: Target = .recall(0.95)) {
    self.mapping = mapping
    self.target = target
  }

  private static let fewQuestions = 1000
  /// Epochs without progress on the questions held out after which training ends.
  private static let patience = 6

  /// Fits to some questions, and chooses epoch and threshold by others.
  ///
  /// - Parameters:
  ///   - training: the questions fitted to.
  ///   - validation: questions held out.
  ///   - embedder: the digest of the model that made the vectors.
  ///   - collection: the collection that was asked.
  /// - Throws: `RelevanceError.tooFewExamples` where either has no relevant or no irrelevant candidate, or the target cannot be
  ///   reached; `invalid`.
  public func fit(
    _ training: RelevanceExamples, validation: RelevanceExamples, embedder: String, collection: String
  ) throws(RelevanceError) -> RelevanceModel {
    try check(training, validation)
    let line = LogisticLine(features: training.cosines.map(mapping.feature), labels: training.labels)
    var state = CurveTraining(self, training, start: mapping.parameters(slope: line.slope, offset: line.offset))
    var best = state.network
    var bestArea = area(of: best, validation)
    var stale = 0
    for epoch in 0..<(mapping == .global ? 0 : epochs) where stale < Self.patience {
      state.runEpoch(training, number: epoch)
      let area = area(of: state.network, validation)
      stale = area > bestArea ? 0 : stale + 1
      if area > bestArea { (best, bestArea) = (state.network, area) }
    }
    return try model(best, validation, embedder: embedder, collection: collection)
  }

  /// Fits to a random part of the questions, and chooses epoch and threshold by the rest.
  ///
  /// - Parameters:
  ///   - share: the part of the questions that is held out.
  ///   - examples: all questions.
  ///   - embedder: the digest of the model that made the vectors.
  ///   - collection: the collection that was asked.
  public func fit(
    holdingOut share: Double, of examples: RelevanceExamples, embedder: String, collection: String
  ) throws(RelevanceError) -> RelevanceModel {
    var generator = SeededGenerator(seed: seed ^ 0x5eed)
    let order = (0..<examples.count).shuffled(using: &generator)
    let held = min(max(0, examples.count - 1), max(1, Int((Double(examples.count) * share).rounded())))
    return try fit(
      examples.subset(order.dropFirst(held)), validation: examples.subset(order.prefix(held)), embedder: embedder, collection: collection)
  }

  /// Sizes that suit the number of questions.
  func sizes(questions: Int) -> (hidden: Int, weightDecay: Double) {
    let isFew = questions < Self.fewQuestions
    return (hidden ?? (isFew ? 32 : 128), weightDecay ?? (isFew ? 1e-2 : 1e-3))
  }

  private func check(_ training: RelevanceExamples, _ validation: RelevanceExamples) throws(RelevanceError) {
    guard (1...4096).contains(hidden ?? 1), epochs >= 0, batch > 0, (0..<1).contains(dropout), learningRate > 0 else {
      throw .invalid(reason: "a fit takes 1 to 4096 units, a dropout from 0 to below 1, and positive rates and sizes")
    }
    for (examples, name) in [(training, "fitted to"), (validation, "held out")] {
      let relevant = examples.labels.count { $0 >= 0.5 }
      guard relevant > 0, relevant < examples.labels.count else {
        throw .tooFewExamples(
          reason: "of the \(examples.labels.count) candidates of the \(examples.count) questions \(name), \(relevant) are relevant; "
            + "give labels for more questions, or take more candidates")
      }
      guard examples.cosines.allSatisfy(\.isFinite), examples.queries.values.allSatisfy(\.isFinite) else {
        throw .invalid(reason: "a cosine or a vector is not a number")
      }
    }
  }

  private func probabilities(_ network: CurveNetwork, _ examples: RelevanceExamples) -> [Double] {
    (0..<examples.count).flatMap { query in
      let curve = network.curve(for: Array(examples.queries[query]))
      return examples.candidates(of: query).map { ScoreMapping.sigmoid(mapping.value(examples.cosines[$0], curve)) }
    }
  }

  private func area(of network: CurveNetwork, _ examples: RelevanceExamples) -> Double {
    PrecisionRecallCurve(scores: probabilities(network, examples), labels: examples.labels).area
  }

  private func model(
    _ network: CurveNetwork, _ validation: RelevanceExamples, embedder: String, collection: String
  ) throws(RelevanceError) -> RelevanceModel {
    let probabilities = probabilities(network, validation)
    let curve = PrecisionRecallCurve(scores: probabilities, labels: validation.labels)
    let found =
      switch target {
      case .recall(let recall): curve.point(recall: recall)
      case .precision(let precision): curve.point(precision: precision)
      }
    guard let point = found else {
      throw .tooFewExamples(reason: "no threshold reaches the target on the questions held out; ask for less")
    }
    let calibration = CalibrationTable(probabilities: probabilities, labels: validation.labels)
    let report = RelevanceModel.Report(
      questions: validation.count, candidates: validation.cosines.count,
      cosineArea: PrecisionRecallCurve(scores: validation.cosines, labels: validation.labels).area, area: curve.area,
      precision: point.precision, recall: point.recall, removed: point.removed,
      calibrationError: calibration.expectedError,
      calibration: calibration.bins)
    return RelevanceModel(
      mapping: mapping, embedderDigest: embedder, collection: collection, threshold: point.threshold, report: report, network: network)
  }
}

/// `P(relevant) = σ(slope · feature + offset)` fitted by Newton's method: Platt, "Probabilistic Outputs for Support Vector
/// Machines", 1999, without his change of the labels.
struct LogisticLine {
  private(set) var slope = 0.0
  private(set) var offset = 0.0

  init(features: [Double], labels: [Double]) {
    let count = Double(max(1, features.count))
    let mean = features.reduce(0, +) / count
    let deviation = max(1e-9, (features.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot())
    let share = min(1 - 1e-9, max(1e-9, labels.reduce(0, +) / count))
    // In standard units; a breath of regularisation keeps separable examples finite.
    var (a, b) = (0.0, log(share / (1 - share)))
    for _ in 0..<50 {
      var (ga, gb, haa, hab, hbb) = (1e-6 * a, 0.0, 1e-6, 0.0, 1e-12)
      for (feature, label) in zip(features, labels) {
        let x = (feature - mean) / deviation
        let probability = ScoreMapping.sigmoid(a * x + b)
        let weight = probability * (1 - probability) / count
        ga += (probability - label) * x / count
        gb += (probability - label) / count
        haa += weight * x * x
        hab += weight * x
        hbb += weight
      }
      let determinant = haa * hbb - hab * hab
      guard abs(determinant) > 1e-300 else { break }
      let (da, db) = ((hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant)
      a -= min(5, max(-5, da))
      b -= min(5, max(-5, db))
      if abs(da) + abs(db) < 1e-12 { break }
    }
    slope = a / deviation
    offset = b - a * mean / deviation
  }
}
