import NeedletailEvaluation
import Testing

@Suite struct MultipleComparisonsTests {
  /// Golden: statsmodels.
  @Test func equalsStatsmodels() throws {
    for reference in try StatisticsReference.read().corrections {
      for (correction, expected) in [
        (MultipleComparisons.bonferroni, reference.bonferroni), (.holm, reference.holm), (.benjaminiHochberg, reference.benjaminiHochberg),
      ] {
        let adjusted = correction.adjusted(reference.probabilities)
        #expect(zip(adjusted, expected).allSatisfy { abs($0 - $1) < 1e-12 }, "\(correction): \(adjusted), \(expected)")
      }
      #expect(MultipleComparisons.none.adjusted(reference.probabilities) == reference.probabilities)
    }
  }

  @Test func strongerPromisesNeverGiveSmallerProbabilities() {
    var generator = SeededGenerator(seed: 3)
    for count in [0, 1, 2, 40] {
      let probabilities = (0..<count).map { _ in Double.random(in: 0...1, using: &generator) }
      let (bonferroni, holm) = (MultipleComparisons.bonferroni.adjusted(probabilities), MultipleComparisons.holm.adjusted(probabilities))
      let hochberg = MultipleComparisons.benjaminiHochberg.adjusted(probabilities)
      for index in probabilities.indices {
        #expect(bonferroni[index] >= holm[index] && holm[index] >= hochberg[index] && hochberg[index] >= probabilities[index])
      }
    }
  }
}
