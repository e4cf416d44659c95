internal import CNeedletailKernels

/// The weights of a recurrent layer, in the layout of PyTorch: gates one below the other.
public struct RecurrentWeights {
  /// Gates times units by inputs.
  public var input: Tensor
  /// Gates times units by units.
  public var hidden: Tensor
  /// Gates times units.
  public var inputBias: Tensor
  /// Gates times units.
  public var hiddenBias: Tensor

  public init(input: Tensor, hidden: Tensor, inputBias: Tensor, hiddenBias: Tensor) {
    self.input = input
    self.hidden = hidden
    self.inputBias = inputBias
    self.hiddenBias = hiddenBias
  }
}

extension Tensor {
  /// A long short-term memory layer (Hochreiter and Schmidhuber, 1997, with forget gates: Gers, Schmidhuber and Cummins, 2000) over steps
  /// [length, batch, inputs]; gates in the order input, forget, cell, output. It begins with zeros.
  ///
  /// - Returns: the hidden state after each step, [length, batch, units].
  public func longShortTermMemory(_ weights: RecurrentWeights) throws(TensorError) -> Tensor {
    try recurrence(weights, gates: 4, cell: LongShortTermCell.self, operation: "a long short-term memory")
  }

  /// A gated recurrent unit (Cho et al., EMNLP 2014, in the form that applies the reset gate after the product) over steps
  /// [length, batch, inputs]; gates in the order reset, update, new. It begins with zeros.
  ///
  /// - Returns: the hidden state after each step, [length, batch, units].
  public func gatedRecurrentUnit(_ weights: RecurrentWeights) throws(TensorError) -> Tensor {
    try recurrence(weights, gates: 3, cell: GatedCell.self, operation: "a gated recurrent unit")
  }

  /// All steps as one operation: what enters is projected in one product, the recurrent weight is packed once for all steps, and its gradient
  /// is one product over all of them.
  private func recurrence(
    _ weights: RecurrentWeights, gates: Int, cell: any RecurrentCell.Type, operation: String
  ) throws(TensorError) -> Tensor {
    let units = try units(weights, gates: gates, operation: operation)
    let (length, batch, width) = (shape[0], shape[1], gates * units)
    let (weight, bias) = (weights.hidden, weights.hiddenBias)
    let projected = try linear(weights.input, bias: weights.inputBias)
    let result = tape.result([length, batch, units], of: projected, weight, bias)
    let memory = tape.memory
    let kept = memory.take(length * batch * cell.keptPerUnit * units)
    let recurrent = memory.take(batch * width)
    let packed = unsafe tape.packed(MatrixOperand(weight.pointer, stride: units, isTransposed: true), columns: width, depth: units)
    let (stateSize, keptSize) = (batch * units, batch * cell.keptPerUnit * units)
    for step in 0..<length {
      let before = unsafe step > 0 ? result.pointer + (step - 1) * stateSize : nil
      // bias + hidden · weightᵀ
      for row in 0..<batch { unsafe (recurrent.pointer(to: Float.self) + row * width).update(from: bias.pointer, count: width) }
      if let before = unsafe before {
        unsafe tape.multiply(
          before, stride: units, packed, rows: batch, columns: width, depth: units, accumulates: true,
          into: recurrent.pointer(to: Float.self), stride: width)
      }
      let keptBefore = unsafe step > 0 ? kept.pointer(to: Float.self, at: (step - 1) * keptSize) : nil
      let here = unsafe RecurrentStep(
        units: units, entering: projected.pointer + step * batch * width, recurrent: recurrent.pointer(to: Float.self),
        before: before, state: result.pointer + step * stateSize, keptBefore: keptBefore,
        kept: kept.pointer(to: Float.self, at: step * keptSize))
      tape.spread(batch, by: 8) { rows in
        for row in rows { unsafe cell.forward(here, row) }
      }
    }
    memory.giveBack(recurrent)
    memory.giveBack(packed)
    guard result.isDifferentiable else {
      memory.giveBack(kept)
      return result
    }
    tape.record(result) { [tape] in
      defer { memory.giveBack(kept) }
      guard let arriving = unsafe result.gradientPointer else { return }
      let slopes = memory.take(length * batch * width)
      let ownEntering = cell.slopesDiffer ? memory.take(length * batch * width) : slopes
      let (carried, running) = (memory.take(stateSize), memory.take(stateSize))
      unsafe running.pointer(to: Float.self).update(repeating: 0, count: stateSize)
      let packed = unsafe tape.packed(MatrixOperand(weight.pointer, stride: units), columns: units, depth: width)
      for step in (0..<length).reversed() {
        let hasLater = step + 1 < length
        if hasLater {
          unsafe tape.multiply(
            UnsafePointer(slopes.pointer(to: Float.self, at: (step + 1) * batch * width)), stride: width, packed, rows: batch,
            columns: units, depth: width, accumulates: cell.carriesDirectly, into: carried.pointer(to: Float.self), stride: units)
        }
        let here = unsafe RecurrentSlope(
          units: units, arriving: arriving + step * stateSize, carried: carried.pointer(to: Float.self), hasLater: hasLater,
          before: step > 0 ? result.pointer + (step - 1) * stateSize : nil, kept: kept.pointer(to: Float.self, at: step * keptSize),
          keptBefore: step > 0 ? kept.pointer(to: Float.self, at: (step - 1) * keptSize) : nil,
          running: running.pointer(to: Float.self), entering: ownEntering.pointer(to: Float.self, at: step * batch * width),
          recurrent: slopes.pointer(to: Float.self, at: step * batch * width))
        tape.spread(batch, by: 8) { rows in
          for row in rows { unsafe cell.backward(here, row) }
        }
      }
      if projected.isDifferentiable {
        let (target, accumulates) = unsafe projected.receive()
        unsafe Tape.kernels.scale(ownEntering.pointer(to: Float.self), 1, length * batch * width, accumulates, target)
      }
      // the first step has no state before it
      if weight.isDifferentiable, length > 1 {
        unsafe tape.multiply(
          MatrixOperand(slopes.pointer(to: Float.self, at: batch * width), stride: width, isTransposed: true),
          MatrixOperand(result.pointer, stride: units), rows: width, columns: units, depth: (length - 1) * batch, accumulates: true,
          into: weight.receiveSum(), stride: units)
      }
      if bias.isDifferentiable {
        unsafe tape.addRows(slopes.pointer(to: Float.self), rows: length * batch, columns: width, to: bias.receiveSum())
      }
      for piece in [slopes, carried, running, packed] { memory.giveBack(piece) }
      if cell.slopesDiffer { memory.giveBack(ownEntering) }
    }
    return result
  }

  private func units(_ weights: RecurrentWeights, gates: Int, operation: String) throws(TensorError) -> Int {
    guard shape.rank == 3, shape[0] > 0, weights.input.shape.rank == 2, weights.input.shape[1] == shape[2] else {
      throw .shapes(operation: operation, left: shape, right: weights.input.shape)
    }
    let units = weights.input.shape[0] / gates
    guard weights.hidden.shape == [gates * units, units], weights.inputBias.shape.count == gates * units,
      weights.hiddenBias.shape.count == gates * units
    else { throw .shapes(operation: operation, left: weights.input.shape, right: weights.hidden.shape) }
    return units
  }
}
