/// Products of two matrices in one call, for work where packing the second one each time does not matter.
public enum DenseProduct {
  private static let rowsPerTask = 256

  /// `left · rightᵀ`: both are rows of `depth` numbers, one after the other; the result has a row for each row of `left`.
  ///
  /// A depth of more than 60,000 is cut into pieces that are added up in order. The result does not depend on the number
  /// of threads.
  public static func rows(_ left: [Float], _ right: [Float], depth: Int, pool: WorkerPool = .shared) -> [Float] {
    precondition(depth > 0 && left.count.isMultiple(of: depth) && right.count.isMultiple(of: depth))
    let pieceDepth = 60_000
    guard depth > pieceDepth else { return product(left, right, depth: depth, pool: pool) }
    var sum: [Float] = []
    for start in stride(from: 0, to: depth, by: pieceDepth) {
      let end = min(depth, start + pieceDepth)
      let piece = product(
        columns(start..<end, of: left, depth), columns(start..<end, of: right, depth), depth: end - start, pool: pool)
      if sum.isEmpty { sum = piece } else { for index in sum.indices { sum[index] += piece[index] } }
    }
    return sum
  }

  private static func columns(_ range: Range<Int>, of values: [Float], _ depth: Int) -> [Float] {
    stride(from: 0, to: values.count, by: depth).flatMap { values[$0 + range.lowerBound..<$0 + range.upperBound] }
  }

  private static func product(_ left: [Float], _ right: [Float], depth: Int, pool: WorkerPool) -> [Float] {
    let (rows, columns) = (left.count / depth, right.count / depth)
    guard rows > 0, columns > 0 else { return [] }
    let matrix = PackedMatrix(weight: right, bias: [Float](repeating: 0, count: columns), precision: .float32)
    return unsafe [Float](unsafeUninitializedCapacity: rows * columns) { result, count in
      count = rows * columns
      unsafe left.withUnsafeBufferPointer { left in
        nonisolated(unsafe) let (left, result) = (left.baseAddress!, result.baseAddress!)
        pool.forEach((rows + rowsPerTask - 1) / rowsPerTask) { task in
          let first = task * rowsPerTask
          let size = min(rows, first + rowsPerTask) - first
          let input = Activations(.float32, rows: size, columns: depth)
          let output = Activations(.float32, rows: size, columns: columns)
          for row in 0..<size { unsafe input.floats(at: row).update(from: left + (first + row) * depth, count: depth) }
          matrix.multiply(input, rows: 0..<size, into: output, firstRow: 0)
          for row in 0..<size {
            unsafe (result + (first + row) * columns).update(from: output.floats(at: row), count: columns)
          }
        }
      }
    }
  }
}
