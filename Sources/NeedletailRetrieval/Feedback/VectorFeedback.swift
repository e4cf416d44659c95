public import NeedletailCore

/// Moves the vector of a question towards the vectors of the first answers, which are taken to be good ones.
///
/// Pseudo-relevance feedback in vector space: Li, Mourad, Zhuang, Koopman and Zuccon, "Pseudo Relevance Feedback with Deep
/// Language Models and Dense Retrievers: Successes and Pitfalls", ACM TOIS 2023, section 3.2. It pays where a question has
/// many good answers; where it has one, it tends to lead away from it.
///
/// Deviation: the moved vector is not scaled, as in the reference code; under cosine that does not change a ranking.
public struct VectorFeedback: Hashable, Codable, Sendable {
  public enum Method: String, Hashable, Codable, Sendable, CaseIterable {
    /// The mean of the question and the answers: `(q + d_1 + … + d_k) / (k + 1)`.
    case average
    /// `alpha · q + beta · mean(d_1 … d_k) - gamma · mean(last documents)`.
    case rocchio
  }

  public var method: Method
  /// Answers from the top that are taken to be good (`k`).
  public var documents: Int
  /// The weight of the question; of Rocchio only, as are the next three.
  public var alpha: Double
  /// The weight of the mean of the good answers.
  public var beta: Double
  /// The weight of the mean of the bad answers.
  public var gamma: Double
  /// Answers from the end of the ranking that are taken to be bad.
  public var lastDocuments: Int
  /// How often the question is moved and asked anew.
  public var iterations: Int

  /// - Parameters:
  ///   - method: how the question is moved.
  ///   - documents: good answers; nil for 3 with `average` and 5 with `rocchio`.
  ///   - alpha: weight of the question.
  ///   - beta: weight of the good answers.
  ///   - gamma: weight of the bad answers.
  ///   - lastDocuments: bad answers.
  ///   - iterations: rounds.
  public init(
    method: Method = .average, documents: Int? = nil, alpha: Double = 0.4, beta: Double = 0.6, gamma: Double = 0, lastDocuments: Int = 0,
    iterations: Int = 1
  ) {
    self.method = method
    self.documents = documents ?? (method == .average ? 3 : 5)
    self.alpha = alpha
    self.beta = beta
    self.gamma = gamma
    self.lastDocuments = lastDocuments
    self.iterations = iterations
  }

  /// The moved question.
  ///
  /// - Parameters:
  ///   - query: the question's vector.
  ///   - good: vectors of the first answers; with none the question stays where it is.
  ///   - bad: vectors of the last answers.
  /// - Precondition: all have as many components.
  public func moved(_ query: [Float], towards good: DenseVectors, awayFrom bad: DenseVectors? = nil) -> [Float] {
    guard good.count > 0 else { return query }
    let shares: (query: Double, good: Double) =
      switch method {
      case .average: (1 / Double(good.count + 1), Double(good.count) / Double(good.count + 1))
      case .rocchio: (alpha, beta)
      }
    var moved = query.map { shares.query * Double($0) }
    Self.add(good, times: shares.good, to: &moved)
    if method == .rocchio, gamma != 0, let bad, bad.count > 0 { Self.add(bad, times: -gamma, to: &moved) }
    return moved.map(Float.init)
  }

  /// Adds the mean of the rows.
  private static func add(_ rows: DenseVectors, times factor: Double, to sum: inout [Double]) {
    precondition(rows.dimension == sum.count, "feedback of \(rows.dimension) components for a question of \(sum.count)")
    let share = factor / Double(rows.count)
    for row in 0..<rows.count {
      for (component, value) in rows[row].enumerated() { sum[component] += share * Double(value) }
    }
  }
}
