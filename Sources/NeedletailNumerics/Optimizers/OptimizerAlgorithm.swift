/// How a gradient becomes a step.
public enum OptimizerAlgorithm: Hashable, Sendable {
  /// Adam (Kingma and Ba, ICLR 2015), with weight decay apart from the gradient (AdamW: Loshchilov and Hutter, ICLR 2019) or, as first
  /// published, as part of it.
  case adam(beta1: Float, beta2: Float, epsilon: Float, isDecayDecoupled: Bool)
  /// Gradient descent with momentum (Sutskever et al., ICML 2013, in the form without dampening).
  case gradientDescent(momentum: Float)

  /// Adafactor with a given rate: moments in the memory of a row and a column (Shazeer and Stern, ICML 2018).
  ///
  /// - Parameters:
  ///   - decayRate: the moments' decay at step t is 1 - t^-decayRate.
  ///   - clipThreshold: the root mean square that the update of a parameter is cut to.
  ///   - scalesByValue: whether the rate is relative to the size of a parameter's values.
  case adafactor(decayRate: Float, clipThreshold: Float, scalesByValue: Bool)

  /// AdamW with the usual constants.
  public static let adamW = OptimizerAlgorithm.adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, isDecayDecoupled: true)
}
