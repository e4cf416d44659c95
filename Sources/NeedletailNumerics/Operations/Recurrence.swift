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
    let units = try units(weights, gates: 4, operation: "a long short-term memory")
    let (length, batch) = (shape[0], shape[1])
    let projected = try reshaped([length * batch, shape[2]]).linear(weights.input, bias: weights.inputBias)
    var hidden = try tape.constant([Float](repeating: 0, count: batch * units), shape: [batch, units])
    var cell = hidden
    var states: [Tensor] = []
    for step in 0..<length {
      let gates = try projected.rows(step * batch..<(step + 1) * batch).adding(hidden.linear(weights.hidden, bias: weights.hiddenBias))
      func gate(_ index: Int, _ function: EntryFunction) throws(TensorError) -> Tensor {
        try gates.columns(index * units..<(index + 1) * units).mapped(function)
      }
      cell = try gate(1, .sigmoid).multiplied(by: cell).adding(gate(0, .sigmoid).multiplied(by: gate(2, .tanh)))
      hidden = try gate(3, .sigmoid).multiplied(by: cell.mapped(.tanh))
      states.append(hidden)
    }
    return try Tensor.concatenated(states).reshaped([length, batch, units])
  }

  /// A gated recurrent unit (Cho et al., EMNLP 2014, in the form that applies the reset gate after the product) over steps
  /// [length, batch, inputs]; gates in the order reset, update, new. It begins with zeros.
  ///
  /// - Returns: the hidden state after each step, [length, batch, units].
  public func gatedRecurrentUnit(_ weights: RecurrentWeights) throws(TensorError) -> Tensor {
    let units = try units(weights, gates: 3, operation: "a gated recurrent unit")
    let (length, batch) = (shape[0], shape[1])
    let projected = try reshaped([length * batch, shape[2]]).linear(weights.input, bias: weights.inputBias)
    var hidden = try tape.constant([Float](repeating: 0, count: batch * units), shape: [batch, units])
    var states: [Tensor] = []
    for step in 0..<length {
      let arriving = try projected.rows(step * batch..<(step + 1) * batch)
      let kept = try hidden.linear(weights.hidden, bias: weights.hiddenBias)
      func gate(_ index: Int) throws(TensorError) -> Tensor {
        let range = index * units..<(index + 1) * units
        return try arriving.columns(range).adding(kept.columns(range)).mapped(.sigmoid)
      }
      let last = 2 * units..<3 * units
      let candidate = try arriving.columns(last).adding(gate(0).multiplied(by: kept.columns(last))).mapped(.tanh)
      let update = try gate(1)
      // (1 - z) n + z h
      hidden = try candidate.adding(update.multiplied(by: hidden.subtracting(candidate)))
      states.append(hidden)
    }
    return try Tensor.concatenated(states).reshaped([length, batch, units])
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
