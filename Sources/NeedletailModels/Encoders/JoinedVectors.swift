public import NeedletailCore
internal import NeedletailNumerics

/// Texts as two vectors each: a summary, and weights of the vocabulary's terms.
///
/// The score of two texts is the sum of both inner products, which is that of the two vectors written one behind the other.
public struct JoinedVectors: Sendable {
  /// Which of the vectors take part in a score.
  public enum Part: String, Hashable, Sendable, CaseIterable {
    case summary, terms, both
  }

  /// The vectors of the first token, of unit length.
  public var summaries: DenseVectors
  /// The largest term weights, of unit length together.
  public var terms: SparseVectors

  /// - Precondition: both have as many rows.
  public init(summaries: DenseVectors, terms: SparseVectors) {
    precondition(summaries.count == terms.count, "\(summaries.count) summaries and \(terms.count) rows of terms")
    self.summaries = summaries
    self.terms = terms
  }

  public var count: Int { summaries.count }

  /// The scores of all texts for a query.
  ///
  /// - Parameters:
  ///   - query: its row in `queries`.
  ///   - queries: vectors of the same model.
  ///   - part: which of the vectors take part.
  public func scores(for query: Int, of queries: JoinedVectors, by part: Part = .both) -> [Float] {
    var scores = [Float](repeating: 0, count: count)
    if part != .terms { scores = DistanceKernels.current.dot(Array(queries.summaries[query]).span, rows: summaries.values.span) }
    guard part != .summary else { return scores }
    var weights = [Float](repeating: 0, count: terms.dimension)
    for place in queries.terms.offsets[query]..<queries.terms.offsets[query + 1] {
      weights[Int(queries.terms.terms[place])] = queries.terms.weights[place]
    }
    for row in 0..<count {
      var sum: Float = 0
      for place in terms.offsets[row]..<terms.offsets[row + 1] { sum += weights[Int(terms.terms[place])] * terms.weights[place] }
      scores[row] += sum
    }
    return scores
  }
}
