internal import NeedletailCore
internal import NeedletailNumerics

/// Distances between the rows of an index, for building a graph: squared Euclidean ones, or negative inner products.
///
/// Vectors of equal length have the same order by distance, cosine and inner product, and distance gives the better
/// graph, since a triangle inequality stands behind the choice of links. For inner products of vectors that differ in
/// length, links are chosen by inner product, so that they lead to the long rows that such searches end at (Morozov and
/// Babenko, "Non-metric similarity graphs for maximum inner product search", NeurIPS 2018); on embeddings scaled at
/// random that found 98 of 100 where distances found 56. The mean is subtracted first, which changes no query's order
/// and keeps the rows opposite to it from being cut off.
struct PairDistances: Sendable {
  let vectors: EncodedVectors
  /// Whether distances are Euclidean.
  let isMetric: Bool
  /// A pair scores `factor * product + offset + offset`, with the product of rows or of decoded, centred codes.
  private let offsets: Column<Float>
  private var factor: Float { isMetric ? 2 : 1 }

  init(_ vectors: EncodedVectors, pool: WorkerPool) {
    self.vectors = vectors
    let squaredLengths = Self.products(with: nil, vectors, pool)
    isMetric = vectors.similarity != .dot || Self.areAlike(squaredLengths.elements)
    switch (isMetric, vectors.codes) {
    case (true, let codes?):
      offsets = Column(codes.bounds.elements.map { -$0.length * $0.length })
    case (true, nil):
      offsets = Column(squaredLengths.elements.map { -$0 })
    case (false, .some):
      offsets = Column([Float](repeating: 0, count: vectors.count))
    case (false, nil):
      // ⟨a - m, b - m⟩ = ⟨a, b⟩ + (|m|² / 2 - ⟨m, a⟩) + (|m|² / 2 - ⟨m, b⟩)
      let mean = vectors.exact.mean(count: vectors.count, pool: pool)
      let half = mean.reduce(0) { $0 + $1 * $1 } / 2
      offsets = Column(Self.products(with: Column(mean), vectors, pool).elements.map { half - $0 })
    }
  }

  /// Distances between rows that come and go: `offsets` holds minus the squared length of each, or zero for inner products,
  /// whose links are then chosen without a mean to subtract.
  init(changing vectors: EncodedVectors, offsets: Column<Float>) {
    self.vectors = vectors
    self.offsets = offsets
    isMetric = vectors.similarity != .dot
  }

  /// Whether lengths differ by less than a hundredth; zero vectors do not count.
  private static func areAlike(_ squaredLengths: [Float]) -> Bool {
    let positive = squaredLengths.lazy.filter { $0 > 0 }
    guard let least = positive.min(), let greatest = positive.max() else { return true }
    return greatest <= 1.02 * least
  }

  /// The inner product of each row with `vector`, or with itself.
  private static func products(
    with vector: Column<Float>?, _ vectors: EncodedVectors, _ pool: WorkerPool
  ) -> Column<Float> {
    let rowsPerTask = 4_096
    let stride = vectors.exact.stride
    return unsafe Column<Float>(count: vectors.count) { products in
      nonisolated(unsafe) let products = unsafe products
      pool.forEach((vectors.count + rowsPerTask - 1) / rowsPerTask) { task in
        let memory = AlignedMemory.zeroed(count: stride * MemoryLayout<Float>.size)
        defer { withExtendedLifetime(memory) {} }
        let row = unsafe memory.start.assumingMemoryBound(to: Float.self)
        for number in task * rowsPerTask..<min(vectors.count, (task + 1) * rowsPerTask) {
          unsafe vectors.exact.load(number, into: row)
          for index in 0..<stride { unsafe row[index] /= vectors.exact.scale }
          let target = unsafe RowPointer(base: row, stride: stride, dimension: stride)
          unsafe DistanceKernels.current.dot(
            vector?.start ?? UnsafePointer(row), target, indices: nil, count: 1, into: products + number)
        }
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
      vectors: vectors, offsets: offsets.start, memory: memory, products: products, offset: offsets.start[index],
      weight: factor)
    if let codes = vectors.codes {
      unsafe scorer.code = unsafe codes.rows[index]
      unsafe scorer.weight = unsafe factor * codes.terms.start[index].scale
    } else {
      unsafe vectors.exact.load(index, into: memory)
      if vectors.similarity != .euclidean, vectors.exact.scale != 1 {
        let queryFactor = 1 / (vectors.exact.scale * vectors.exact.scale)
        for component in 0..<vectors.exact.stride { unsafe memory[component] *= queryFactor }
      }
    }
    return unsafe scorer
  }

  /// Scores rows by minus their distance to one row.
  @unsafe struct Scorer: RowScorer {
    let vectors: EncodedVectors
    let offsets: UnsafePointer<Float>
    let memory: UnsafeMutablePointer<Float>
    let products: UnsafeMutablePointer<Int32>
    let offset: Float
    var weight: Float
    var code: UnsafePointer<Int8>?

    @inline(__always)
    func score(_ rows: UnsafePointer<Row>, count: Int, into scores: UnsafeMutablePointer<Float>) {
      if let codes = unsafe vectors.codes, let code = unsafe code {
        unsafe DistanceKernels.current.dot(code, codes.rows, indices: rows, count: count, into: products)
        let terms = unsafe codes.terms.start
        for index in 0..<count {
          let row = unsafe Int(rows[index])
          unsafe scores[index] = weight * terms[row].scale * Float(products[index]) + offset + offsets[row]
        }
        return
      }
      unsafe vectors.exact.score(memory, indices: rows, count: count, into: scores)
      // For distances the rows' own score is already minus the distance.
      guard unsafe vectors.similarity != .euclidean else { return }
      for index in 0..<count { unsafe scores[index] = weight * scores[index] + offset + offsets[Int(rows[index])] }
    }
  }
}
