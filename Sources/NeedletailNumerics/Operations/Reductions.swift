internal import Foundation

extension Tensor {
  /// The sum of all entries.
  public func sum() throws(TensorError) -> Tensor { reduced(scale: 1) }

  /// The mean of all entries.
  public func mean() throws(TensorError) -> Tensor {
    guard shape.count > 0 else { throw .shape(operation: "a mean", shape, expected: "at least one entry") }
    return reduced(scale: 1 / Float(shape.count))
  }

  /// The sum of each row; the last extent disappears.
  public func sumOfColumns() -> Tensor { reducedRows(scale: 1) }

  /// The mean of each row; the last extent disappears.
  public func meanOfColumns() throws(TensorError) -> Tensor {
    guard shape.columns > 0 else { throw .shape(operation: "a mean of columns", shape, expected: "at least one column") }
    return reducedRows(scale: 1 / Float(shape.columns))
  }

  /// The sum over all extents but the last.
  public func sumOfRows() -> Tensor {
    let result = tape.result([shape.columns], of: self)
    unsafe result.pointer.update(repeating: 0, count: shape.columns)
    unsafe tape.addRows(pointer, rows: shape.rows, columns: shape.columns, to: result.pointer)
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let sum = unsafe receiveSum()
      for row in 0..<shape.rows {
        for column in 0..<shape.columns { unsafe sum[row * shape.columns + column] += arriving[column] }
      }
    }
    return result
  }

  /// The logarithm of the sum of the exponents of each row, without overflow; the last extent disappears.
  public func logSumExp() throws(TensorError) -> Tensor {
    guard shape.columns > 0 else { throw .shape(operation: "log-sum-exp", shape, expected: "at least one column") }
    let columns = shape.columns
    let result = tape.result(Shape(Array(shape.extents.dropLast())), of: self)
    for row in 0..<shape.rows {
      let x = unsafe pointer + row * columns
      var top = unsafe x[0]
      for column in 0..<columns { unsafe top = max(top, x[column]) }
      var sum = 0.0
      for column in 0..<columns { unsafe sum += Double(exp(x[column] - top)) }
      unsafe result.pointer[row] = top + Float(log(sum))
    }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let target = unsafe receiveSum()
      for row in 0..<shape.rows {
        for index in row * columns..<(row + 1) * columns {
          unsafe target[index] += arriving[row] * exp(pointer[index] - result.pointer[row])
        }
      }
    }
    return result
  }

  private func reduced(scale: Float) -> Tensor {
    let result = tape.result([], of: self)
    var sum = 0.0
    for index in 0..<shape.count { unsafe sum += Double(pointer[index]) }
    unsafe result.pointer.pointee = Float(sum) * scale
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let (target, accumulates) = unsafe receive()
      let slope = unsafe arriving.pointee * scale
      for index in 0..<shape.count { unsafe target[index] = accumulates ? target[index] + slope : slope }
    }
    return result
  }

  private func reducedRows(scale: Float) -> Tensor {
    let columns = shape.columns
    let result = tape.result(Shape(Array(shape.extents.dropLast())), of: self)
    for row in 0..<shape.rows {
      var sum = 0.0
      for column in 0..<columns { unsafe sum += Double(pointer[row * columns + column]) }
      unsafe result.pointer[row] = Float(sum) * scale
    }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let (target, accumulates) = unsafe receive()
      for row in 0..<shape.rows {
        let slope = unsafe arriving[row] * scale
        for index in row * columns..<(row + 1) * columns { unsafe target[index] = accumulates ? target[index] + slope : slope }
      }
    }
    return result
  }
}
