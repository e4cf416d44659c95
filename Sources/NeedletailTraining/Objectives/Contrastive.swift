internal import Foundation
public import NeedletailNumerics

/// Queries are to score their passages above all others of the batch, which includes the hard negatives that examples bring.
///
/// Known in the literature as InfoNCE, in-batch softmax, or multiple negatives ranking; `loss` says what happens with several positives.
/// Passages that are known to answer a query never count as its negatives. Related: `Distillation` where a teacher has scored the
/// passages, `TripletMargin` where batches are too small for in-batch negatives.
public struct Contrastive: Objective {
  public let loss: PositiveLoss
  public let comparison: Comparison
  /// Scores are divided by it: 0.05 is customary with the cosine, 1 with dot products.
  public let temperature: Float
  /// Whether passages look for their queries too (as in Radford et al., "Learning Transferable Visual Models", ICML 2021).
  public let isSymmetric: Bool
  /// Whether a passage that examples name often is held against queries less, as it comes up more often than its share (Bengio and
  /// Senécal, IEEE Transactions on Neural Networks 2008, equation 7): scores lose the logarithm of the frequency. Scores without it
  /// learn the chance of a passage over its frequency, with it the chance itself.
  public let correctsFrequency: Bool
  /// Passages whose cosine with a query's positive is at least this are no negatives of the query: they probably answer it too, and most
  /// are copies. Nil spares none.
  public let sparedSimilarity: Float?
  /// Decides which positives are drawn, together with the batch.
  public let seed: UInt64

  public init(
    loss: PositiveLoss = .first, comparison: Comparison = .cosine, temperature: Float = 0.05, isSymmetric: Bool = false,
    correctsFrequency: Bool = false, sparedSimilarity: Float? = nil, seed: UInt64 = 0
  ) {
    precondition(temperature > 0, "a temperature of \(temperature)")
    self.loss = loss
    self.comparison = comparison
    self.temperature = temperature
    self.isSymmetric = isSymmetric
    self.correctsFrequency = correctsFrequency
    self.sparedSimilarity = sparedSimilarity
    self.seed = seed
  }

  public func loss(queries: Tensor, passages: Tensor, batch: ExampleBatch) throws -> Tensor {
    let scores = try comparison.scores(queries, passages).scaled(by: 1 / temperature)
    // the batch itself says what to draw, so that the same step draws the same
    var generator = SeededGenerator(seed: batch.queries.reduce(seed) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 })
    let draws = batch.queries.map { _ in generator.next() }
    let corrections = correctsFrequency ? batch.occurrences.map { log(Double(max(1, $0))) } : []
    let ignored = try spared(passages, batch)
    let forward = try scores.meanOfRows { row, scores in
      let scores = corrections.isEmpty ? scores : zip(scores, corrections).map { $0 - $1 }
      return loss.value(scores: scores, positives: batch.positives[row], ignored: ignored[row], draw: draws[row])
    }
    guard isSymmetric else { return forward }
    let askers = (0..<batch.passages.count).map { passage in batch.positives.indices.filter { batch.positives[$0].contains(passage) } }
    let backward = try scores.transposed().meanOfRows { passage, scores in
      let ignored = Set(ignored.indices.filter { ignored[$0].contains(passage) })
      return PositiveLoss.first.value(scores: scores, positives: askers[passage], ignored: ignored)
    }
    return try forward.adding(backward).scaled(by: 0.5)
  }

  /// For each query what counts as nothing, with what is too like its positives.
  private func spared(_ passages: Tensor, _ batch: ExampleBatch) throws -> [Set<Int>] {
    guard let sparedSimilarity else { return batch.ignored }
    let cosines = try Comparison.cosine.scores(passages, passages).values
    let count = batch.passages.count
    return batch.positives.indices.map { row in
      let positives = batch.positives[row]
      let alike = (0..<count).filter { column in
        !positives.contains(column) && positives.contains { cosines[$0 * count + column] >= sparedSimilarity }
      }
      return batch.ignored[row].union(alike)
    }
  }
}
