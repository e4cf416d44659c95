internal import Foundation
package import NeedletailNumerics

/// Draws words in proportion to a power of their counts, by the alias method in constant time (Walker, ACM TOMS 1977; the
/// construction is Vose's, IEEE TSE 1991).
package struct NoiseDistribution: Sendable {
  private let thresholds: [UInt32]
  private let aliases: [Int32]
  /// The logarithm of each word's probability.
  package let logProbabilities: [Float]

  /// - Parameter power: 0.75 in Mikolov et al. (NeurIPS 2013, section 2.2).
  package init(counts: [Int], power: Double = 0.75) {
    precondition(!counts.isEmpty, "nothing to draw from")
    let weights = counts.map { pow(Double(max(1, $0)), power) }
    let total = weights.reduce(0, +)
    logProbabilities = weights.map { Float(log($0 / total)) }
    var scaled = weights.map { $0 / total * Double(counts.count) }
    var small = scaled.indices.filter { scaled[$0] < 1 }
    var large = scaled.indices.filter { scaled[$0] >= 1 }
    var thresholds = [UInt32](repeating: .max, count: counts.count)
    var aliases = counts.indices.map { Int32($0) }
    while let low = small.popLast(), let high = large.last {
      thresholds[low] = UInt32(min(scaled[low] * 4_294_967_296, 4_294_967_295))
      aliases[low] = Int32(high)
      scaled[high] -= 1 - scaled[low]
      if scaled[high] < 1 { small.append(large.removeLast()) }
    }
    self.thresholds = thresholds
    self.aliases = aliases
  }

  package func draw(_ generator: inout SeededGenerator) -> Int32 {
    let bits = generator.next()
    let slot = Int(((bits >> 32) &* UInt64(thresholds.count)) >> 32)
    return UInt32(truncatingIfNeeded: bits) <= thresholds[slot] ? Int32(slot) : aliases[slot]
  }
}

/// Leaves out occurrences of very frequent words (Mikolov et al., NeurIPS 2013, section 2.3, in the form of their program: a word is kept with the
/// probability `(√(f/t) + 1) t/f`, where f is its share of the text).
package struct Subsampling: Sendable {
  private let thresholds: [UInt32]

  /// - Parameter sample: t; 0 keeps everything.
  package init(counts: [Int], sample: Double) {
    let total = Double(counts.reduce(0, +))
    thresholds = counts.map { count in
      guard sample > 0, count > 0 else { return .max }
      let ratio = sample * total / Double(count)
      return UInt32(min(1, (1 / ratio).squareRoot() * ratio + ratio) * 4_294_967_295)
    }
  }

  /// Sets `kept` to the words that stay.
  package func select(_ words: ArraySlice<Int32>, into kept: inout [Int32], _ generator: inout SeededGenerator) {
    kept.removeAll(keepingCapacity: true)
    for word in words {
      let threshold = thresholds[Int(word)]
      if threshold == .max || UInt32(truncatingIfNeeded: generator.next() >> 32) <= threshold { kept.append(word) }
    }
  }

  /// The probability that an occurrence of the word stays.
  func probability(of word: Int) -> Double { Double(thresholds[word]) / 4_294_967_295 }
}
