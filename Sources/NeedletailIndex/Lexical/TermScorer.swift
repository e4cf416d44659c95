/// The share of one term in the scores of a query, in whole numbers.
///
/// Shares are rounded to multiples of a power of two that depends on the query and the collection only. Sums of whole
/// numbers do not depend on their order, so that a document scores the same in whatever order its terms are added, and in
/// whatever segment it lies.
struct TermScorer {
  /// The share of a term without end: weight times inverse document frequency, scaled.
  let ceiling: Float
  /// k1 (1 - b) and k1 b / average length.
  let flat: Float
  let slope: Float

  init(ceiling: Float, flat: Float, slope: Float) {
    self.ceiling = ceiling
    self.flat = flat
    self.slope = slope
  }

  /// The share in a document with `frequency` occurrences and `length` terms; never 0. `PostingKernels.accumulate` computes the same.
  @inline(__always)
  func share(frequency: UInt32, length: UInt32) -> UInt32 {
    let count = Float(frequency)
    return max(1, UInt32(ceiling * (count / (count + (flat + slope * Float(length))))))
  }

  /// A number that no share in the block exceeds.
  func bound(_ block: PostingBlock) -> UInt32 {
    var highest = bound(block.bounds.0)
    if block.boundCount > 1 { highest = max(highest, bound(block.bounds.1)) }
    if block.boundCount > 2 { highest = max(highest, bound(block.bounds.2)) }
    return highest
  }

  private func bound(_ bound: PostingBound) -> UInt32 {
    let count = bound.effectiveFrequency
    let share = count.isInfinite ? ceiling : ceiling * (count / (count + (flat + slope * Float(bound.length))))
    // Rounding is not monotone to the last bit.
    return UInt32(min(share * (1 + 0x1p-20), 0x1p31)) + 2
  }
}

/// The terms of a query that an index has, with their scorers, and the scale of the shares.
struct LexicalQuery {
  /// Shares are scores times this power of two.
  private(set) var scale: Float = 1
  private(set) var terms: [(entry: TermEntry, scorer: TermScorer)] = []

  /// The scale leaves room for the sum of all ceilings.
  private static let largestSum = 0x1p30

  /// - Parameter boosts: factors of the terms' shares; those that are not positive finite numbers do not count.
  init(_ boosts: [String: Double], in index: LexicalIndex, _ parameters: BM25Parameters, _ statistics: LexicalStatistics) {
    // A fixed order: the sum below must not depend on the order in a hash table.
    let weights = boosts.keys.sorted().compactMap { word -> (word: String, weight: Double)? in
      guard !word.isEmpty, let boost = boosts[word], boost > 0, boost.isFinite else { return nil }
      return (word, boost * statistics.inverseDocumentFrequency(of: word))
    }
    let total = weights.reduce(0) { $0 + $1.weight }
    guard total > 0 else { return }
    let exponent = (Self.largestSum / total).exponent
    scale = Float(sign: .plus, exponent: Int(min(exponent, 60)), significand: 1)
    let slope = parameters.saturation * parameters.lengthNormalization / Float(statistics.averageLength)
    let flat = parameters.saturation * (1 - parameters.lengthNormalization)
    for (word, weight) in weights {
      guard let place = index.place(of: word) else { continue }
      terms.append((index.terms[place], TermScorer(ceiling: Float(weight) * scale, flat: flat, slope: slope)))
    }
  }
}
