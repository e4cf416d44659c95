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
      rotation = rotation.moved(to: codec.reconstructed(turned, pool: pool), from: values, pool: pool)
    }
    self = rotation
  }

  /// The orthogonal matrix `R` with the least `Σ |R x - y|²`: `R = U Vᵀ` for `Σ y xᵀ = U Σ Vᵀ` (the Procrustes problem).
  ///
  /// A little of the old matrix is added first, which decides where the data says nothing.
  private func moved(to targets: [Float], from rows: [Float], pool: WorkerPool) -> LearnedRotation {
    var products = Self.products(targets, rows, dimension, pool)
    let largest = products.lazy.map(abs).max() ?? 0
    guard largest > 0, largest.isFinite else { return self }
    for index in products.indices { products[index] = products[index] / largest + 1e-6 * Double(matrix[index]) }
    let parts = SingularValues(products, count: dimension)
    var moved = [Float](repeating: 0, count: dimension * dimension)
    for k in 0..<dimension {
      for row in 0..<dimension {
        let factor = parts.left[k][row]
        for column in 0..<dimension { moved[row * dimension + column] += Float(factor * parts.right[k][column]) }
      }
    }
    return LearnedRotation(dimension: dimension, matrix: Column(moved))
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

  /// All rows rotated back.
  func reversed(_ values: [Float], pool: WorkerPool) -> [Float] {
    DenseProduct.rows(values, Matrix.transposed(matrix.elements, columns: dimension), depth: dimension, pool: pool)
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
          unsafe ScratchMemory.use(of: UInt8.self, count: codeBytes) { code in
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
