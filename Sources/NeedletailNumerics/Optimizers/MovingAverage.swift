internal import CNeedletailKernels

/// The exponential moving average of parameters (Polyak and Juditsky, 1992, in the weighted form): often a better network than the
/// last step's.
public final class MovingAverage {
  /// What remains of the average at each step.
  public let decay: Float
  /// The average so far, in the order of `Parameters.snapshot`.
  public var values: [Float]

  /// Begins at the values as they stand.
  public init(of parameters: Parameters, decay: Float) {
    precondition(decay >= 0 && decay < 1, "a decay of \(decay)")
    self.decay = decay
    values = parameters.snapshot
  }

  /// Takes the values after a step into the average.
  public func update(from parameters: Parameters) {
    let count = min(values.count, parameters.trainedCount)
    let current = parameters.valueMemory
    let decay = decay
    unsafe values.withUnsafeMutableBufferPointer { average in
      guard let start = average.baseAddress else { return }
      unsafe Tape.kernels.scale(start, decay, count, false, start)
      unsafe Tape.kernels.scale(current.pointer(to: Float.self), 1 - decay, count, true, start)
    }
  }
}
