internal import CNeedletailKernels
internal import Foundation

extension Tensor {
  /// The softmax of each row.
  public func softmax() throws(TensorError) -> Tensor {
    guard shape.columns > 0 else { throw .shape(operation: "a softmax", shape, expected: "at least one column") }
    let columns = shape.columns
    let result = tape.result(shape, of: self)
    let kernels = unsafe Tape.kernels
    tape.spread(shape.rows, by: max(1, Self.entriesPerTask / columns)) { part in
      var inverses = [Float](repeating: 0, count: part.count)
      let first = unsafe result.pointer + part.lowerBound * columns
      unsafe needletail_kernels_current().pointee.softmax(rowsView(part), 1, first, nil, columns, &inverses)
      for row in 0..<part.count { unsafe kernels.scale(first + row * columns, inverses[row], columns, false, first + row * columns) }
    }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let (target, accumulates) = unsafe receive()
      tape.spread(shape.rows, by: max(1, Self.entriesPerTask / columns)) { part in
        let first = part.lowerBound * columns
        unsafe kernels.softmax_gradient(result.rowsView(part), arriving + first, columns, 1, accumulates, target + first, columns)
      }
    }
    return result
  }

  /// The logarithm of the softmax of each row, without overflow.
  public func logSoftmax() throws(TensorError) -> Tensor {
    let total = try logSumExp()
    return try subtracting(total.reshaped(Shape(Array(shape.extents.dropLast()) + [1])))
  }

  /// The mean over rows of the negative log probability of each row's target; rows with the target `ignored` do not count.
  ///
  /// - Parameters:
  ///   - targets: one column for each row.
  ///   - ignored: the target of rows that have none.
  public func crossEntropy(targets: [Int], ignored: Int = -1) throws(TensorError) -> Tensor {
    guard targets.count == shape.rows else { throw .shapes(operation: "a cross-entropy", left: shape, right: [targets.count]) }
    if let wrong = targets.first(where: { $0 != ignored && !(0..<shape.columns).contains($0) }) {
      throw .index(operation: "a cross-entropy", index: wrong, bound: shape.columns)
    }
    let columns = shape.columns
    let counted = targets.indices.filter { targets[$0] != ignored }
    let result = tape.result([], of: self)
    // the probabilities of the rows that count, kept for the gradient
    let weights = tape.memory.take(counted.count * columns)
    let losses = tape.memory.take(counted.count)
    let kernels = unsafe Tape.kernels
    tape.forEach(counted.count) { place in
      let x = unsafe pointer + counted[place] * columns
      let y = unsafe weights.pointer(to: Float.self, at: place * columns)
      var top = -Float.infinity
      for column in 0..<columns { unsafe top = max(top, x[column]) }
      var inverse: Float = 0
      unsafe needletail_kernels_current().pointee.softmax(
        needletail_rows(values: x, stride: columns, rows: 1, columns: columns), 1, y, nil, columns, &inverse)
      unsafe kernels.scale(y, inverse, columns, false, y)
      unsafe losses.pointer(to: Float.self)[place] = top - log(inverse) - x[targets[counted[place]]]
    }
    var sum = 0.0
    for place in counted.indices { unsafe sum += Double(losses.pointer(to: Float.self)[place]) }
    unsafe result.pointer.pointee = counted.isEmpty ? 0 : Float(sum / Double(counted.count))
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let target = unsafe receiveSum()
      let slope = unsafe arriving.pointee / Float(max(1, counted.count))
      tape.forEach(counted.count) { place in
        let row = unsafe target + counted[place] * columns
        unsafe kernels.scale(weights.pointer(to: Float.self, at: place * columns), slope, columns, true, row)
        unsafe row[targets[counted[place]]] -= slope
      }
    }
    return result
  }

  /// The mean over rows of the Kullback-Leibler divergence from the given probabilities to the softmax of each row.
  public func divergence(from probabilities: Tensor) throws(TensorError) -> Tensor {
    guard probabilities.shape == shape else { throw .shapes(operation: "a divergence", left: shape, right: probabilities.shape) }
    let negative = try probabilities.multiplied(by: logSoftmax()).sum().scaled(by: -1)
    var entropy = 0.0
    for p in probabilities.values where p > 0 { entropy += Double(p) * Foundation.log(Double(p)) }
    return negative.affine(factor: 1, offset: Float(entropy)).scaled(by: 1 / Float(max(1, shape.rows)))
  }

  /// The mean of the squared differences.
  public func meanSquaredError(to other: Tensor) throws(TensorError) -> Tensor {
    guard other.shape == shape else { throw .shapes(operation: "a mean squared error", left: shape, right: other.shape) }
    return try subtracting(other).mapped(.square).mean()
  }
}
