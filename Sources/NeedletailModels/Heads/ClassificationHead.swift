internal import Foundation
internal import NeedletailNumerics

/// Scores of a sequence by the state of its first token: a dense layer, then a linear one.
struct ClassificationHead: Sendable {
  private let dense: PackedMatrix
  /// DistilBERT's cuts off below zero, the others' is the hyperbolic tangent.
  private let cutsOff: Bool
  private let classifier: PackedMatrix

  var labels: Int { classifier.outputs }

  init(_ directory: ModelDirectory) throws(ModelError) {
    dense = try directory.linear(.classifierDense, outputs: directory.configuration.hiddenSize)
    classifier = try directory.linear(.classifier, outputs: nil)
    cutsOff = directory.configuration.architecture == .distilBERT
  }

  /// Writes the scores of the sequence at `rows`.
  func score(_ states: Activations, rows: Range<Int>, into output: inout [Float], at place: Int) {
    let inner = Activations(.float32, rows: 1, columns: dense.outputs)
    let first = rows.lowerBound..<rows.lowerBound + 1
    dense.multiply(states, rows: first, activation: cutsOff ? .relu : .identity, into: inner, firstRow: 0)
    if !cutsOff { inner[0] = inner[0].map { tanh($0) } }
    let scores = Activations(.float32, rows: 1, columns: labels)
    classifier.multiply(inner, rows: 0..<1, into: scores, firstRow: 0)
    output.replaceSubrange(place..<place + labels, with: scores[0])
  }
}
