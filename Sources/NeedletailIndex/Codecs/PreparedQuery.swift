internal import NeedletailCore
internal import NeedletailNumerics

/// A query in the forms that rows are compared with. Reused from search to search.
final class PreparedQuery {
  /// The query for exact rows.
  private let components: AlignedMemory
  private let centred: AlignedMemory
  private let codes: AlignedMemory

  /// For a row with terms `t`, bound `b` and integer product `p`, the approximate score is
  /// `offset + weight * t.scale * p + t.bias`, and the true one is within `margin(b, t)` of it.
  private(set) var weight: Float = 0
  private(set) var offset: Float = 0
  private var lengthError: Float = 0
  private var rowError: Float = 0

  init(for vectors: EncodedVectors) {
    components = AlignedMemory.zeroed(count: vectors.exact.stride * MemoryLayout<Float>.size)
    centred = AlignedMemory.zeroed(count: vectors.codes == nil ? 0 : vectors.exact.stride * MemoryLayout<Float>.size)
    codes = AlignedMemory.zeroed(count: vectors.codes?.stride ?? 0)
  }

  @unsafe var componentStart: UnsafeMutablePointer<Float> {
    unsafe components.start.assumingMemoryBound(to: Float.self)
  }
  @unsafe var codeStart: UnsafeMutablePointer<Int8> { unsafe codes.start.assumingMemoryBound(to: Int8.self) }

  /// Takes over a query.
  func prepare(_ query: Span<Float>, for vectors: EncodedVectors) throws(IndexError) {
    guard query.count == vectors.dimension else {
      throw .dimensionMismatch(expected: vectors.dimension, found: query.count)
    }
    let target = unsafe componentStart
    for index in query.indices { unsafe target[index] = query[index] }
    let squaredLength = unsafe VectorLength.squared(of: target, count: query.count)
    guard let factor = unsafe VectorLength.factor(
      for: vectors.similarity, components: target, count: query.count, squaredLength: squaredLength)
    else {
      throw .unusableVector(row: nil, reason: VectorLength.problem)
    }
    for index in 0..<query.count { unsafe target[index] *= factor }
    if let codes = vectors.codes { unsafe quantize(target, count: query.count, codes, vectors.similarity) }
    let exactFactor = vectors.exact.queryFactor
    if exactFactor != 1 {
      for index in 0..<query.count { unsafe target[index] *= exactFactor }
    }
  }

  /// How far an approximate score may be from the exact one: by the Cauchy-Schwarz inequality on the two rounding
  /// errors, |⟨q, x⟩ - ⟨q̂, x̂⟩| <= |q - q̂| |x̂| + |q| |x - x̂|, and a little for the arithmetic of floats.
  @inline(__always)
  func margin(_ bound: ScalarCodes.Bound, _ terms: ScalarCodes.Terms) -> Float {
    lengthError * bound.length + rowError * bound.error + 4e-6 * (abs(offset) - terms.bias)
  }

  private func quantize(
    _ query: UnsafePointer<Float>, count: Int, _ rows: ScalarCodes, _ similarity: Similarity
  ) {
    let values = unsafe centred.start.assumingMemoryBound(to: Float.self)
    let mean = unsafe rows.mean.start
    let target = unsafe codeStart
    var largest: Float = 0
    var meanProduct: Float = 0
    for index in 0..<count {
      let value = unsafe similarity == .euclidean ? query[index] - mean[index] : query[index]
      unsafe values[index] = value
      unsafe meanProduct += query[index] * mean[index]
      largest = max(largest, abs(value))
    }
    let scale = largest / 127
    unsafe DistanceKernels.quantize(values, count: count, inverseScale: scale > 0 ? 1 / scale : 0, into: target)
    var squaredLength: Float = 0
    var squaredError: Float = 0
    for index in 0..<count {
      let value = unsafe values[index]
      let error = unsafe value - scale * Float(target[index])
      squaredLength += value * value
      squaredError += error * error
    }
    // Distances hold twice the inner product: |q - x|² = |q|² - 2 ⟨q, x⟩ + |x|².
    let factor: Float = similarity == .euclidean ? 2 : 1
    weight = factor * scale
    offset = similarity == .euclidean ? -squaredLength : meanProduct
    lengthError = factor * (squaredError.squareRoot() + 4e-6 * squaredLength.squareRoot())
    rowError = factor * squaredLength.squareRoot()
  }
}
