internal import NeedletailNumerics

/// A projection while it learns: from the identity, or from one that was learned before.
final class ProjectionLearner {
  private let dimension: Int
  private let parameters: Parameters
  private let optimiser: Optimizer
  private let tape: Tape
  private let weight: Parameter
  private let bias: Parameter

  init(dimension: Int, from start: Projection?, pool: WorkerPool) {
    self.dimension = dimension
    parameters = Parameters([("weight", [dimension, dimension], true), ("bias", [dimension], true)])
    weight = parameters.all[0]
    bias = parameters.all[1]
    var identity = [Float](repeating: 0, count: dimension * dimension)
    for index in 0..<dimension { identity[index * dimension + index] = 1 }
    parameters[weight] = start?.weights.elements ?? identity
    parameters[bias] = start?.bias.elements ?? [Float](repeating: 0, count: dimension)
    optimiser = Optimizer(.adamW, of: parameters, pool: pool)
    tape = Tape(pool: pool)
  }

  var projection: Projection {
    Projection(dimension: dimension, weights: parameters[weight], bias: parameters[bias])
  }

  /// Takes a step down the gradient that `loss` computes from the projected rows.
  func step(_ rows: [Float], rate: Float, _ loss: ([Float]) -> [Float]) {
    tape.clear()
    do throws(TensorError) {
      let projected = try tape.constant(rows, shape: [rows.count / dimension, dimension])
        .linear(tape.parameter(weight, of: parameters), bias: tape.parameter(bias, of: parameters)).unitLength()
      try tape.differentiate(projected, gradient: loss(projected.values))
    } catch {
      preconditionFailure("rows of \(dimension) components fit a square matrix: \(error)")
    }
    optimiser.step(rate: rate)
  }
}

/// Numbers that learn by a gradient computed elsewhere.
final class NumbersLearner {
  private let parameters: Parameters
  private let optimiser: Optimizer
  private let tape: Tape

  init(_ numbers: [Float], pool: WorkerPool) {
    parameters = Parameters([("numbers", [numbers.count], true)])
    parameters[parameters.all[0]] = numbers
    optimiser = Optimizer(.adamW, of: parameters, pool: pool)
    tape = Tape(pool: pool)
  }

  var numbers: [Float] { parameters[parameters.all[0]] }

  func step(_ gradient: [Float], rate: Float) {
    tape.clear()
    do throws(TensorError) {
      try tape.differentiate(tape.parameter(parameters.all[0], of: parameters), gradient: gradient)
    } catch {
      preconditionFailure("a gradient for each number: \(error)")
    }
    optimiser.step(rate: rate)
  }
}
