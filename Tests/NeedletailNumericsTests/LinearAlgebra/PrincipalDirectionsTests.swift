import NeedletailNumerics
import Testing

@Suite struct PrincipalDirectionsTests {
  /// Rows that vary by 4, 2 and 0.5 along three known directions at right angles.
  @Test func findsTheDirectionsOfLargestVariance() {
    var random = SeededGenerator(seed: 5)
    let planted: [[Float]] = [[0.6, 0.8, 0, 0], [-0.8, 0.6, 0, 0], [0, 0, 0.8, -0.6]]
    var values: [Float] = []
    for _ in 0..<4000 {
      let weights = [4, 2, 0.5].map { $0 * Float.random(in: -1...1, using: &random) }
      for index in 0..<4 { values.append(3 + zip(weights, planted).reduce(0) { $0 + $1.0 * $1.1[index] }) }
    }
    let found = PrincipalDirections(values, dimension: 4, count: 2)
    #expect(found.mean.allSatisfy { abs($0 - 3) < 0.1 })
    for (number, direction) in planted.prefix(2).enumerated() {
      let product = (0..<4).reduce(Float(0)) { $0 + found.directions[number * 4 + $1] * direction[$1] }
      #expect(abs(abs(product) - 1) < 1e-3)
    }
    // Two components keep all but what the third direction says.
    let kept = found.project(values)
    let lost = (0..<4000).reduce(Float(0)) { sum, row in
      let whole = (0..<4).reduce(Float(0)) { $0 + (values[row * 4 + $1] - found.mean[$1]) * (values[row * 4 + $1] - found.mean[$1]) }
      return sum + whole - kept[row * 2] * kept[row * 2] - kept[row * 2 + 1] * kept[row * 2 + 1]
    }
    #expect(kept.count == 8000 && abs(lost / 4000 - 0.25 / 3) < 0.02)
  }
}
