internal import Foundation
internal import NeedletailCore
internal import NeedletailNumerics

/// The state of fitting a network of curves: weights and the moments of Adam.
package struct CurveTraining {
  private let fitter: RelevanceFitter
  private let mapping: ScoreMapping
  private let dimension: Int
  private let hidden: Int
  private let outputs: Int
  private let weightDecay: Double
  package private(set) var weights: [Double]
  private var firstMoment: [Double]
  private var secondMoment: [Double]
  private var step = 0

  /// Random weights below, none above, so that every question starts with the same curve.
  package init(_ fitter: RelevanceFitter, _ training: RelevanceExamples, start: SIMD3<Double>) {
    self.fitter = fitter
    mapping = fitter.mapping
    dimension = training.queries.dimension
    (hidden, weightDecay) = fitter.sizes(questions: training.count)
    outputs = mapping.parameterCount
    let count = CurveNetwork.weightCount(dimension: dimension, hidden: hidden, outputs: outputs)
    weights = [Double](repeating: 0, count: count)
    var generator = SeededGenerator(seed: fitter.seed)
    let range = (6 / Double(dimension)).squareRoot()
    for place in 0..<hidden * dimension { weights[place] = Double.random(in: -range...range, using: &generator) }
    for output in 0..<outputs { weights[count - outputs + output] = start[output] }
    firstMoment = [Double](repeating: 0, count: count)
    secondMoment = firstMoment
  }

  var network: CurveNetwork {
    CurveNetwork(dimension: dimension, hidden: hidden, outputs: outputs, weights: weights.map(Float.init))
  }

  /// Goes on from other weights; for tests of the gradient.
  package mutating func replaceWeights(_ weights: [Double]) {
    precondition(weights.count == self.weights.count)
    self.weights = weights
  }

  /// Passes over all questions once in an order of the epoch's own.
  mutating func runEpoch(_ examples: RelevanceExamples, number: Int) {
    var generator = SeededGenerator(seed: fitter.seed &+ 0x9E37 &* UInt64(number + 1))
    let order = (0..<examples.count).shuffled(using: &generator)
    for start in stride(from: 0, to: order.count, by: fitter.batch) {
      let batch = order[start..<min(start + fitter.batch, order.count)]
      let candidates = batch.reduce(0) { $0 + examples.candidates(of: $1).count }
      guard candidates > 0 else { continue }
      var gradient = [Double](repeating: 0, count: weights.count)
      for query in batch {
        let mask = (0..<hidden).map { _ in Double.random(in: 0..<1, using: &generator) < fitter.dropout ? 0 : 1 / (1 - fitter.dropout) }
        add(query, of: examples, mask: mask, share: 1 / Double(candidates), to: &gradient)
      }
      descend(gradient)
    }
  }

  /// The loss of one question's candidates, and its gradient; tests compare them.
  ///
  /// - Parameters:
  ///   - mask: a factor for each unit.
  ///   - share: a factor for the loss.
  @discardableResult
  package func add(_ query: Int, of examples: RelevanceExamples, mask: [Double], share: Double, to gradient: inout [Double]) -> Double {
    let input = CurveNetwork.input(examples.queries[query])
    let (biases, second, offsets) = (hidden * dimension, hidden * (dimension + 1), hidden * (dimension + 1) + outputs * hidden)
    var units = [Double](repeating: 0, count: hidden)
    var curve = SIMD3<Double>.zero
    for output in 0..<outputs { curve[output] = weights[offsets + output] }
    for unit in 0..<hidden where mask[unit] > 0 {
      var sum = weights[biases + unit]
      for component in 0..<dimension { sum += weights[unit * dimension + component] * input[component] }
      units[unit] = max(0, sum) * mask[unit]
      for output in 0..<outputs { curve[output] += weights[second + output * hidden + unit] * units[unit] }
    }

    var loss = 0.0
    var byCurve = SIMD3<Double>.zero
    for place in examples.candidates(of: query) {
      let (cosine, label) = (examples.cosines[place], examples.labels[place])
      let logOdds = mapping.value(cosine, curve)
      loss += share * (ScoreMapping.softplus(logOdds) - label * logOdds)
      byCurve += share * (ScoreMapping.sigmoid(logOdds) - label) * mapping.gradient(cosine, curve)
    }

    let dependent = mapping.dependent
    for output in 0..<outputs { gradient[offsets + output] += byCurve[output] }
    for unit in 0..<hidden where units[unit] > 0 {
      var byUnit = 0.0
      for output in 0..<outputs where dependent[output] {
        gradient[second + output * hidden + unit] += byCurve[output] * units[unit]
        byUnit += byCurve[output] * weights[second + output * hidden + unit]
      }
      byUnit *= mask[unit]
      gradient[biases + unit] += byUnit
      for component in 0..<dimension { gradient[unit * dimension + component] += byUnit * input[component] }
    }
    return loss
  }

  private mutating func descend(_ gradient: [Double]) {
    step += 1
    let (first, second) = (1 - pow(0.9, Double(step)), 1 - pow(0.999, Double(step)))
    let decayed = weights.count - outputs
    for place in weights.indices {
      let slope = gradient[place]
      firstMoment[place] += 0.1 * (slope - firstMoment[place])
      secondMoment[place] += 0.001 * (slope * slope - secondMoment[place])
      let direction = firstMoment[place] / first / ((secondMoment[place] / second).squareRoot() + 1e-8)
      weights[place] -= fitter.learningRate * (direction + (place < decayed ? weightDecay * weights[place] : 0))
    }
  }
}
