import NeedletailEvaluation
import Testing

@Suite struct ConfidenceIntervalTests {
  /// scipy.stats.t.interval(confidence, n - 1, mean, sem), SciPy 1.17.
  @Test(arguments: [
    ([1.0, 2, 3, 4], 0.95, 0.4457397432394794, 4.554260256760521),
    ([0.31, 0.35, 0.29], 0.95, 0.24077500599473145, 0.39255832733860185),
    ([0.31, 0.35, 0.29], 0.9, 0.2651629621499295, 0.36817037118340373),
  ])
  func equalsSciPyForTheMeanOfAFewValues(_ values: [Double], _ confidence: Double, _ low: Double, _ high: Double) throws {
    let interval = try #require(ConfidenceInterval(ofMean: values, confidence: confidence))
    #expect(abs(interval.low - low) < 1e-9)
    #expect(abs(interval.high - high) < 1e-9)
  }

  @Test func needsTwoValuesForAnIntervalOfTheMean() {
    #expect(ConfidenceInterval(ofMean: [1]) == nil)
    #expect(ConfidenceInterval(ofMean: []) == nil)
  }

  @Test func bootstrapsTheIntervalThatTheNormalDistributionHasForManyValues() {
    let values = (0..<400).map { Double($0 % 20) }
    let interval = ConfidenceInterval(bootstrapping: values, seed: 3)
    // mean 9.5, standard deviation 5.766, so 9.5 ± 1.96 * 5.766 / 20
    #expect(abs(interval.low - 8.935) < 0.03)
    #expect(abs(interval.high - 10.065) < 0.03)
    #expect(interval == ConfidenceInterval(bootstrapping: values, seed: 3))
    #expect(interval != ConfidenceInterval(bootstrapping: values, seed: 4))
  }
}
