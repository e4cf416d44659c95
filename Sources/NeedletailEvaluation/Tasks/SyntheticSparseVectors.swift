internal import Foundation
public import NeedletailCore
internal import NeedletailNumerics

/// Sparse vectors with the habits of learned ones, for measurements at sizes that no real collection at hand has.
///
/// Topics are sets of terms with Zipfian weights. A document mixes two or three topics: terms are drawn by their weights, and
/// their own weights are log-normal, so that few components hold most of the sum. A query takes most of its terms from the
/// heavy ones of a document, and some from the document's topics.
public struct SyntheticSparseVectors: Sendable {
  public var documents: SparseVectors
  public var queries: SparseVectors

  private static let dimension = 30_000
  private static let topicCount = 500
  private static let topicTerms = 400
  private static let documentTerms = 119
  private static let queryTerms = 43

  /// - Parameters:
  ///   - documentCount: how many documents.
  ///   - queryCount: how many queries.
  ///   - seed: the same numbers with the same seed give the same vectors.
  public init(documentCount: Int, queryCount: Int, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let topics = (0..<Self.topicCount).map { _ in Self.topic(&generator) }
    var mixtures: [[Int]] = []
    documents = SparseVectors(dimension: Self.dimension)
    for _ in 0..<documentCount {
      let mixture = (0..<Int.random(in: 2...3, using: &generator)).map { _ in Int.random(in: 0..<topics.count, using: &generator) }
      mixtures.append(mixture)
      let weights = Self.draw(Self.documentTerms, mixture.map { topics[$0] }, &generator)
      Self.append(weights, to: &documents)
    }
    queries = SparseVectors(dimension: Self.dimension)
    for _ in 0..<queryCount where documentCount > 0 {
      let row = Int.random(in: 0..<documentCount, using: &generator)
      Self.append(Self.query(of: documents[row], mixtures[row].map { topics[$0] }, &generator), to: &queries)
    }
  }

  /// Terms, the frequent ones of the vocabulary in more topics than others, in the order of their weights in the topic.
  private static func topic(_ generator: inout SeededGenerator) -> [UInt32] {
    var seen: Set<UInt32> = []
    var terms: [UInt32] = []
    while terms.count < topicTerms {
      let place = Double.random(in: 0..<1, using: &generator)
      let term = UInt32(Double(dimension) * place * place)
      if seen.insert(term).inserted { terms.append(term) }
    }
    return terms
  }

  private static func draw(
    _ count: Int, _ topics: [[UInt32]], _ generator: inout SeededGenerator
  ) -> [UInt32: Float] {
    var weights: [UInt32: Float] = [:]
    while weights.count < count {
      let topic = topics[Int.random(in: 0..<topics.count, using: &generator)]
      // The inverse of a Zipfian distribution function: places spread evenly over the logarithm.
      let place = Int(pow(Double(topic.count), Double.random(in: 0..<1, using: &generator))) - 1
      let weight = Float(exp(normal(&generator)) / (1 + log(Double(place + 1)) / 4))
      if weights[topic[place]] == nil { weights[topic[place]] = min(weight, 20) }
      // Few terms of few topics run out; the rest comes from anywhere in them.
      let other = topic[Int.random(in: 0..<topic.count, using: &generator)]
      if weights.count < count, weights[other] == nil { weights[other] = Float(0.3 * exp(normal(&generator))) }
    }
    return weights
  }

  private static func query(
    of document: SparseVector, _ topics: [[UInt32]], _ generator: inout SeededGenerator
  ) -> [UInt32: Float] {
    var weights: [UInt32: Float] = [:]
    let heaviest = zip(document.weights, document.terms).sorted { $0.0 > $1.0 }
    for (weight, term) in heaviest.prefix(queryTerms * 2 / 3) {
      weights[term] = weight * Float(exp(0.5 * normal(&generator)))
    }
    while weights.count < queryTerms {
      let topic = topics[Int.random(in: 0..<topics.count, using: &generator)]
      let term = topic[Int.random(in: 0..<topic.count, using: &generator)]
      if weights[term] == nil { weights[term] = Float(0.3 * exp(normal(&generator))) }
    }
    return weights
  }

  private static func normal(_ generator: inout SeededGenerator) -> Double {
    (-2 * log(Double.random(in: 1e-300..<1, using: &generator))).squareRoot() * cos(2 * .pi * Double.random(in: 0..<1, using: &generator))
  }

  private static func append(_ weights: [UInt32: Float], to vectors: inout SparseVectors) {
    // Terms are below the dimension and weights finite.
    guard let vector = try? SparseVector(weights.map { (term: $0.key, weight: $0.value) }) else { return }
    try? vectors.append(vector)
  }
}
