internal import NeedletailCore
internal import NeedletailNumerics
internal import Synchronization

/// Brings vectors into the form of a codec, spread over the threads of a pool; the result does not depend on how many.
struct VectorEncoder {
  let vectors: DenseVectors
  let similarity: Similarity
  let codec: VectorCodecKind
  /// Rows that are never searched, all below `vectors.count`; their vectors are not looked at and stored as zeros.
  let excluded: RowSet
  let pool: WorkerPool

  private static let rowsPerTask = 2_048
  private var taskCount: Int { (vectors.count + Self.rowsPerTask - 1) / Self.rowsPerTask }

  func encode() throws(IndexError) -> EncodedVectors {
    let (factors, largest) = try measure()
    let exact = exactRows(factors: factors, scale: codec == .float32 ? 1 : Self.halfScale(largest, similarity))
    return EncodedVectors(
      dimension: vectors.dimension, codec: codec, exact: exact, codes: codec == .int8 ? scalarCodes(of: exact) : nil)
  }

  /// The factor of each row, and the largest component after multiplication.
  private func measure() throws(IndexError) -> (factors: [Float], largest: Float) {
    var factors = [Float](repeating: 0, count: vectors.count)
    let findings = Mutex((firstBad: Int.max, largest: Float(0)))
    unsafe factors.withUnsafeMutableBufferPointer { factors in
      nonisolated(unsafe) let factors = unsafe factors
      unsafe forEachTask { rows, values in
        var taskLargest: Float = 0
        for row in rows where !excluded.contains(Row(row)) {
          let components = unsafe values + row * vectors.dimension
          let squared = unsafe VectorLength.squared(of: components, count: vectors.dimension)
          guard let factor = unsafe VectorLength.factor(
            for: similarity, components: components, count: vectors.dimension, squaredLength: squared)
          else {
            findings.withLock { $0.firstBad = min($0.firstBad, row) }
            return
          }
          unsafe factors[row] = factor
          var largest: Float = 0
          for index in 0..<vectors.dimension { largest = unsafe max(largest, abs(components[index])) }
          taskLargest = max(taskLargest, largest * factor)
        }
        findings.withLock { $0.largest = max($0.largest, taskLargest) }
      }
    }
    let (firstBad, largest) = findings.withLock { $0 }
    guard firstBad == .max else { throw .unusableVector(row: firstBad, reason: VectorLength.problem) }
    return (factors, largest)
  }

  /// A power of two that brings the largest component just below 2^15.
  private static func halfScale(_ largest: Float, _ similarity: Similarity) -> Float {
    guard largest > 0 else { return 1 }
    // A query is multiplied by it before distances are squared, so it must not be huge.
    return Float(sign: .plus, exponent: max(-110, min(40, 14 - Int(largest.exponent))), significand: 1)
  }

  private func exactRows(factors: [Float], scale: Float) -> ExactRows {
    let stride = ExactRows.stride(dimension: vectors.dimension, codec: codec)
    let values: ExactRows.Values =
      if codec == .float32 {
        unsafe .float32(Column(count: vectors.count * stride) { target in
          unsafe write(factors: factors, scale: 1) { row, components in
            unsafe (target + row * stride).update(from: components, count: vectors.dimension)
          }
        })
      } else {
        unsafe .float16(Column(count: vectors.count * stride) { target in
          unsafe write(factors: factors, scale: scale) { row, components in
            unsafe DistanceKernels.current.convert(
              components, count: vectors.dimension, toHalves: target + row * stride)
          }
        })
      }
    return ExactRows(values: values, count: vectors.count, similarity: similarity, stride: stride, scale: scale)
  }

  private func write(
    factors: [Float], scale: Float, _ store: (_ row: Int, _ components: UnsafePointer<Float>) -> Void
  ) {
    nonisolated(unsafe) let store = unsafe store
    unsafe forEachTask { rows, values in
      let scratch = AlignedMemory.zeroed(count: vectors.dimension * MemoryLayout<Float>.size)
      defer { withExtendedLifetime(scratch) {} }
      let components = unsafe scratch.start.assumingMemoryBound(to: Float.self)
      for row in rows where !excluded.contains(Row(row)) {
        let source = unsafe values + row * vectors.dimension
        // Two steps: the product of the factors of a very short vector could overflow.
        for index in 0..<vectors.dimension { unsafe components[index] = source[index] * factors[row] * scale }
        unsafe store(row, components)
      }
    }
  }

  private func forEachTask(_ body: @Sendable (_ rows: Range<Int>, _ values: UnsafePointer<Float>) -> Void) {
    unsafe vectors.values.withUnsafeBufferPointer { values in
      guard let start = values.baseAddress else { return }
      nonisolated(unsafe) let first = unsafe start
      pool.forEach(taskCount) { task in
        unsafe body(task * Self.rowsPerTask..<min(vectors.count, (task + 1) * Self.rowsPerTask), first)
      }
    }
  }
}

// MARK: - Codes

extension VectorEncoder {
  private func scalarCodes(of exact: ExactRows) -> ScalarCodes {
    let included = vectors.count - excluded.count
    let mean = exact.mean(count: included, pool: pool)
    let stride = ScalarCodes.stride(dimension: vectors.dimension)
    let terms = AlignedMemory.zeroed(count: vectors.count * MemoryLayout<ScalarCodes.Terms>.stride)
    let bounds = AlignedMemory.zeroed(count: vectors.count * MemoryLayout<ScalarCodes.Bound>.stride)
    let codes = AlignedMemory.zeroed(count: vectors.count * stride)
    pool.forEach(taskCount) { task in
      let scratch = AlignedMemory.zeroed(count: exact.stride * MemoryLayout<Float>.size)
      defer { withExtendedLifetime(scratch) {} }
      for row in task * Self.rowsPerTask..<min(vectors.count, (task + 1) * Self.rowsPerTask)
      where !excluded.contains(Row(row)) {
        let components = unsafe scratch.start.assumingMemoryBound(to: Float.self)
        unsafe exact.load(row, into: components)
        for index in 0..<vectors.dimension {
          unsafe components[index] = unsafe components[index] / exact.scale - mean[index]
        }
        let (term, bound) = unsafe Self.quantize(
          components, count: vectors.dimension, similarity,
          into: codes.start.assumingMemoryBound(to: Int8.self) + row * stride)
        unsafe terms.start.assumingMemoryBound(to: ScalarCodes.Terms.self)[row] = term
        unsafe bounds.start.assumingMemoryBound(to: ScalarCodes.Bound.self)[row] = bound
      }
    }
    return ScalarCodes(
      codes: Column(Region(codes)), terms: Column(Region(terms)), bounds: Column(Region(bounds)), mean: Column(mean),
      stride: stride)
  }

  private static func quantize(
    _ components: UnsafePointer<Float>, count: Int, _ similarity: Similarity, into codes: UnsafeMutablePointer<Int8>
  ) -> (ScalarCodes.Terms, ScalarCodes.Bound) {
    var largest: Float = 0
    for index in 0..<count { largest = unsafe max(largest, abs(components[index])) }
    let scale = largest / 127
    unsafe DistanceKernels.quantize(components, count: count, inverseScale: scale > 0 ? 1 / scale : 0, into: codes)
    var squaredLength: Float = 0
    var squaredDecoded: Float = 0
    var squaredError: Float = 0
    for index in 0..<count {
      let component = unsafe components[index]
      let decoded = unsafe scale * Float(codes[index])
      squaredLength += component * component
      squaredDecoded += decoded * decoded
      squaredError += (component - decoded) * (component - decoded)
    }
    return (
      ScalarCodes.Terms(scale: scale, bias: similarity == .euclidean ? -squaredLength : 0),
      ScalarCodes.Bound(length: squaredDecoded.squareRoot(), error: squaredError.squareRoot())
    )
  }
}
