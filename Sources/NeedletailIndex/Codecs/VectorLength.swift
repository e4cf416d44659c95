internal import NeedletailCore
internal import NeedletailNumerics

/// Lengths of vectors, and whether they can be compared at all.
enum VectorLength {
  static let problem = "its components must be finite numbers whose squares sum to less than 4e37"

  // Distances between two admitted vectors stay finite: |a - b|² <= 2 (|a|² + |b|²).
  private static let largestSquare = Float.greatestFiniteMagnitude / 8
  // Outside, squares of floats lose their precision, and the length is computed in double.
  private static let comfortable: ClosedRange<Float> = 1e-30...1e30

  static func squared(of components: UnsafePointer<Float>, count: Int) -> Float {
    var result: Float = 0
    let row = unsafe RowPointer(base: components, stride: count, dimension: count)
    unsafe DistanceKernels.current.dot(components, row, indices: nil, count: 1, into: &result)
    return result
  }

  /// What the components are multiplied by before they are stored: one over the length for cosine (zero for a zero
  /// vector), otherwise one. Nil for a vector that cannot be compared.
  static func factor(
    for similarity: Similarity, components: UnsafePointer<Float>, count: Int, squaredLength: Float
  ) -> Float? {
    guard similarity == .cosine else { return squaredLength <= largestSquare ? 1 : nil }
    if comfortable.contains(squaredLength) { return 1 / squaredLength.squareRoot() }
    var sum = 0.0
    for index in 0..<count {
      let component = unsafe Double(components[index])
      guard component.isFinite else { return nil }
      sum += component * component
    }
    // The reciprocal of the very shortest vectors overflows; they count as zero.
    let factor = sum > 0 ? Float(1 / sum.squareRoot()) : 0
    return factor.isFinite ? factor : 0
  }
}
