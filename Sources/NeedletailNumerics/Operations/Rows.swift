internal import CNeedletailKernels

extension Tensor {
  /// The same entries in another shape.
  public func reshaped(_ shape: Shape) throws(TensorError) -> Tensor {
    guard shape.count == self.shape.count else { throw .shapes(operation: "a change of shape", left: self.shape, right: shape) }
    let result = tape.result(shape, of: self)
    unsafe result.pointer.update(from: pointer, count: shape.count)
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let (target, accumulates) = unsafe receive()
      unsafe Tape.kernels.scale(arriving, 1, shape.count, accumulates, target)
    }
    return result
  }

  /// Rows of a table in the order of their numbers, as an embedding looks them up; a row may be taken many times.
  public func gathered(_ indices: [Int32]) throws(TensorError) -> Tensor {
    guard shape.rank == 2 else { throw .shape(operation: "a gathering", shape, expected: "a table of rows") }
    if let wrong = indices.first(where: { $0 < 0 || Int($0) >= shape[0] }) {
      throw .index(operation: "a gathering", index: Int(wrong), bound: shape[0])
    }
    let columns = shape.columns
    let result = tape.result([indices.count, columns], of: self)
    tape.spread(indices.count, by: 64) { part in
      for row in part {
        unsafe (result.pointer + row * columns).update(from: pointer + Int(indices[row]) * columns, count: columns)
      }
    }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let target = unsafe receiveSum()
      // each task adds some of the columns of all rows, so that rows taken twice meet in a fixed order
      let kernels = unsafe Tape.kernels
      tape.spread(columns, by: 192) { part in
        let first = part.lowerBound
        for (row, index) in indices.enumerated() {
          unsafe kernels.scale(arriving + row * columns + first, 1, part.count, true, target + Int(index) * columns + first)
        }
      }
    }
    return result
  }

  /// Columns of each row.
  public func columns(_ range: Range<Int>) throws(TensorError) -> Tensor {
    guard range.lowerBound >= 0, range.upperBound <= shape.columns, shape.rank > 0 else {
      throw .index(operation: "a slice of columns", index: max(range.upperBound, 0), bound: shape.columns + 1)
    }
    let (width, whole) = (range.count, shape.columns)
    let result = tape.result(Shape(shape.extents.dropLast() + [width]), of: self)
    for row in 0..<shape.rows {
      unsafe (result.pointer + row * width).update(from: pointer + row * whole + range.lowerBound, count: width)
    }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let target = unsafe receiveSum()
      for row in 0..<shape.rows {
        unsafe Tape.kernels.scale(arriving + row * width, 1, width, true, target + row * whole + range.lowerBound)
      }
    }
    return result
  }

  /// The same rows with another tensor, of as many rows and no more columns, added to the columns from `first` on.
  public func adding(_ other: Tensor, toColumnsFrom first: Int) throws(TensorError) -> Tensor {
    let (width, whole) = (other.shape.columns, shape.columns)
    guard shape.rank > 0, other.shape.rows == shape.rows, first >= 0, first + width <= whole else {
      throw .shapes(operation: "a sum from column \(first) on", left: shape, right: other.shape)
    }
    let result = tape.result(shape, of: self, other)
    tape.spread(shape.rows, by: 64) { part in
      let kernels = unsafe Tape.kernels
      for row in part {
        unsafe (result.pointer + row * whole).update(from: pointer + row * whole, count: whole)
        unsafe kernels.scale(other.pointer + row * width, 1, width, true, result.pointer + row * whole + first)
      }
    }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let kernels = unsafe Tape.kernels
      if isDifferentiable {
        let (target, accumulates) = unsafe receive()
        tape.spread(shape.rows, by: 64) { part in
          unsafe kernels.scale(arriving + part.lowerBound * whole, 1, part.count * whole, accumulates, target + part.lowerBound * whole)
        }
      }
      if other.isDifferentiable {
        let (target, accumulates) = unsafe other.receive()
        for row in 0..<shape.rows { unsafe kernels.scale(arriving + row * whole + first, 1, width, accumulates, target + row * width) }
      }
    }
    return result
  }

  /// Entries of the first extent.
  public func rows(_ range: Range<Int>) throws(TensorError) -> Tensor {
    guard shape.rank > 0, range.lowerBound >= 0, range.upperBound <= shape[0] else {
      throw .index(operation: "a slice of rows", index: max(range.upperBound, 0), bound: (shape.extents.first ?? 0) + 1)
    }
    let size = shape[0] == 0 ? 0 : shape.count / shape[0]
    let result = tape.result(Shape([range.count] + shape.extents.dropFirst()), of: self)
    unsafe result.pointer.update(from: pointer + range.lowerBound * size, count: range.count * size)
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      unsafe Tape.kernels.scale(arriving, 1, range.count * size, true, receiveSum() + range.lowerBound * size)
    }
    return result
  }

  /// The transpose of a matrix.
  public func transposed() throws(TensorError) -> Tensor {
    guard shape.rank == 2 else { throw .shape(operation: "a transposition", shape, expected: "a matrix") }
    let (rows, columns) = (shape[0], shape[1])
    let result = tape.result([columns, rows], of: self)
    for row in 0..<rows { for column in 0..<columns { unsafe result.pointer[column * rows + row] = pointer[row * columns + column] } }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let sum = unsafe receiveSum()
      for row in 0..<rows { for column in 0..<columns { unsafe sum[row * columns + column] += arriving[column * rows + row] } }
    }
    return result
  }

  /// Tensors one after the other along the first extent.
  public static func concatenated(_ tensors: [Tensor]) throws(TensorError) -> Tensor {
    guard let first = tensors.first else { throw .shape(operation: "a concatenation", [], expected: "at least one tensor") }
    for tensor in tensors where tensor.shape.rank == 0 || tensor.shape.extents.dropFirst() != first.shape.extents.dropFirst() {
      throw .shapes(operation: "a concatenation", left: first.shape, right: tensor.shape)
    }
    let rows = tensors.reduce(0) { $0 + $1.shape[0] }
    let result = first.tape.result(Shape([rows] + first.shape.extents.dropFirst()), of: tensors)
    var starts = [0]
    for tensor in tensors {
      unsafe (result.pointer + starts[starts.count - 1]).update(from: tensor.pointer, count: tensor.shape.count)
      starts.append(starts[starts.count - 1] + tensor.shape.count)
    }
    first.tape.record(result) {
      guard let arriving = unsafe result.gradientPointer else { return }
      for (tensor, start) in zip(tensors, starts) where tensor.isDifferentiable {
        let (target, accumulates) = unsafe tensor.receive()
        unsafe Tape.kernels.scale(arriving + start, 1, tensor.shape.count, accumulates, target)
      }
    }
    return result
  }

  /// How the rows of a sequence become one.
  public enum SequenceReduction: Sendable {
    case mean, first, last, maximum
  }

  /// One row for each sequence of rows that lie one after the other; an empty sequence gives zeros.
  public func reduced(_ sequences: [Range<Int>], by reduction: SequenceReduction) throws(TensorError) -> Tensor {
    guard shape.rank == 2 else { throw .shape(operation: "a reduction of sequences", shape, expected: "a matrix") }
    if let wrong = sequences.first(where: { $0.lowerBound < 0 || $0.upperBound > shape[0] }) {
      throw .index(operation: "a reduction of sequences", index: wrong.upperBound, bound: shape[0] + 1)
    }
    let columns = shape.columns
    let result = tape.result([sequences.count, columns], of: self)
    unsafe result.pointer.update(repeating: 0, count: result.shape.count)
    var winners: [Int32] = reduction == .maximum ? [Int32](repeating: 0, count: result.shape.count) : []
    for (place, rows) in sequences.enumerated() where !rows.isEmpty {
      let out = unsafe result.pointer + place * columns
      switch reduction {
      case .mean:
        let scale = 1 / Float(rows.count)
        for row in rows { for column in 0..<columns { unsafe out[column] += pointer[row * columns + column] } }
        for column in 0..<columns { unsafe out[column] *= scale }
      case .first: unsafe out.update(from: pointer + rows.lowerBound * columns, count: columns)
      case .last: unsafe out.update(from: pointer + (rows.upperBound - 1) * columns, count: columns)
      case .maximum:
        unsafe out.update(from: pointer + rows.lowerBound * columns, count: columns)
        let first = place * columns
        for column in 0..<columns { winners[first + column] = Int32(rows.lowerBound) }
        for row in rows.dropFirst() {
          let x = unsafe pointer + row * columns
          for column in 0..<columns where unsafe x[column] > out[column] {
            unsafe out[column] = x[column]
            winners[first + column] = Int32(row)
          }
        }
      }
    }
    tape.record(result) { [self, winners] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let sum = unsafe receiveSum()
      let kernels = unsafe Tape.kernels
      for (place, rows) in sequences.enumerated() where !rows.isEmpty {
        let d = unsafe arriving + place * columns
        switch reduction {
        case .mean: for row in rows { unsafe kernels.scale(d, 1 / Float(rows.count), columns, true, sum + row * columns) }
        case .first: unsafe kernels.scale(d, 1, columns, true, sum + rows.lowerBound * columns)
        case .last: unsafe kernels.scale(d, 1, columns, true, sum + (rows.upperBound - 1) * columns)
        case .maximum:
          for column in 0..<columns { unsafe sum[Int(winners[place * columns + column]) * columns + column] += d[column] }
        }
      }
    }
    return result
  }
}
