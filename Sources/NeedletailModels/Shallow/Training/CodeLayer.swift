internal import Foundation

/// The layer that makes numbers into bits inside a network: a sigmoid, rounded on the way forward and not on the way back.
///
/// Salakhutdinov and Hinton ("Semantic hashing", 2009) introduced it for autoencoders; Grzegorczyk and Kurdziel ("Binary Paragraph Vectors",
/// RepL4NLP 2017) put it into paragraph vectors.
public enum CodeLayer: String, Codable, CaseIterable, Sendable {
  /// Bits: 1 where the sigmoid is above one half.
  case rounded
  /// The sigmoid itself: what a model is that is rounded only after training.
  case smooth

  /// The activation of one unit, and what stands for it in the network.
  package func forward(_ logit: Float) -> (activation: Float, output: Float) {
    let activation = 1 / (1 + exp(-logit))
    return (activation, self == .rounded ? (logit > 0 ? 1 : 0) : activation)
  }

  /// The derivative by the logit, given the one by the output: that of the sigmoid, also where it was rounded (straight-through estimator).
  package func backward(_ error: Float, activation: Float) -> Float { error * activation * (1 - activation) }
}
