internal import Foundation
public import NeedletailCore
public import NeedletailIndex
public import NeedletailNumerics

/// Hard negatives that the network under training finds itself: passages near a query that do not answer it, looked for anew now and then
/// in an index of all passages (Xiong et al., "Approximate Nearest Neighbor Negative Contrastive Learning", ICLR 2021, section 4; here
/// between steps, not beside them, so that a training is the same every time).
///
/// Passages known to answer the query never count. What scores nearly as high as the known answer probably is one too, and is left out
/// (Moreira et al., "NV-Retriever", 2024, section 4.2: a share of the positive's score).
public struct NegativeMining: Hashable, Sendable {
  /// Steps between searches; the first is before the first step.
  public var interval: Int
  /// Negatives that a query keeps.
  public var count: Int
  /// Nearest passages that are looked at.
  public var depth: Int
  /// Nearest passages that are passed over, known answers aside.
  public var skipped: Int
  /// The share of the known answer's score above which a passage is taken for an answer; 1 takes those that score higher, and nil
  /// none. Of a negative score, the part below it.
  public var answerShare: Double?
  /// How negatives are drawn from those looked at; nil takes the nearest.
  public var ambiguity: Ambiguity?

  /// Draws negatives that score about as high as the known answer: nearer ones are often answers that nobody marked, farther ones teach
  /// nothing. A passage is drawn with a probability proportional to exp(-sharpness · (its score - the answer's score - offset)²) (Zhou et
  /// al., "SimANS: Simple Ambiguous Negatives Sampling for Dense Text Retrieval", EMNLP 2022, equation 5).
  public struct Ambiguity: Hashable, Sendable {
    public var sharpness: Double
    public var offset: Double
    /// Of the draws.
    public var seed: UInt64

    public init(sharpness: Double = 1, offset: Double = 0, seed: UInt64 = 1) {
      self.sharpness = sharpness
      self.offset = offset
      self.seed = seed
    }
  }

  public init(
    interval: Int = 100, count: Int = 8, depth: Int = 50, skipped: Int = 0, answerShare: Double? = 0.95, ambiguity: Ambiguity? = nil
  ) {
    precondition(interval > 0 && count > 0 && depth > 0 && skipped >= 0, "mining of \(count) of \(depth) every \(interval) steps")
    self.ambiguity = ambiguity
    self.interval = interval
    self.count = count
    self.depth = depth
    self.skipped = skipped
    self.answerShare = answerShare
  }

  /// The negatives of every query.
  ///
  /// - Parameters:
  ///   - examples: who is known to answer what.
  ///   - queries: a vector for each of `examples.queries`.
  ///   - passages: a vector for each of `examples.passages`.
  ///   - similarity: how they are compared.
  ///   - pool: the threads; the result does not depend on how many there are.
  /// - Returns: places of passages for each query, the nearest first, at most `count`.
  public func negatives(
    of examples: TrainingExamples, queries: DenseVectors, passages: DenseVectors, similarity: Similarity, pool: WorkerPool = .shared
  ) throws(IndexError) -> [[Int]] {
    precondition(queries.count == examples.queries.count && passages.count == examples.passages.count, "a vector for each text")
    let index = try DenseIndexFactory.build(
      passages, similarity: similarity, specification: DenseIndexSpecification(codec: .float32), pool: pool)
    let mostAnswers = examples.relevant.values.lazy.map(\.count).max() ?? 0
    let found = try index.search(queries, SearchOptions(limit: depth + skipped + mostAnswers))
    return found.enumerated().map { query, neighbours in
      let known = examples.relevant[query] ?? []
      let answer = known.map { similarity.score(queries[query], passages[$0]) }.max()
      let limit = answerShare.flatMap { share in answer.map { $0 >= 0 ? $0 * Float(share) : $0 / Float(share) } }
      let candidates = neighbours.filter { !known.contains(Int($0.row)) }.dropFirst(skipped).prefix(depth)
        .filter { limit == nil || $0.score <= limit ?? 0 }
      guard let ambiguity, let answer else { return candidates.prefix(count).map { Int($0.row) } }
      return ambiguity.drawn(count, of: candidates, answer: Double(answer), query: query)
    }
  }
}

extension NegativeMining.Ambiguity {
  /// Without replacement, by the largest of weights with Gumbel noise (Efraimidis and Spirakis, 2006), in the order of nearness.
  fileprivate func drawn(_ count: Int, of candidates: [Neighbour], answer: Double, query: Int) -> [Int] {
    var generator = SeededGenerator(seed: seed, part: UInt64(query))
    let keys = candidates.map { candidate in
      let difference = Double(candidate.score) - answer - offset
      return -sharpness * difference * difference - log(-log(Double.random(in: 1e-12..<1, using: &generator)))
    }
    let chosen = Set(keys.indices.sorted { (keys[$1], $0) < (keys[$0], $1) }.prefix(count))
    return candidates.indices.filter(chosen.contains).map { Int(candidates[$0].row) }
  }
}

extension Similarity {
  /// How near two vectors are.
  fileprivate func score(_ left: ArraySlice<Float>, _ right: ArraySlice<Float>) -> Float {
    var (product, a, b, distance) = (0.0, 0.0, 0.0, 0.0)
    for (x, y) in zip(left, right) {
      let (x, y) = (Double(x), Double(y))
      product += x * y
      a += x * x
      b += y * y
      distance += (x - y) * (x - y)
    }
    return switch self {
    case .dot: Float(product)
    case .cosine: a > 0 && b > 0 ? Float(product / (a * b).squareRoot()) : 0
    case .euclidean: Float(-distance)
    }
  }
}
