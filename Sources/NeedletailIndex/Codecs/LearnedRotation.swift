internal import NeedletailNumerics

/// A rotation after which the parts of a product codec fit the data better: T. Ge, K. He, Q. Ke and J. Sun, "Optimized
/// product quantization", IEEE TPAMI 36, 2014, section 3.2 (the non-parametric solution).
///
/// It alternates between learning codebooks of the rotated rows and the orthogonal matrix that brings the rows nearest to
/// their decoded forms. Deviation: it starts from a random rotation instead of the identity, and the codebooks of each
/// round are learned anew.
struct LearnedRotation: Sendable {
  let dimension: Int
  /// Row-major: component `i` of a rotated vector is row `i` times the vector.
  let matrix: Column<Float>

  var byteCount: Int { matrix.region.count }

  private static let roundCount = 6

  init(dimension: Int, matrix: Column<Float>) {
    self.dimension = dimension
    self.matrix = matrix
  }

  init(training values: [Float], dimension: Int, parts: Int, bits: Int, seed: UInt64, pool: WorkerPool) {
    let random = RandomRotation(dimension: dimension, seed: seed)
    var columns: [[Float]] = []
    for index in 0..<dimension {
      var unit = [Float](repeating: 0, count: dimension)
      unit[index] = 1
      random.apply(to: &unit)
      columns.append(unit)
    }
    var rotation = LearnedRotation(
      dimension: dimension,
      matrix: Column((0..<dimension).flatMap { row in (0..<dimension).map { columns[$0][row] } }))
    for _ in 0..<Self.roundCount {
      let turned = rotation.applied(to: values, pool: pool)
      let codec = ProductCodec(
        dimension: dimension, parts: parts, bits: bits, rotation: nil,
        codebooks: ProductCodec.codebooks(
          of: turned, dimension: dimension, parts: parts, bits: bits, iterationCount: 4, seed: seed, pool: pool))
      rotation = Self.nearest(from: values, to: codec.reconstructed(turned, pool: pool), dimension: dimension, pool: pool)
    }
    self = rotation
  }

  /// The orthogonal matrix `R` with the least `Σ |R x - y|²`: `R = U Vᵀ` for `Σ y xᵀ = U Σ Vᵀ` (the Procrustes problem).
  private static func nearest(from rows: [Float], to targets: [Float], dimension: Int, pool: WorkerPool) -> LearnedRotation {
    let parts = SingularValues(products(targets, rows, dimension, pool), count: dimension)
    var matrix = [Float](repeating: 0, count: dimension * dimension)
    // A direction without data has no left vector; the basis is completed so that the matrix stays orthogonal.
    let left = completed(parts.left, dimension)
    for k in 0..<dimension {
      for row in 0..<dimension {
        let factor = left[k][row]
        for column in 0..<dimension { matrix[row * dimension + column] += Float(factor * parts.right[k][column]) }
      }
    }
    return LearnedRotation(dimension: dimension, matrix: Column(matrix))
  }

  private static func completed(_ vectors: [[Double]], _ dimension: Int) -> [[Double]] {
    var basis = vectors.filter { vector in vector.contains { $0 != 0 } }
    var candidate = 0
    while basis.count < dimension {
      var vector = (0..<dimension).map { $0 == candidate ? 1.0 : 0.0 }
      candidate += 1
      for _ in 0..<2 {
        for other in basis {
          let product = zip(vector, other).reduce(0.0) { $0 + $1.0 * $1.1 }
          for index in 0..<dimension { vector[index] -= product * other[index] }
        }
      }
      let length = vector.reduce(0.0) { $0 + $1 * $1 }.squareRoot()
      if length > 1e-6 { basis.append(vector.map { $0 / length }) }
    }
    return basis
  }

  /// `Σ y xᵀ` over all rows.
  private static func products(_ left: [Float], _ right: [Float], _ dimension: Int, _ pool: WorkerPool) -> [Double] {
    let count = left.count / dimension
    func transposed(_ values: [Float]) -> [Float] {
      var result = [Float](repeating: 0, count: values.count)
      for row in 0..<count { for column in 0..<dimension { result[column * count + row] = values[row * dimension + column] } }
      return result
    }
    return DenseProduct.rows(transposed(left), transposed(right), depth: count, pool: pool).map(Double.init)
  }

  /// All rows rotated.
  func applied(to values: [Float], pool: WorkerPool) -> [Float] {
    DenseProduct.rows(values, matrix.elements, depth: dimension, pool: pool)
  }

  func apply(to row: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>) {
    let rows = unsafe RowPointer(base: matrix.start, stride: dimension, dimension: dimension)
    unsafe DistanceKernels.current.dot(row, rows, indices: nil, count: dimension, into: result)
  }

  func reverse(_ row: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>) {
    for index in 0..<dimension { unsafe result[index] = 0 }
    for row_ in 0..<dimension {
      let factor = unsafe row[row_]
      let line = unsafe matrix.start + row_ * dimension
      for index in 0..<dimension { unsafe result[index] += factor * line[index] }
    }
  }
}

extension ProductCodec {
  /// What all rows are decoded to.
  func reconstructed(_ values: [Float], pool: WorkerPool) -> [Float] {
    let count = values.count / dimension
    var result = [Float](repeating: 0, count: values.count)
    unsafe values.withUnsafeBufferPointer { values in
      unsafe result.withUnsafeMutableBufferPointer { result in
        nonisolated(unsafe) let (values, result) = unsafe (values, result)
        let rowsPerTask = 512
        pool.forEach((count + rowsPerTask - 1) / rowsPerTask) { task in
          unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: codeBytes) { code in
            for row in task * rowsPerTask..<min(count, (task + 1) * rowsPerTask) {
              unsafe encode(values.baseAddress! + row * dimension, into: code.baseAddress!, residual: code.baseAddress!)
              unsafe decode(code.baseAddress!, residual: nil, into: result.baseAddress! + row * dimension)
            }
          }
        }
      }
    }
    return result
  }
}
