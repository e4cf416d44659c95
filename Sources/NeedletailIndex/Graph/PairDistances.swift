internal import NeedletailCore
internal import NeedletailNumerics

/// Squared distances between the rows of an index, for building a graph.
///
/// Links are chosen by a true distance for every similarity. For inner products each row gets one more component, its
/// `lift` `√(M² - |x|²)` with `M` the greatest length, which turns the greatest inner product into the least distance
/// (Bachrach et al., "Speeding up the Xbox recommender system", RecSys 2014, section 3.1). For cosine all rows have
/// length one already, and only zero vectors are lifted.
struct PairDistances: Sendable {
  let vectors: EncodedVectors
  /// Of each row with its lift, as decoded from its code if there is one.
  private let squaredLengths: Column<Float>
  private let lifts: Column<Float>

  init(_ vectors: EncodedVectors, pool: WorkerPool) {
    self.vectors = vectors
    let count = vectors.count
    let stored = unsafe Column<Float>(count: count) { lengths in
      nonisolated(unsafe) let lengths = unsafe lengths
      unsafe Self.forEachRow(count, pool) { row, scratch in
        unsafe vectors.exact.load(row, into: scratch)
        let scale = vectors.exact.scale
        unsafe lengths[row] = VectorLength.squared(of: scratch, count: vectors.exact.stride) / scale / scale
      } scratch: {
        AlignedMemory.zeroed(count: vectors.exact.stride * MemoryLayout<Float>.size)
      }
    }
    let greatest = stored.elements.max() ?? 0
    let lifts = Column(stored.elements.map { squared -> Float in
      switch vectors.similarity {
      case .euclidean: 0
      case .cosine: squared < 0.5 ? 1 : 0
      case .dot: (greatest - squared).squareRoot()
      }
    })
    self.lifts = lifts
    squaredLengths = Column((0..<count).map { row in
      let length = vectors.codes?.bounds[row].length
      return (length.map { $0 * $0 } ?? stored[row]) + lifts[row] * lifts[row]
    })
  }

  private static func forEachRow(
    _ count: Int, _ pool: WorkerPool, _ body: @Sendable (Int, UnsafeMutablePointer<Float>) -> Void,
    scratch: @Sendable () -> AlignedMemory
  ) {
    let rowsPerTask = 4_096
    pool.forEach((count + rowsPerTask - 1) / rowsPerTask) { task in
      let memory = scratch()
      for row in task * rowsPerTask..<min(count, (task + 1) * rowsPerTask) {
        unsafe body(row, memory.start.assumingMemoryBound(to: Float.self))
      }
    }
  }

  /// What compares other rows with `row`. `memory` has room for a row of floats, `products` for the rows of one call.
  @inline(__always)
  func scorer(
    for row: Row, memory: UnsafeMutablePointer<Float>, products: UnsafeMutablePointer<Int32>
  ) -> Scorer {
    let index = Int(row)
    var scorer = unsafe Scorer(
      vectors: vectors, squaredLengths: squaredLengths.start, lifts: lifts.start, memory: memory, products: products)
    unsafe scorer.squaredLength = unsafe squaredLengths.start[index]
    unsafe scorer.lift = unsafe lifts.start[index]
    if let codes = vectors.codes {
      unsafe scorer.code = unsafe codes.rows[index]
      unsafe scorer.weight = unsafe 2 * codes.terms.start[index].scale
    } else {
      unsafe vectors.exact.load(index, into: memory)
      if vectors.similarity != .euclidean, vectors.exact.scale != 1 {
        let factor = 1 / (vectors.exact.scale * vectors.exact.scale)
        for component in 0..<vectors.exact.stride { unsafe memory[component] *= factor }
      }
    }
    return unsafe scorer
  }

  /// Scores rows by minus their squared distance to one row.
  @unsafe struct Scorer: RowScorer {
    let vectors: EncodedVectors
    let squaredLengths: UnsafePointer<Float>
    let lifts: UnsafePointer<Float>
    let memory: UnsafeMutablePointer<Float>
    let products: UnsafeMutablePointer<Int32>
    var squaredLength: Float = 0
    var lift: Float = 0
    var code: UnsafePointer<Int8>?
    var weight: Float = 0

    @inline(__always)
    func score(_ rows: UnsafePointer<Row>, count: Int, into scores: UnsafeMutablePointer<Float>) {
      if let codes = unsafe vectors.codes, let code = unsafe code {
        unsafe DistanceKernels.current.dot(code, codes.rows, indices: rows, count: count, into: products)
        let terms = unsafe codes.terms.start
        for index in 0..<count {
          let row = unsafe Int(rows[index])
          let product = unsafe weight * terms[row].scale * Float(products[index]) + 2 * lift * lifts[row]
          unsafe scores[index] = product - squaredLength - squaredLengths[row]
        }
        return
      }
      unsafe vectors.exact.score(memory, indices: rows, count: count, into: scores)
      guard unsafe vectors.similarity != .euclidean else { return }
      for index in 0..<count {
        let row = unsafe Int(rows[index])
        unsafe scores[index] = 2 * (scores[index] + lift * lifts[row]) - squaredLength - squaredLengths[row]
      }
    }
  }
}
