public import NeedletailCore

/// Turns the cosine of an answer into the probability that it is relevant, as seen from the question.
///
/// A small network reads the vector of the question and predicts the numbers of a rising curve (Rossi et al., "Relevance
/// Filtering for Embedding-based Retrieval", CIKM 2024, section 3). What comes out is comparable between questions, so that one
/// threshold can end every list. Made by `RelevanceFitter`, kept in a file of JSON.
public struct RelevanceModel: Hashable, Codable, Sendable {
  /// The form of the curve.
  public let mapping: ScoreMapping
  /// The digest of the embedder whose cosines it understands; those of another mean something else.
  public let embedderDigest: String
  /// The collection whose answers it was fitted to.
  public let collection: String
  /// Answers of at least this probability are kept.
  public var threshold: Double
  /// What was measured on questions that were not fitted to.
  public let report: Report

  package let network: CurveNetwork

  /// How well a model does.
  public struct Report: Hashable, Codable, Sendable {
    public var questions: Int
    public var candidates: Int
    /// Area under the pooled precision-recall curve by plain cosines, and by this model.
    public var cosineArea: Double
    public var area: Double
    /// What the threshold keeps.
    public var precision: Double
    public var recall: Double
    public var removed: Double
    /// Expected calibration error.
    public var calibrationError: Double
    /// Candidates by their probability, from the lowest to the highest; nil in the files of earlier versions.
    public var calibration: [CalibrationTable.Bin]?
  }

  /// The probabilities that answers are relevant, in the order of their cosines.
  ///
  /// - Precondition: the question has as many components as those that were fitted to.
  public func probabilities(of cosines: some Collection<Double>, for query: [Float]) -> [Double] {
    let curve = network.curve(for: query)
    return cosines.map { ScoreMapping.sigmoid(mapping.value($0, curve)) }
  }

  /// Makes sure that the model understands the cosines of a collection.
  ///
  /// - Throws: `RelevanceError.mismatch` if it was fitted to another embedder or another collection.
  public func check(embedder: EmbedderProfile?, collection name: String) throws(RelevanceError) {
    guard embedder?.digest == embedderDigest else {
      throw .mismatch(what: "another embedding model than that of the collection \(name)")
    }
    guard collection == name else { throw .mismatch(what: "the collection \(collection), not to \(name)") }
  }
}

/// Two layers from the vector of a question to the numbers of a curve.
package struct CurveNetwork: Hashable, Codable, Sendable {
  package let dimension: Int
  let hidden: Int
  let outputs: Int
  /// `hidden` rows of `dimension`, then `hidden` biases, then `outputs` rows of `hidden`, then `outputs` biases.
  var weights: [Float]

  static func weightCount(dimension: Int, hidden: Int, outputs: Int) -> Int { hidden * (dimension + 1) + outputs * (hidden + 1) }

  /// Whether the numbers fit together, which a file does not guarantee.
  var isValid: Bool {
    (1...1 << 16).contains(dimension) && (1...1 << 12).contains(hidden) && (2...3).contains(outputs)
      && weights.count == Self.weightCount(dimension: dimension, hidden: hidden, outputs: outputs) && weights.allSatisfy(\.isFinite)
  }

  func curve(for query: [Float]) -> SIMD3<Double> {
    precondition(query.count == dimension, "a question of \(query.count) components for a model of \(dimension)")
    let input = Self.input(query)
    var curve = SIMD3<Double>.zero
    let second = hidden * (dimension + 1)
    for output in 0..<outputs { curve[output] = Double(weights[second + outputs * hidden + output]) }
    for unit in 0..<hidden {
      var sum = Double(weights[hidden * dimension + unit])
      for component in 0..<dimension { sum += Double(weights[unit * dimension + component]) * input[component] }
      guard sum > 0 else { continue }
      for output in 0..<outputs { curve[output] += Double(weights[second + output * hidden + unit]) * sum }
    }
    return curve
  }

  /// The question with components of about 1, whatever its length.
  static func input(_ query: some Collection<Float>) -> [Double] {
    let length = query.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    let factor = length > 0 ? Double(query.count).squareRoot() / length : 0
    return query.map { Double($0) * factor }
  }
}

/// What goes wrong with a model of relevance.
public enum RelevanceError: Problem, Hashable {
  /// The file cannot be read or written.
  case file(path: String, reason: String)
  /// The file is not a model of relevance.
  case malformed(path: String, reason: String)
  /// It was fitted to something else.
  case mismatch(what: String)
  /// There is too little to fit to.
  case tooFewExamples(reason: String)
  /// A parameter of the fit makes no sense.
  case invalid(reason: String)

  public var category: ProblemCategory {
    switch self {
    case .file: .notFound
    case .malformed: .corrupted
    case .mismatch: .conflict
    case .tooFewExamples, .invalid: .invalidRequest
    }
  }

  public var description: String {
    switch self {
    case .file(let path, let reason): "\(path): \(reason); make one with `needletail relevance fit`"
    case .malformed(let path, let reason): "\(path) is not a model of relevance (\(reason)); make it anew with `needletail relevance fit`"
    case .mismatch(let what): "the model of relevance was fitted to \(what); fit one to this collection with `needletail relevance fit`"
    case .tooFewExamples(let reason): "there is too little to learn from: \(reason)"
    case .invalid(let reason): reason
    }
  }
}
