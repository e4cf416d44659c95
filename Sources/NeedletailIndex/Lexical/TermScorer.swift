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
    // in this order, since `max` gives its first argument where the other is no number: a frequency in a file may be wrong
    return UInt32(max(1, ceiling * (count / (count + (flat + slope * Float(length))))))
  }

  /// The share in a document of several fields whose weighted occurrences add up to `occurrences`; 0 only for none.
  @inline(__always)
  func share(occurrences: Float) -> UInt32 {
    guard occurrences > 0 else { return 0 }
    // a length in a file may be 0, and what it divides then without end
    return UInt32(max(1, occurrences.isFinite ? ceiling * (occurrences / (occurrences + flat)) : ceiling))
  }

  /// A number that no share exceeds of a document whose weighted occurrences add up to at most `occurrences`.
  func bound(occurrences: Float) -> UInt32 {
    let share = occurrences.isFinite ? ceiling * (occurrences / (occurrences + flat)) : ceiling
    return UInt32(min(share.isNaN ? 0 : share * (1 + 0x1p-20), 0x1p31)) + 2
  }

  /// A number that no share in the block exceeds.
  func bound(_ block: PostingBlock) -> UInt32 {
    var highest = bound(block.bounds.0)
    if block.boundCount > 1 { highest = max(highest, bound(block.bounds.1)) }
    if block.boundCount > 2 { highest = max(highest, bound(block.bounds.2)) }
    return highest
  }

  private func bound(_ bound: PostingBound) -> UInt32 {
    // A frequency in a file may be 0, and so may be what divides then.
    let count = max(bound.effectiveFrequency, 1)
    let share = count.isInfinite ? ceiling : ceiling * (count / (count + (flat + slope * Float(bound.length))))
    // Rounding is not monotone to the last bit.
    return UInt32(min(share * (1 + 0x1p-20), 0x1p31)) + 2
  }
}
