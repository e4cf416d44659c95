internal import Foundation
package import NeedletailNumerics

/// A soft choice among senses that gradients pass through.
package enum SenseSelection {
  /// Sets `weights` to the softmax of the logits.
  package static func soften(_ logits: [Float], into weights: inout [Float]) {
    let largest = logits.max() ?? 0
    var sum: Float = 0
    for index in logits.indices {
      weights[index] = exp(logits[index] - largest)
      sum += weights[index]
    }
    for index in logits.indices { weights[index] /= sum }
  }

  /// Sets `weights` to a draw from the Gumbel-softmax distribution: a random choice by the softmax of the logits that becomes the harder the lower
  /// the temperature (Jang, Gu and Poole; Maddison, Mnih and Teh; both ICLR 2017).
  package static func draw(_ logits: [Float], temperature: Float, into weights: inout [Float], _ generator: inout SeededGenerator) {
    var noisy = logits
    for index in logits.indices {
      let uniform = max(generator.unitFloat(), 1e-7)
      noisy[index] = (logits[index] - log(-log(uniform))) / temperature
    }
    soften(noisy, into: &weights)
  }

  /// The derivative by the logits, given the one by the weights.
  package static func backward(_ errors: [Float], weights: [Float], temperature: Float, into logitErrors: inout [Float]) {
    var mean: Float = 0
    for index in weights.indices { mean += weights[index] * errors[index] }
    for index in weights.indices { logitErrors[index] = weights[index] * (errors[index] - mean) / temperature }
  }

  /// Adds `scale` times the derivative of the entropy of the weights by the logits.
  package static func addEntropyGradient(weights: [Float], scale: Float, to logitErrors: inout [Float]) {
    let logs = weights.map { log(max($0, 1e-20)) }
    var entropy: Float = 0
    for index in weights.indices { entropy -= weights[index] * logs[index] }
    for index in weights.indices { logitErrors[index] -= scale * weights[index] * (logs[index] + entropy) }
  }
}
