public import NeedletailModels
public import NeedletailNumerics

/// Whoever takes a network through the steps of a training; what a step learns from is its own affair.
public protocol Learner: AnyObject {
  var network: TransformerNetwork { get }
  var settings: TrainingSettings { get }
  var optimizer: Optimizer { get }
  var average: MovingAverage? { get }

  /// Adds the gradient of a batch to that of the network's parameters.
  ///
  /// - Parameters:
  ///   - place: the number of the batch, counted over accumulated ones.
  ///   - seed: of everything random.
  /// - Returns: the loss and the number of tokens.
  func accumulateGradient(at place: Int, seed: UInt64) throws -> (loss: Float, tokens: Int)

  /// Writes what was learnt as a model directory.
  func save(to path: String) throws(ModelError)
}

/// What happened in a step of a training.
public struct TrainingStep: Hashable, Sendable {
  /// The mean over the batches of the step.
  public var loss: Double
  /// The length of the gradient before it was clipped.
  public var gradientNorm: Double
  public var rate: Double
  /// Tokens that went through the network, each counted once.
  public var tokens: Int
}

extension Learner {
  /// Takes a step.
  ///
  /// - Parameter index: its number, from 0.
  /// - Throws: `TrainingError.diverged` when loss or gradient is no number; the parameters are then as they were before the step.
  public func step(_ index: Int) throws -> TrainingStep {
    let schedule = LearningRateSchedule(settings.curve, warmupSteps: settings.warmupSteps, steps: settings.steps)
    var report = TrainingStep(loss: 0, gradientNorm: 0, rate: Double(settings.rate) * schedule.factor(at: index), tokens: 0)
    for part in 0..<settings.accumulation {
      let (loss, tokens) = try accumulateGradient(at: index * settings.accumulation + part, seed: settings.seed(of: index, part))
      guard loss.isFinite else {
        network.parameters.clearGradients()
        throw TrainingError.diverged(step: index, what: "The loss", kept: "")
      }
      report.loss += Double(loss) / Double(settings.accumulation)
      report.tokens += tokens
    }
    report.gradientNorm = optimizer.gradientNorm() / Double(settings.accumulation)
    guard report.gradientNorm.isFinite else {
      network.parameters.clearGradients()
      throw TrainingError.diverged(step: index, what: "The gradient", kept: "")
    }
    var scale = 1 / Double(settings.accumulation)
    if let clip = settings.clip, report.gradientNorm > clip { scale *= clip / report.gradientNorm }
    optimizer.step(rate: Float(report.rate), gradientScale: Float(scale))
    average?.update(from: network.parameters)
    return report
  }
}

extension Optimizer {
  /// As the settings say, with weight decay for matrices alone.
  convenience init(_ settings: TrainingSettings, of network: TransformerNetwork, pool: WorkerPool) {
    self.init(
      settings.algorithm, of: network.parameters, pool: pool, decay: { $0.shape.rank > 1 ? settings.weightDecay : 0 },
      pieces: network.pieceCount)
  }
}

extension TrainingSettings {
  /// A seed for one purpose in one step.
  func seed(of step: Int, _ salt: Int) -> UInt64 {
    var generator = SeededGenerator(seed: seed &+ UInt64(step) &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(salt) &* 0xbf58_476d_1ce4_e5b9)
    return generator.next()
  }
}
