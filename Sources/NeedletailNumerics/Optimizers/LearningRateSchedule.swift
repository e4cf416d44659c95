internal import Foundation

/// How the learning rate changes: it rises in a straight line over the first steps, then follows a curve.
public struct LearningRateSchedule: Hashable, Sendable {
  /// What follows the rise.
  public enum Curve: String, Hashable, Sendable, CaseIterable, Codable {
    case constant
    /// In a straight line to zero.
    case linear
    /// Half a cosine wave to zero (Loshchilov and Hutter, ICLR 2017, without restarts).
    case cosine
  }

  public var curve: Curve
  /// Steps of the rise.
  public var warmupSteps: Int
  /// All steps.
  public var steps: Int

  public init(_ curve: Curve, warmupSteps: Int, steps: Int) {
    self.curve = curve
    self.warmupSteps = warmupSteps
    self.steps = steps
  }

  /// The part of the highest rate that a step takes, counted from 0.
  public func factor(at step: Int) -> Double {
    if step < warmupSteps { return Double(step + 1) / Double(warmupSteps + 1) }
    let progress = min(1, Double(step - warmupSteps) / Double(max(1, steps - warmupSteps)))
    return switch curve {
    case .constant: 1
    case .linear: 1 - progress
    case .cosine: 0.5 * (1 + cos(Double.pi * progress))
    }
  }
}
