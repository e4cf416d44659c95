internal import CNeedletailKernels

extension Tensor {
  /// The sum, entry by entry. Extents of 1 and missing leading ones are repeated ("broadcast") on either side.
  public func adding(_ other: Tensor) throws(TensorError) -> Tensor {
    shape == other.shape ? added(other) : try combined(with: other, "a sum", Sum.self)
  }

  /// The difference, entry by entry, broadcast like a sum.
  public func subtracting(_ other: Tensor) throws(TensorError) -> Tensor { try combined(with: other, "a difference", Difference.self) }

  /// The product, entry by entry, broadcast like a sum.
  public func multiplied(by other: Tensor) throws(TensorError) -> Tensor { try combined(with: other, "a product by entries", Product.self) }

  /// The quotient, entry by entry, broadcast like a sum.
  public func divided(by other: Tensor) throws(TensorError) -> Tensor { try combined(with: other, "a quotient", Quotient.self) }

  /// Every entry times a number.
  public func scaled(by factor: Float) -> Tensor { affine(factor: factor, offset: 0) }

  /// Every entry times a number plus a number.
  public func affine(factor: Float, offset: Float) -> Tensor {
    let result = tape.result(shape, of: self)
    let kernels = unsafe Tape.kernels
    tape.spread(shape.count, by: Self.entriesPerTask) { part in
      let first = part.lowerBound
      unsafe kernels.scale(pointer + first, factor, part.count, false, result.pointer + first)
      if offset != 0 { for index in part { unsafe result.pointer[index] += offset } }
    }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let (target, accumulates) = unsafe receive()
      tape.spread(shape.count, by: Self.entriesPerTask) { part in
        unsafe kernels.scale(arriving + part.lowerBound, factor, part.count, accumulates, target + part.lowerBound)
      }
    }
    return result
  }

  /// Entries that one task works on, in operations that take them one by one.
  static var entriesPerTask: Int { 32_768 }

  /// The sum with a tensor of the same shape, as residual connections need it.
  private func added(_ other: Tensor) -> Tensor {
    let result = tape.result(shape, of: self, other)
    let kernels = unsafe Tape.kernels
    tape.spread(shape.count, by: Self.entriesPerTask) { part in
      let first = part.lowerBound
      unsafe kernels.scale(pointer + first, 1, part.count, false, result.pointer + first)
      unsafe kernels.scale(other.pointer + first, 1, part.count, true, result.pointer + first)
    }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      for operand in [self, other] where operand.isDifferentiable {
        let (target, accumulates) = unsafe operand.receive()
        tape.spread(shape.count, by: Self.entriesPerTask) { part in
          unsafe kernels.scale(arriving + part.lowerBound, 1, part.count, accumulates, target + part.lowerBound)
        }
      }
    }
    return result
  }

  private func combined<Operation: EntryOperation>(
    with other: Tensor, _ name: String, _: Operation.Type
  ) throws(TensorError) -> Tensor {
    guard let plan = Broadcast(shape, other.shape) else { throw .shapes(operation: name, left: shape, right: other.shape) }
    let result = tape.result(plan.shape, of: self, other)
    plan.forEachRow(on: tape) { a, b, out, count in
      let (x, y, z) = unsafe (pointer + a, other.pointer + b, result.pointer + out)
      let (xStep, yStep) = (plan.leftStep, plan.rightStep)
      for index in 0..<count { unsafe z[index] = Operation.value(x[index * xStep], y[index * yStep]) }
    }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      if isDifferentiable {
        let sum = unsafe receiveSum()
        plan.forEachRow(on: tape, whenRepeated: plan.repeatsLeft) { a, b, out, count in
          let (x, y, d, target) = unsafe (pointer + a, other.pointer + b, arriving + out, sum + a)
          let (xStep, yStep) = (plan.leftStep, plan.rightStep)
          for index in 0..<count {
            unsafe target[index * xStep] += d[index] * Operation.leftSlope(x[index * xStep], y[index * yStep])
          }
        }
      }
      if other.isDifferentiable {
        let sum = unsafe other.receiveSum()
        plan.forEachRow(on: tape, whenRepeated: plan.repeatsRight) { a, b, out, count in
          let (x, y, d, target) = unsafe (pointer + a, other.pointer + b, arriving + out, sum + b)
          let (xStep, yStep) = (plan.leftStep, plan.rightStep)
          for index in 0..<count {
            unsafe target[index * yStep] += d[index] * Operation.rightSlope(x[index * xStep], y[index * yStep])
          }
        }
      }
    }
    return result
  }
}

private protocol EntryOperation {
  static func value(_ a: Float, _ b: Float) -> Float
  static func leftSlope(_ a: Float, _ b: Float) -> Float
  static func rightSlope(_ a: Float, _ b: Float) -> Float
}

private enum Sum: EntryOperation {
  static func value(_ a: Float, _ b: Float) -> Float { a + b }
  static func leftSlope(_: Float, _: Float) -> Float { 1 }
  static func rightSlope(_: Float, _: Float) -> Float { 1 }
}

private enum Difference: EntryOperation {
  static func value(_ a: Float, _ b: Float) -> Float { a - b }
  static func leftSlope(_: Float, _: Float) -> Float { 1 }
  static func rightSlope(_: Float, _: Float) -> Float { -1 }
}

private enum Product: EntryOperation {
  static func value(_ a: Float, _ b: Float) -> Float { a * b }
  static func leftSlope(_: Float, _ b: Float) -> Float { b }
  static func rightSlope(_ a: Float, _: Float) -> Float { a }
}

private enum Quotient: EntryOperation {
  static func value(_ a: Float, _ b: Float) -> Float { a / b }
  static func leftSlope(_: Float, _ b: Float) -> Float { 1 / b }
  static func rightSlope(_ a: Float, _ b: Float) -> Float { -a / (b * b) }
}
