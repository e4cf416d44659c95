internal import Foundation
internal import NeedletailNumerics

/// A weight for each token of the vocabulary that a sequence calls to mind.
///
/// The head of masked language modelling gives each token's scores of the vocabulary; the weight of a term comes from the largest over
/// the sequence, or from all. Causal networks have no such head: their states are compared with the embeddings of the vocabulary (Doshi et al.,
/// "Mistral-SPLADE", 2024, section 3).
struct VocabularyHead: Sendable {
  /// What the weight of a term is.
  enum Weighting {
    /// log(1 + max(0, score)) of the largest score (Formal et al., "SPLADE v2", 2021, equations 1 and 6).
    case saturated
    /// The sum of log(1 + max(0, score)) over the sequence (Formal, Piwowarski and Clinchant, "SPLADE", SIGIR 2021, equation 1).
    case summed
    /// The score without the bias, below zero too: how much more than usual the term is called to mind.
    case linear
  }

  /// What changes states before they are scored; nil for causal networks.
  private let change: (dense: PackedMatrix, norm: LayerNorm)?
  private let scores: PackedMatrix
  private let activation: Activation
  private let weighting: Weighting

  var terms: Int { scores.outputs }

  /// Rows whose scores are in memory at a time.
  private static let rowsPerStep = 48

  init(_ directory: ModelDirectory, weighting: Weighting = .saturated) throws(ModelError) {
    self.weighting = weighting
    if directory.configuration.architecture == .decoder {
      change = nil
      scores = try directory.embeddingScores()
      activation = .identity
      return
    }
    change = (
      try directory.linear(.vocabularyDense, outputs: directory.configuration.hiddenSize), try directory.norm(.vocabularyNorm)
    )
    scores = try directory.vocabularyScores(hasBias: weighting != .linear)
    // RoBERTa's and MPNet's heads have GELU whatever the layers have.
    switch directory.configuration.architecture {
    case .roberta, .mpnet: activation = .gelu
    default: activation = Activation(directory.configuration.activation)
    }
  }

  /// Writes the weights of the sequence at `rows`.
  func weigh(_ states: Activations, rows: Range<Int>, into output: inout [Float], at place: Int) {
    var largest = [Float](repeating: weighting == .linear ? -.infinity : 0, count: terms)
    let steps = min(Self.rowsPerStep, rows.count)
    let inner = change.map { Activations(.float32, rows: steps, columns: $0.dense.outputs) }
    let scored = Activations(.float32, rows: steps, columns: terms)
    var step = [Float](repeating: 0, count: terms)
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.rowsPerStep) {
      let part = first..<min(rows.upperBound, first + Self.rowsPerStep)
      let local = 0..<part.count
      if let change, let inner {
        change.dense.multiply(states, rows: part, activation: activation, into: inner, firstRow: 0)
        inner.normalise(rows: local, change.norm)
        scores.multiply(inner, rows: local, into: scored, firstRow: 0)
      } else {
        scores.multiply(states, rows: part, into: scored, firstRow: 0)
      }
      if weighting == .summed {
        for row in local {
          scored.reduce(rows: row..<row + 1, .first, scaled: false, into: &step, at: 0)
          for term in largest.indices where step[term] > 0 { largest[term] += log1p(step[term]) }
        }
      } else {
        scored.reduce(rows: local, .maximum, scaled: false, into: &step, at: 0)
        for term in largest.indices where step[term] > largest[term] { largest[term] = step[term] }
      }
    }
    switch weighting {
    case .saturated: for term in largest.indices where largest[term] > 0 { output[place + term] = log1p(largest[term]) }
    case .linear, .summed: output.replaceSubrange(place..<place + terms, with: largest)
    }
  }
}
