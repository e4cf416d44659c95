public import NeedletailNumerics

/// How a network is trained.
public struct TrainingSettings: Hashable, Sendable {
  /// Optimiser steps.
  public var steps: Int
  /// Batches whose gradients make a step.
  public var accumulation = 1
  /// Texts that go through the network at a time while a batch's gradient is computed in constant memory; nil sends all at once. See
  /// `Trainer`.
  public var textsAtATime: Int?
  /// How many positives and hard negatives of a query take part.
  public var positivesPerQuery = 1
  public var negativesPerQuery = 0
  /// Passages of earlier batches that take part as negatives; nil for none. See `PassageMemory`.
  public var memory: PassageMemory.Settings?

  public var algorithm = OptimizerAlgorithm.adamW
  /// The highest learning rate.
  public var rate: Float = 2e-5
  public var curve = LearningRateSchedule.Curve.linear
  /// Steps in which the rate rises.
  public var warmupSteps = 0
  /// For weights; biases and norms have none.
  public var weightDecay: Float = 0.01
  /// The length that longer gradients are scaled to; nil leaves them.
  public var clip: Double? = 1
  /// The decay of the moving average that becomes the result; nil takes the last values.
  public var averageDecay: Float?

  /// Bytes that parameters, moments and the tensors of a step may take together; nil sets no limit.
  public var memoryLimit: Int?

  public var dropout = DropoutRates.none
  /// Tokens per text, special tokens included.
  public var maximumQueryTokens = 64
  public var maximumPassageTokens = 128
  /// Of order, draws and dropout.
  public var seed: UInt64 = 1

  public init(steps: Int) { self.steps = steps }
}
