import NeedletailEvaluation
import Testing

@Suite struct PairedComparisonTests {
  private func values(_ values: [Double]) -> [String: Double] {
    Dictionary(uniqueKeysWithValues: values.enumerated().map { ("q\($0)", $1) })
  }

  /// Golden: scipy's paired t-test and permutation test; the latter is itself random above 16 queries.
  @Test func equalsSciPy() throws {
    for reference in try Reference.read().comparisons {
      let comparison = try PairedComparison(of: values(reference.first), and: values(reference.second))
      #expect(abs(comparison.tTestProbability - reference.t) < 1e-10)
      let tolerance = reference.first.count > 16 ? 0.005 : 1e-12
      #expect(abs(comparison.randomizationProbability - reference.randomization) < tolerance)
    }
  }

  @Test func equalSystemsDoNotDiffer() throws {
    for count in [2, 40] {
      let same = values([Double](repeating: 0.5, count: count))
      let comparison = try PairedComparison(of: same, and: same, rounds: 100)
      #expect(comparison.meanDifference == 0 && comparison.tTestProbability == 1 && comparison.randomizationProbability == 1)
      #expect(comparison.bootstrapProbability == 1)
    }
  }

  /// Where differences are normal, all three tests ask the same; a difference that never varies is no chance.
  @Test func theBootstrapTestAgreesWithTheOthers() throws {
    var generator = SeededGenerator(seed: 5)
    for shift in [0, 0.05, 0.1, 0.2, 0.4] {
      let first = (0..<120).map { _ in Double.random(in: 0...1, using: &generator) }
      let second = first.map { value in value + shift + (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0...1, using: &generator) } * 0.5 }
      let comparison = try PairedComparison(of: values(first), and: values(second), rounds: 10_000)
      #expect(abs(comparison.bootstrapProbability - comparison.tTestProbability) < 0.03, "\(shift)")
      #expect(abs(comparison.bootstrapProbability - comparison.randomizationProbability) < 0.03, "\(shift)")
    }
    let constant = try PairedComparison(of: values([0.25, 0.5, 0.75, 0]), and: values([0.5, 0.75, 1, 0.25]))
    #expect(constant.bootstrapProbability < 0.001 && constant.tTestProbability == 0)
  }

  @Test func theSeedDecidesTheResult() throws {
    var generator = SeededGenerator(seed: 1)
    let first = values((0..<200).map { _ in Double.random(in: 0...1, using: &generator) })
    let second = values((0..<200).map { _ in Double.random(in: 0...1, using: &generator) })
    let once = try PairedComparison(of: first, and: second, rounds: 1000, seed: 4)
    #expect(try PairedComparison(of: first, and: second, rounds: 1000, seed: 4) == once)
    #expect(abs(try PairedComparison(of: second, and: first, rounds: 1000, seed: 4).meanDifference + once.meanDifference) < 1e-12)
  }

  @Test func refusesWhatCannotBePaired() {
    #expect(throws: EvaluationError.self) { try PairedComparison(of: ["a": 1, "b": 1], and: ["a": 1, "c": 1]) }
    #expect(throws: EvaluationError.self) { try PairedComparison(of: ["a": 1], and: ["a": 1]) }
  }
}
