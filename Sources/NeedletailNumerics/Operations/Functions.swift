internal import CNeedletailKernels
internal import Foundation

/// A function of one variable that tensors apply to each entry.
public enum EntryFunction: String, Hashable, Sendable, CaseIterable {
  /// x Φ(x) (Hendrycks and Gimpel, 2016).
  case gelu
  /// Its approximation with a hyperbolic tangent.
  case geluTanh
  case relu
  /// x / (1 + exp(-x)).
  case silu
  case tanh
  case sigmoid
  case exp
  /// The natural logarithm.
  case log
  case sqrt
  case square
  /// log(1 + exp(x)), without overflow.
  case softplus

  /// What a kernel computes.
  var kernel: needletail_function? {
    switch self {
    case .gelu: NEEDLETAIL_FUNCTION_GELU
    case .geluTanh: NEEDLETAIL_FUNCTION_GELU_TANH
    case .relu: NEEDLETAIL_FUNCTION_RELU
    case .silu: NEEDLETAIL_FUNCTION_SILU
    case .tanh: NEEDLETAIL_FUNCTION_TANH
    case .sigmoid: NEEDLETAIL_FUNCTION_SIGMOID
    case .exp, .log, .sqrt, .square, .softplus: nil
    }
  }

  /// What a product can end with.
  var activation: needletail_activation? {
    switch self {
    case .gelu: NEEDLETAIL_GELU
    case .geluTanh: NEEDLETAIL_GELU_TANH
    case .relu: NEEDLETAIL_RELU
    case .silu: NEEDLETAIL_SILU
    default: nil
    }
  }

  /// The others.
  fileprivate func value(_ x: Float) -> Float {
    switch self {
    case .exp: Foundation.exp(x)
    case .log: Foundation.log(x)
    case .sqrt: x.squareRoot()
    case .square: x * x
    case .softplus: max(x, 0) + Foundation.log1p(Foundation.exp(-abs(x)))
    default: x
    }
  }

  fileprivate func slope(_ x: Float, _ y: Float) -> Float {
    switch self {
    case .exp: y
    case .log: 1 / x
    case .sqrt: 0.5 / y
    case .square: 2 * x
    case .softplus: 1 / (1 + Foundation.exp(-x))
    default: 1
    }
  }
}

extension Tensor {
  /// The function of each entry.
  public func mapped(_ function: EntryFunction) -> Tensor {
    let result = tape.result(shape, of: self)
    let kernels = unsafe Tape.kernels
    tape.spread(shape.count, by: Self.entriesPerTask / 2) { part in
      if let kernel = function.kernel {
        unsafe kernels.apply(kernel, pointer + part.lowerBound, part.count, result.pointer + part.lowerBound)
      } else {
        for index in part { unsafe result.pointer[index] = function.value(pointer[index]) }
      }
    }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let (target, accumulates) = unsafe receive()
      tape.spread(shape.count, by: Self.entriesPerTask / 2) { part in
        let first = part.lowerBound
        if let kernel = function.kernel {
          unsafe kernels.apply_gradient(
            kernel, pointer + first, result.pointer + first, arriving + first, part.count, accumulates, target + first)
        } else {
          for index in part {
            let slope = unsafe arriving[index] * function.slope(pointer[index], result.pointer[index])
            unsafe target[index] = accumulates ? target[index] + slope : slope
          }
        }
      }
    }
    return result
  }

  /// 1 for entries above zero and -1 for the others, with the gradient of the identity where the entry lies within -1...1 and none
  /// elsewhere: the straight-through estimator with saturation (Bengio, Léonard and Courville, 2013; Hubara et al., NeurIPS
  /// 2016, equation 4).
  public func straightThroughSign() -> Tensor {
    let result = tape.result(shape, of: self)
    for index in 0..<shape.count { unsafe result.pointer[index] = pointer[index] > 0 ? 1 : -1 }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let (target, accumulates) = unsafe receive()
      for index in 0..<shape.count {
        let slope = unsafe abs(pointer[index]) <= 1 ? arriving[index] : 0
        unsafe target[index] = accumulates ? target[index] + slope : slope
      }
    }
    return result
  }

  /// Sets a random part of the entries to zero and divides the others by what remains (Srivastava et al., JMLR 2014). What is removed
  /// follows from the tape's seed.
  public func droppingOut(_ rate: Float) -> Tensor {
    precondition(rate >= 0 && rate < 1, "a dropout of \(rate)")
    if rate == 0 { return self }
    let dropout = tape.nextDropout(rate)
    let result = tape.result(shape, of: self)
    let kernels = unsafe Tape.kernels
    tape.spread(shape.count, by: Self.entriesPerTask) { part in
      let first = part.lowerBound
      unsafe kernels.dropout(dropout, UInt32(truncatingIfNeeded: first), pointer + first, part.count, false, result.pointer + first)
    }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let (target, accumulates) = unsafe receive()
      tape.spread(shape.count, by: Self.entriesPerTask) { part in
        let first = part.lowerBound
        unsafe kernels.dropout(dropout, UInt32(truncatingIfNeeded: first), arriving + first, part.count, accumulates, target + first)
      }
    }
    return result
  }
}

extension Tape {
  func nextDropout(_ rate: Float) -> needletail_dropout {
    guard rate > 0 else { return needletail_dropout(seed: 0, threshold: 0, scale: 1) }
    return needletail_dropout(seed: nextSeed(), threshold: UInt32(Double(rate) * 4_294_967_296), scale: 1 / (1 - rate))
  }
}
