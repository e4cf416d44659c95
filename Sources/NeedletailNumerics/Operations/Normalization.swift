internal import CNeedletailKernels

extension Tensor {
  /// Each row to mean 0 and variance 1, times a gain, plus a shift (Ba, Kiros and Hinton, 2016).
  public func layerNormalised(gain: Tensor, shift: Tensor, epsilon: Float) throws(TensorError) -> Tensor {
    try normalised(gain: gain, shift: shift, epsilon: epsilon, operation: "layer normalisation")
  }

  /// Each row to a mean square of 1, times a gain (Zhang and Sennrich, NeurIPS 2019).
  public func rootMeanSquareNormalised(gain: Tensor, epsilon: Float) throws(TensorError) -> Tensor {
    try normalised(gain: gain, shift: nil, epsilon: epsilon, operation: "root mean square normalisation")
  }

  private static var rowsPerTask: Int { 64 }

  private func normalised(gain: Tensor, shift: Tensor?, epsilon: Float, operation: String) throws(TensorError) -> Tensor {
    let (rows, columns) = (shape.rows, shape.columns)
    for learnt in [gain, shift ?? gain] where learnt.shape.count != columns {
      throw .shapes(operation: operation, left: shape, right: learnt.shape)
    }
    let result = tape.result(shape, of: [self, gain] + (shift.map { [$0] } ?? []))
    let kernels = unsafe Tape.kernels
    let norm = unsafe needletail_norm(
      gain: UnsafePointer(gain.pointer), shift: shift.map { unsafe UnsafePointer($0.pointer) }, epsilon: epsilon, centred: shift != nil)
    tape.spread(rows, by: Self.rowsPerTask) { part in
      unsafe kernels.norm(rowsView(part), norm, result.pointer + part.lowerBound * columns, columns)
    }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let (target, accumulates) = unsafe receive()
      // each task sums the gradients of gain and shift by itself; the sums are added in order
      let tasks = (rows + Self.rowsPerTask - 1) / Self.rowsPerTask
      let sums = tape.memory.take(tasks * 2 * columns)
      tape.forEach(tasks) { task in
        let part = task * Self.rowsPerTask..<min(rows, (task + 1) * Self.rowsPerTask)
        let own = unsafe sums.pointer(to: Float.self, at: task * 2 * columns)
        unsafe own.update(repeating: 0, count: 2 * columns)
        let first = part.lowerBound * columns
        unsafe kernels.norm_gradient(
          rowsView(part), norm, arriving + first, columns, accumulates, target + first, columns, own, own + columns)
      }
      for (learnt, place) in [(gain, 0), (shift, columns)] {
        guard let learnt, learnt.isDifferentiable else { continue }
        let sum = unsafe learnt.receiveSum()
        unsafe kernels.add_rows(
          needletail_rows(values: sums.pointer(to: Float.self, at: place), stride: 2 * columns, rows: tasks, columns: columns), sum)
      }
      tape.memory.giveBack(sums)
    }
    return result
  }

  @unsafe func rowsView(_ rows: Range<Int>) -> needletail_rows {
    unsafe needletail_rows(values: pointer + rows.lowerBound * shape.columns, stride: shape.columns, rows: rows.count, columns: shape.columns)
  }

  /// Each row to unit length; a row of zeros stays, without a gradient.
  public func unitLength() -> Tensor {
    let (rows, columns) = (shape.rows, shape.columns)
    let result = tape.result(shape, of: self)
    let kernels = unsafe Tape.kernels
    let inverses = (0..<rows).map { row -> Float in
      let square = unsafe kernels.dot(pointer + row * columns, pointer + row * columns, columns)
      return square > 0 ? 1 / square.squareRoot() : 0
    }
    for row in 0..<rows { unsafe kernels.scale(pointer + row * columns, inverses[row], columns, false, result.pointer + row * columns) }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let target = unsafe receiveSum()
      for row in 0..<rows {
        let place = row * columns
        let (unit, d) = unsafe (result.pointer + place, arriving + place)
        let along = unsafe kernels.dot(unit, d, columns)
        unsafe kernels.scale(d, inverses[row], columns, true, target + place)
        unsafe kernels.scale(unit, -along * inverses[row], columns, true, target + place)
      }
    }
    return result
  }
}
