internal import CNeedletailKernels
internal import Foundation

/// Changes the parameters of a store by their gradients, in one pass over memory on all threads.
///
/// Gradients are cleared on the way. The result does not depend on the number of threads.
public final class Optimizer {
  public let algorithm: OptimizerAlgorithm
  private let parameters: Parameters
  private let pool: WorkerPool
  /// The first and the second moment, or the velocity, of each entry that learns.
  private let moments: [AlignedMemory]
  /// The second moments where they are factored.
  private let factored: FactoredMoments?
  private let pieces: [Piece]
  /// Steps taken.
  public private(set) var stepCount = 0

  /// Neighbouring entries with the same settings that one task works on.
  private struct Piece {
    let offset: Int
    let count: Int
    let decay: Float
  }

  private static let entriesPerPiece = 65_536

  /// - Parameters:
  ///   - algorithm: how a gradient becomes a step.
  ///   - parameters: what is changed.
  ///   - decay: the weight decay of a parameter; customary is none for biases and norms.
  ///   - pool: the threads.
  ///   - pieces: how many pieces of equal size, one below the other, a parameter consists of, such as the weights of queries, keys and
  ///     values; what Adafactor measures, it measures of each.
  public init(
    _ algorithm: OptimizerAlgorithm, of parameters: Parameters, pool: WorkerPool = .shared, decay: (Parameter) -> Float = { _ in 0 },
    pieces pieceCount: (Parameter) -> Int = { _ in 1 }
  ) {
    self.algorithm = algorithm
    self.parameters = parameters
    self.pool = pool
    let momentCount: Int
    switch algorithm {
    case .adam: momentCount = 2
    case .gradientDescent: momentCount = 1
    case .adafactor: momentCount = 0
    }
    moments = (0..<momentCount).map { _ in AlignedMemory(byteCount: parameters.trainedCount * MemoryLayout<Float>.stride) }
    factored = momentCount == 0 ? FactoredMoments(of: parameters, decay: decay, pieces: pieceCount) : nil
    pieces = parameters.all.filter(\.isTrained).flatMap { parameter in
      stride(from: 0, to: parameter.shape.count, by: Self.entriesPerPiece).map { first in
        Piece(
          offset: parameter.offset + first, count: min(Self.entriesPerPiece, parameter.shape.count - first), decay: decay(parameter))
      }
    }
  }

  /// The Euclidean length of all gradients together; not finite if one of them is not.
  public func gradientNorm() -> Double {
    var squares = [Double](repeating: 0, count: pieces.count)
    let gradients = parameters.gradientMemory
    unsafe squares.withUnsafeMutableBufferPointer { squares in
      nonisolated(unsafe) let squares = unsafe squares
      let pieces = pieces
      pool.forEach(pieces.count) { index in
        let start = unsafe gradients.pointer(to: Float.self, at: pieces[index].offset)
        // in stretches, since a sum in single precision over many entries loses digits
        for first in stride(from: 0, to: pieces[index].count, by: 1024) {
          let count = min(1024, pieces[index].count - first)
          unsafe squares[index] += Double(Tape.kernels.dot(start + first, start + first, count))
        }
      }
    }
    return squares.reduce(0, +).squareRoot()
  }

  /// Takes a step and clears the gradients.
  ///
  /// - Parameters:
  ///   - rate: the learning rate of this step.
  ///   - gradientScale: what gradients are multiplied by first: for clipping, and for the mean of accumulated batches.
  public func step(rate: Float, gradientScale: Float = 1) {
    stepCount += 1
    if case .adafactor(let decayRate, let clipThreshold, let scalesByValue) = algorithm {
      factored?.take(
        .init(
          number: stepCount, rate: rate, gradientScale: gradientScale, decayRate: decayRate, clipThreshold: clipThreshold,
          scalesByValue: scalesByValue), pool: pool)
      return
    }
    let (algorithm, stepCount, pieces) = (algorithm, stepCount, pieces)
    let (values, gradients, moments) = (parameters.valueMemory, parameters.gradientMemory, moments)
    pool.forEach(pieces.count) { index in
      let piece = pieces[index]
      let gradient = unsafe gradients.pointer(to: Float.self, at: piece.offset)
      let value = unsafe values.pointer(to: Float.self, at: piece.offset)
      let moment = unsafe moments[0].pointer(to: Float.self, at: piece.offset)
      switch algorithm {
      case .adam(let beta1, let beta2, let epsilon, let isDecayDecoupled):
        let adam = needletail_adam(
          rate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, decay: piece.decay,
          correction1: Float(1 / (1 - pow(Double(beta1), Double(stepCount)))),
          correction2: Float(1 / (1 - pow(Double(beta2), Double(stepCount))).squareRoot()), gradient_scale: gradientScale,
          decoupled: isDecayDecoupled)
        unsafe Tape.kernels.adam(adam, gradient, piece.count, value, moment, moments[1].pointer(to: Float.self, at: piece.offset))
      case .gradientDescent(let momentum):
        let kernels = unsafe Tape.kernels
        unsafe kernels.scale(moment, momentum, piece.count, false, moment)
        unsafe kernels.scale(gradient, gradientScale, piece.count, true, moment)
        unsafe kernels.scale(value, piece.decay, piece.count, true, moment)
        unsafe kernels.scale(moment, -rate, piece.count, true, value)
      case .adafactor: preconditionFailure("factored moments take their own steps")
      }
      unsafe gradient.update(repeating: 0, count: piece.count)
    }
  }

  /// What a checkpoint keeps beside the values: the number of steps and the moments.
  ///
  /// - Precondition: setting takes as many moments, of the same lengths, as there are.
  public var state: (stepCount: Int, moments: [[Float]]) {
    get {
      let kept = moments.map { unsafe Array(UnsafeBufferPointer(start: $0.pointer(to: Float.self), count: parameters.trainedCount)) }
      return (stepCount, kept + (factored.map { [$0.moments] } ?? []))
    }
    set {
      precondition(newValue.moments.map(\.count) == momentCounts, "moments of another network or algorithm")
      stepCount = newValue.stepCount
      if let factored { return factored.restore(newValue.moments[0]) }
      for (memory, values) in zip(moments, newValue.moments) {
        unsafe memory.pointer(to: Float.self).update(from: values, count: values.count)
      }
    }
  }

  /// The lengths of the moments in `state`.
  public var momentCounts: [Int] { moments.map { _ in parameters.trainedCount } + (factored.map { [$0.moments.count] } ?? []) }
}
