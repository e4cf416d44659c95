internal import CNeedletailKernels

extension Tensor {
  /// The mean over rows of a number computed from each row in double precision, by a function that gives the gradient as well.
  ///
  /// Losses over rows of scores have closed forms; this takes them to the tape. Rows for which the function gives nil do not count, not
  /// in the mean either.
  ///
  /// - Parameter body: given the number of a row and its entries; returns a value and its gradient, an entry for each of the row's.
  public func meanOfRows(
    _ body: (_ row: Int, _ entries: [Double]) -> (value: Double, gradient: [Double])?
  ) throws(TensorError) -> Tensor {
    guard shape.rank == 2 else { throw .shape(operation: "an objective over rows", shape, expected: "a matrix") }
    let columns = shape.columns
    var slopes = [Float](repeating: 0, count: shape.count)
    var total = 0.0
    var counted = 0
    for row in 0..<shape[0] {
      let entries = (row * columns..<(row + 1) * columns).map { unsafe Double(pointer[$0]) }
      guard let (value, gradient) = body(row, entries) else { continue }
      precondition(gradient.count == columns, "a gradient of \(gradient.count) entries for a row of \(columns)")
      total += value
      counted += 1
      for column in 0..<columns { slopes[row * columns + column] = Float(gradient[column]) }
    }
    let result = tape.result([], of: self)
    unsafe result.pointer.pointee = counted == 0 ? 0 : Float(total / Double(counted))
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let sum = unsafe receiveSum()
      let scale = unsafe arriving.pointee / Float(max(1, counted))
      unsafe Tape.kernels.scale(slopes, scale, slopes.count, true, sum)
    }
    return result
  }
}
