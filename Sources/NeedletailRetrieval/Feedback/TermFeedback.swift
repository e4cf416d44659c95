/// Adds the telling terms of the first answers to the terms of a question, for word search.
///
/// Relevance models: Abdul-Jaleel et al., "UMass at TREC 2004: Novelty and HARD" (RM3), with the choices of Anserini:
/// document vectors are cut before they are scaled, and weigh by the score of the search, not by query likelihood. Rocchio:
/// J. Rocchio, "Relevance feedback in information retrieval", 1971, on term frequencies of unit length.
///
/// Deviation: a term may be of letters and digits of any script, where Anserini wants a-z and 0-9.
public struct TermFeedback: Hashable, Codable, Sendable {
  public enum Method: String, Hashable, Codable, Sendable, CaseIterable {
    /// A mixture of the question's terms and a relevance model of the answers.
    case relevanceModel = "rm3"
    /// `alpha · q + beta · mean(d)`, both of unit length.
    case rocchio
  }

  public var method: Method
  /// Answers from the top that are taken to be good.
  public var documents: Int
  /// Terms taken from each answer and from all together.
  public var terms: Int
  /// The share of the question in RM3; the answers have the rest.
  public var originalWeight: Double
  /// The weight of the question in Rocchio.
  public var alpha: Double
  /// The weight of the answers in Rocchio.
  public var beta: Double
  /// Terms in more than this share of all passages say too little to be added.
  public var largestDocumentShare: Double

  public init(
    method: Method = .relevanceModel, documents: Int = 10, terms: Int = 10, originalWeight: Double = 0.5, alpha: Double = 1,
    beta: Double = 0.75, largestDocumentShare: Double = 0.1
  ) {
    self.method = method
    self.documents = documents
    self.terms = terms
    self.originalWeight = originalWeight
    self.alpha = alpha
    self.beta = beta
    self.largestDocumentShare = largestDocumentShare
  }

  /// What is known of an answer: how often its terms occur, and the score of the search.
  public struct Answer: Hashable, Sendable {
    public var frequencies: [String: Int]
    public var score: Double

    public init(frequencies: [String: Int], score: Double) {
      self.frequencies = frequencies
      self.score = score
    }
  }

  /// The boosts of the question's and the added terms.
  ///
  /// - Parameters:
  ///   - query: the boosts of the question's terms.
  ///   - answers: the first answers.
  ///   - mayAdd: whether a term is rare enough in the collection.
  /// - Returns: the question's own boosts if the answers have nothing to add.
  public func expanded(_ query: [String: Double], by answers: [Answer], mayAdd: (String) -> Bool) -> [String: Double] {
    let model =
      switch method {
      case .relevanceModel: relevanceModel(answers, mayAdd)
      case .rocchio: meanDirection(answers, mayAdd)
      }
    guard !model.isEmpty else { return query }
    switch method {
    case .relevanceModel: return Self.sum(Self.scaled(query, power: 1), originalWeight, model, 1 - originalWeight)
    case .rocchio: return Self.sum(Self.scaled(query, power: 2), alpha, model, beta)
    }
  }

  /// Terms that may be added at all: long enough to mean something, short enough to be words.
  static func isPlausible(_ term: String) -> Bool {
    (2...20).contains(term.count) && term.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || $0.properties.numericType != nil }
  }

  private func relevanceModel(_ answers: [Answer], _ mayAdd: (String) -> Bool) -> [String: Double] {
    var model: [String: Double] = [:]
    for answer in answers.prefix(documents) {
      let kept = heaviest(Self.telling(answer, mayAdd))
      let norm = kept.values.reduce(0, +)
      guard norm > 0.001 else { continue }
      for (term, frequency) in kept { model[term, default: 0] += frequency / norm * answer.score }
    }
    return Self.scaled(heaviest(model), power: 1)
  }

  private func meanDirection(_ answers: [Answer], _ mayAdd: (String) -> Bool) -> [String: Double] {
    var mean: [String: Double] = [:]
    for answer in answers.prefix(documents) {
      for (term, weight) in Self.scaled(Self.telling(answer, mayAdd), power: 2) { mean[term, default: 0] += weight }
    }
    return Self.scaled(heaviest(mean), power: 2)
  }

  private static func telling(_ answer: Answer, _ mayAdd: (String) -> Bool) -> [String: Double] {
    answer.frequencies.filter { isPlausible($0.key) && mayAdd($0.key) }.mapValues(Double.init)
  }

  /// The `terms` heaviest; among equals those that come first in the order of their bytes.
  private func heaviest(_ weights: [String: Double]) -> [String: Double] {
    guard weights.count > terms else { return weights }
    let ranked = weights.sorted { left, right in
      left.value != right.value ? left.value > right.value : left.key.utf8.lexicographicallyPrecedes(right.key.utf8)
    }
    return Dictionary(uniqueKeysWithValues: ranked.prefix(terms).map { ($0.key, $0.value) })
  }

  /// Scaled to unit length in the norm of a power; summed in a fixed order, so that the last digit does not depend on hashing.
  private static func scaled(_ weights: [String: Double], power: Int) -> [String: Double] {
    let sum = weights.keys.sorted().reduce(0.0) { sum, term in
      let weight = weights[term] ?? 0
      return sum + (power == 1 ? abs(weight) : weight * weight)
    }
    let norm = power == 1 ? sum : sum.squareRoot()
    return norm > 0 ? weights.mapValues { $0 / norm } : weights
  }

  private static func sum(
    _ left: [String: Double], _ leftFactor: Double, _ right: [String: Double], _ rightFactor: Double
  ) -> [String: Double] {
    var sum = left.mapValues { $0 * leftFactor }
    for (term, weight) in right { sum[term, default: 0] += weight * rightFactor }
    return sum.filter { $0.value > 0 }
  }
}
