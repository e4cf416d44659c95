/// The linear map from rows to targets with the least squared error, held small by a penalty (A. E. Hoerl and R. W. Kennard,
/// "Ridge regression: biased estimation for nonorthogonal problems", Technometrics 12, 1970).
public enum RidgeRegression {
  /// Finds the map, without a constant term.
  ///
  /// - Parameters:
  ///   - rows: rows of `inputs` finite numbers, one after the other.
  ///   - inputs: numbers of a row.
  ///   - targets: as many rows of `outputs` finite numbers.
  ///   - outputs: numbers of a target.
  ///   - penalty: what the mean square of a component is multiplied by and added to all squares; above zero.
  ///   - pool: the threads that multiply; the result does not depend on how many there are.
  /// - Returns: a row of `inputs` weights for each output.
  public static func matrix(
    from rows: [Float], inputs: Int, to targets: [Float], outputs: Int, penalty: Double = 1e-3, pool: WorkerPool = .shared
  ) -> [Float] {
    precondition(inputs > 0 && outputs > 0 && rows.count.isMultiple(of: inputs) && targets.count / outputs == rows.count / inputs)
    precondition(penalty > 0, "without a penalty rows that depend on each other have no single solution")
    let count = rows.count / inputs
    guard count > 0 else { return [Float](repeating: 0, count: inputs * outputs) }
    let columns = transposed(rows, inputs)
    var squares = DenseProduct.rows(columns, columns, depth: count, pool: pool).map(Double.init)
    let trace = (0..<inputs).reduce(0) { $0 + squares[$1 * inputs + $1] }
    for index in 0..<inputs { squares[index * inputs + index] += max(penalty * trace / Double(inputs), .leastNormalMagnitude) }
    let products = DenseProduct.rows(transposed(targets, outputs), columns, depth: count, pool: pool).map(Double.init)
    factor(&squares, inputs)
    return solved(squares, products, inputs, pool)
  }

  private static func transposed(_ values: [Float], _ columns: Int) -> [Float] {
    let rows = values.count / columns
    var result = [Float](repeating: 0, count: values.count)
    for row in 0..<rows { for column in 0..<columns { result[column * rows + row] = values[row * columns + column] } }
    return result
  }

  /// Replaces the lower half of a symmetric positive matrix by `L` with `L Lᵀ` equal to it (A.-L. Cholesky).
  private static func factor(_ matrix: inout [Double], _ size: Int) {
    unsafe matrix.withUnsafeMutableBufferPointer { matrix in
      for column in 0..<size {
        for row in column..<size {
          var sum = unsafe matrix[row * size + column]
          for k in 0..<column { unsafe sum -= matrix[row * size + k] * matrix[column * size + k] }
          if row == column {
            unsafe matrix[row * size + row] = max(sum, .leastNormalMagnitude).squareRoot()
          } else {
            unsafe matrix[row * size + column] = sum / matrix[column * size + column]
          }
        }
      }
    }
  }

  /// Solves `L Lᵀ x = b` for each row `b`.
  private static func solved(_ factor: [Double], _ right: [Double], _ size: Int, _ pool: WorkerPool) -> [Float] {
    pool.map(right.count / size, tasksOf: 16) { rows in
      rows.map { number in
        var x = Array(right[number * size..<(number + 1) * size])
        unsafe factor.withUnsafeBufferPointer { factor in
          for row in 0..<size {
            for k in 0..<row { unsafe x[row] -= factor[row * size + k] * x[k] }
            unsafe x[row] /= factor[row * size + row]
          }
          for row in (0..<size).reversed() {
            for k in row + 1..<size { unsafe x[row] -= factor[k * size + row] * x[k] }
            unsafe x[row] /= factor[row * size + row]
          }
        }
        return x.map(Float.init)
      }
    }.flatMap { $0 }
  }
}
