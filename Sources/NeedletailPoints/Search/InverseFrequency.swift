internal import Foundation

/// How much a term weighs by how rare it is: the probabilistic weight of BM25 (S. Robertson and H. Zaragoza, "The
/// Probabilistic Relevance Framework", 2009, section 3), with one added under the logarithm so that it stays positive.
enum InverseFrequency {
  static func weight(count: Float, frequency: Float) -> Float { log(1 + (count - frequency + 0.5) / (frequency + 0.5)) }
}
