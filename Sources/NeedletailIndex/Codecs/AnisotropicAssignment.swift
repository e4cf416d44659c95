/// Chooses the learned vectors of a product code by what scores lose instead of by distance: an error along the vector costs more than one
/// across it, since the queries that matter point about the same way (Guo et al., "Accelerating Large-Scale Inference with Anisotropic Vector
/// Quantization", ICML 2020, section 3).
///
/// The loss of a code is |r|² + (w - 1) (r · x)² / |x|² with the error r, which is that of theorem 3.3 divided by the weight of the
/// orthogonal part; w = (d - 1) T² / (1 - T²) after equation 12. Parts are chosen in turn, the others held, until nothing changes.
/// Deviations: the learned vectors are those of k-means, and |x| is the length of what is coded.
struct AnisotropicAssignment {
  /// What an error along the vector weighs against one across it.
  let parallelWeight: Float

  /// The paper's T: inner products below this share of the lengths do not count.
  private static let threshold: Float = 0.2
  private static let roundLimit = 8

  /// - Parameter dimension: components of the vectors.
  init(dimension: Int) {
    let squared = Self.threshold * Self.threshold
    parallelWeight = max(1, Float(dimension - 1) * squared / (1 - squared))
  }

  /// Floats that `choose` works in.
  static func scratchCount(parts: Int, clusters: Int) -> Int { 2 * parts * clusters }

  /// Improves the choice of learned vectors.
  ///
  /// - Parameters:
  ///   - vector: `parts * width` components.
  ///   - codebooks: as in `ProductCodec`.
  ///   - numbers: for each part the nearest learned vector; afterwards the chosen ones.
  ///   - scratch: room for `scratchCount` floats.
  func choose(
    _ vector: UnsafePointer<Float>, _ codebooks: UnsafePointer<Float>, parts: Int, width: Int, clusters: Int,
    numbers: UnsafeMutablePointer<Int>, scratch: UnsafeMutablePointer<Float>
  ) {
    // for each part and learned vector: the squared error, and the error along the vector
    let (squares, alongs) = unsafe (scratch, scratch + parts * clusters)
    var length: Float = 0
    for part in 0..<parts {
      for cluster in part * clusters..<(part + 1) * clusters { unsafe (squares[cluster], alongs[cluster]) = (0, 0) }
      for index in part * width..<(part + 1) * width {
        let value = unsafe vector[index]
        length += value * value
        let column = unsafe codebooks + index * clusters
        for cluster in 0..<clusters {
          let error = unsafe value - column[cluster]
          unsafe squares[part * clusters + cluster] += error * error
          unsafe alongs[part * clusters + cluster] += error * value
        }
      }
    }
    guard length > 0, length.isFinite else { return }
    let scale = (parallelWeight - 1) / length
    var along: Float = 0
    for part in 0..<parts { along += unsafe alongs[part * clusters + numbers[part]] }
    for _ in 0..<Self.roundLimit {
      var hasChanged = false
      for part in 0..<parts {
        let first = part * clusters
        let others = unsafe along - alongs[first + numbers[part]]
        var (best, least) = unsafe (numbers[part], squares[first + numbers[part]] + scale * along * along)
        for cluster in 0..<clusters {
          let sum = unsafe others + alongs[first + cluster]
          let loss = unsafe squares[first + cluster] + scale * sum * sum
          if loss < least { (best, least) = (cluster, loss) }
        }
        if unsafe best != numbers[part] {
          hasChanged = true
          unsafe numbers[part] = best
          along = unsafe others + alongs[first + best]
        }
      }
      if !hasChanged { return }
    }
  }
}
