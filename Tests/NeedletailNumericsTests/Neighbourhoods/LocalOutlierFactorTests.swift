import NeedletailNumerics
import Testing

@Suite struct LocalOutlierFactorTests {
  @Test func plantedFarPointsStandOut() {
    var generator = SeededGenerator(seed: 8)
    let inside = (0..<100 * 4).map { _ in Float.random(in: -1...1, using: &generator) }
    var outside = [Float](repeating: 0, count: 5 * 4)
    for far in 0..<5 { outside[far * 4 + far % 4] = Float(far.isMultiple(of: 2) ? 9 + far : -9 - far) }
    let factors = LocalOutlierFactor.factors(of: inside + outside, dimension: 4)
    let dropped = factors.indices.filter { factors[$0] > LocalOutlierFactor.usualLimit }
    #expect(Set(100..<105).isSubset(of: dropped))
    #expect(dropped.filter { $0 < 100 }.count <= 5)
  }

  /// The four points of a worked example, by hand: 0, 1, 2 and 10 on a line, k = 2.
  @Test func aSmallExampleAgreesWithTheDefinition() {
    let factors = LocalOutlierFactor.factors(of: [0, 1, 2, 10], dimension: 1, neighbours: 2)
    // k-distances 2, 1, 2, 9; densities 2/3, 1/2, 2/3, 2/17.
    let expected: [Float] = [0.875, 1.333_333_3, 0.875, 4.958_333_3]
    #expect(zip(factors, expected).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func fewOrEqualPointsAreNoOutliers() {
    #expect(LocalOutlierFactor.factors(of: [], dimension: 2) == [])
    #expect(LocalOutlierFactor.factors(of: [1, 2], dimension: 2) == [1])
    #expect(LocalOutlierFactor.factors(of: [1, 1, 1, 1], dimension: 1, neighbours: 2) == [1, 1, 1, 1])
  }
}
