internal import Foundation
public import NeedletailCore
internal import NeedletailNumerics

/// How a cloud of vectors fills its space: what is measured where the geometry of embeddings is to explain how well they search.
public enum EmbeddingGeometry {
  /// The mean cosine of random pairs of distinct vectors: high where all vectors lie in a narrow cone.
  ///
  /// - Parameters:
  ///   - vectors: at least two; vectors of length 0 have the cosine 0 with every other.
  ///   - pairs: how many are drawn.
  ///   - seed: of the draws.
  public static func averageCosine(_ vectors: DenseVectors, pairs: Int = 100_000, seed: UInt64 = 1) -> Double {
    precondition(vectors.count > 1, "\(vectors.count) vectors have no pairs")
    var generator = SeededGenerator(seed: seed)
    let lengths = (0..<vectors.count).map { row in vectors[row].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
    var sum = 0.0
    for _ in 0..<pairs {
      let first = Int(generator.next() % UInt64(vectors.count))
      let second = (first + 1 + Int(generator.next() % UInt64(vectors.count - 1))) % vectors.count
      let product = zip(vectors[first], vectors[second]).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      let scale = lengths[first] * lengths[second]
      if scale > 0 { sum += product / scale }
    }
    return sum / Double(pairs)
  }

  /// IsoScore (Rudman et al., "IsoScore: Measuring the Uniformity of Embedding Space Utilization", Findings of ACL 2022, algorithm 1): 1
  /// where the variance is the same in every direction, 0 where it lies in one.
  ///
  /// Takes time in the cube of the dimension.
  ///
  /// - Precondition: at least two dimensions.
  public static func isoScore(_ vectors: DenseVectors) -> Double {
    precondition(vectors.dimension > 1, "IsoScore needs two dimensions")
    return isoScore(variances: SingularValues(covariance(vectors), count: vectors.dimension).values)
  }

  /// The same of the variances along the principal directions.
  static func isoScore(variances: [Double]) -> Double {
    let count = Double(variances.count)
    let length = variances.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length > 0 else { return 0 }
    let distance = variances.reduce(0) { sum, variance in
      let scaled = variance * count.squareRoot() / length - 1
      return sum + scaled * scaled
    }.squareRoot()
    let defect = distance / (2 * (count - count.squareRoot())).squareRoot()
    let used = count - defect * defect * (count - count.squareRoot())
    let share = used * used / (count * count)
    return (count * share - 1) / (count - 1)
  }

  /// The covariance of the components, `dimension` rows of `dimension` numbers.
  private static func covariance(_ vectors: DenseVectors) -> [Double] {
    let (count, dimension) = (vectors.count, vectors.dimension)
    var means = [Double](repeating: 0, count: dimension)
    for row in 0..<count { for (index, value) in vectors[row].enumerated() { means[index] += Double(value) / Double(count) } }
    // Components as rows, so that the covariance is a product of rows with rows.
    var centred = [Float](repeating: 0, count: count * dimension)
    for row in 0..<count { for (index, value) in vectors[row].enumerated() { centred[index * count + row] = value - Float(means[index]) } }
    let products = DenseProduct.rows(centred, centred, depth: count)
    return products.map { Double($0) / Double(max(1, count - 1)) }
  }
}
