internal import NeedletailNumerics

/// Vectors as the nearest of some centroids and what is left, each component in few bits.
///
/// Santhanam et al., "ColBERTv2", NAACL 2022, section 3.3: the boundaries between the codes of a residual's components are its
/// quantiles, and a code stands for the quantile in the middle of its part. Deviation: decoded vectors are scaled to unit length
/// only where all that were encoded had it.
struct ResidualCodec: Sendable {
  let dimension: Int
  let bits: Int
  /// Rows of `dimension`.
  let centroids: Column<Float>
  /// What each code adds; `2^bits`.
  let steps: Column<Float>
  let isScaled: Bool

  var centroidCount: Int { centroids.count / dimension }
  var bytesPerVector: Int { (dimension * bits + 7) / 8 }

  /// Writes the vectors of a range as floats.
  @unsafe func decode(
    _ tokens: Range<Int>, codes: UnsafePointer<UInt8>, assignments: UnsafePointer<UInt32>, into output: UnsafeMutablePointer<Float>
  ) {
    let (bytes, mask, perByte) = (bytesPerVector, UInt8(truncatingIfNeeded: (1 << bits) - 1), 8 / bits)
    let (centroidStart, stepStart) = unsafe (centroids.start, steps.start)
    for (place, token) in tokens.enumerated() {
      let vector = unsafe output + place * dimension
      let centroid = unsafe centroidStart + Int(assignments[token]) * dimension
      let code = unsafe codes + token * bytes
      var squares: Float = 0
      var component = 0
      for byte in 0..<bytes {
        var packed = unsafe code[byte]
        for _ in 0..<min(perByte, dimension - component) {
          let value = unsafe centroid[component] + stepStart[Int(packed & mask)]
          unsafe vector[component] = value
          squares += value * value
          packed >>= UInt8(bits)
          component += 1
        }
      }
      guard isScaled, squares > 0 else { continue }
      let factor = 1 / squares.squareRoot()
      for component in 0..<dimension { unsafe vector[component] *= factor }
    }
  }

  /// Codes of vectors whose centroids are known.
  static func encode(
    _ values: [Float], dimension: Int, bits: Int, centroids: [Float], assignments: [UInt32], boundaries: [Float], pool: WorkerPool
  ) -> [UInt8] {
    let (bytes, perByte, count) = ((dimension * bits + 7) / 8, 8 / bits, assignments.count)
    var codes = [UInt8](repeating: 0, count: count * bytes)
    unsafe codes.withUnsafeMutableBufferPointer { codes in
      nonisolated(unsafe) let codes = unsafe codes
      let tokensPerTask = 1024
      pool.forEach((count + tokensPerTask - 1) / tokensPerTask) { task in
        for token in task * tokensPerTask..<min(count, (task + 1) * tokensPerTask) {
          for component in 0..<dimension {
            let residual = values[token * dimension + component] - centroids[Int(assignments[token]) * dimension + component]
            var code = 0
            while code < boundaries.count, residual > boundaries[code] { code += 1 }
            unsafe codes[token * bytes + component / perByte] |= UInt8(truncatingIfNeeded: code << (component % perByte * bits))
          }
        }
      }
    }
    return codes
  }

  /// The boundaries between the codes and what each code stands for: quantiles of the components of residuals.
  static func quantiles(
    _ values: [Float], dimension: Int, bits: Int, centroids: [Float], assignments: [UInt32], seed: UInt64
  ) -> (boundaries: [Float], steps: [Float]) {
    var generator = SeededGenerator(seed: seed)
    let sampled = min(assignments.count, 4096)
    var residuals: [Float] = []
    residuals.reserveCapacity(sampled * dimension)
    for _ in 0..<sampled {
      let token = Int.random(in: 0..<assignments.count, using: &generator)
      for component in 0..<dimension {
        residuals.append(values[token * dimension + component] - centroids[Int(assignments[token]) * dimension + component])
      }
    }
    residuals.sort()
    let codes = 1 << bits
    func quantile(_ share: Double) -> Float { residuals.isEmpty ? 0 : residuals[min(residuals.count - 1, Int(share * Double(residuals.count)))] }
    return (
      (1..<codes).map { quantile(Double($0) / Double(codes)) }, (0..<codes).map { quantile((Double($0) + 0.5) / Double(codes)) }
    )
  }
}
