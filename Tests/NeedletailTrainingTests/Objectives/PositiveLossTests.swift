import Foundation
import NeedletailNumerics
import NeedletailTraining
import Testing

@Suite struct PositiveLossTests {
  /// Positives with scores 2 and 1, negatives with 0.5, -0.5 and 0.
  private let scores = [2.0, 1.0, 0.5, -0.5, 0.0]
  private let positives = [0, 1]
  private static let all: [PositiveLoss] = [
    .first, .random, .joint(isMean: false), .joint(isMean: true), .sumOfMarginals,
    .logSumExpOfPairs(negatives: .all, positives: .all, isMean: false), .logSumExpOfPairs(negatives: .all, positives: .all, isMean: true),
    .logSumExpOfPairs(negatives: .hardest, positives: .all, isMean: false), .logSumExpOfPairs(negatives: .all, positives: .weakest, isMean: false),
    .logSumExpOfPairs(negatives: .all, positives: .strongest, isMean: false),
  ]
  private static let pairs = PositiveLoss.logSumExpOfPairs(negatives: .all, positives: .all, isMean: false)

  private func near(_ a: [Double], _ b: [Double], _ tolerance: Double = 1e-5) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < tolerance }
  }

  @Test func goldenValuesAndGradients() throws {
    func result(_ loss: PositiveLoss, draw: UInt64 = 0) throws -> (Double, [Double]) {
      try #require(loss.value(scores: scores, positives: positives, draw: draw))
    }
    let joint = try result(.joint(isMean: false))
    #expect(abs(joint.0 - 2.184918) < 1e-5)
    let mean = try result(.joint(isMean: true))
    #expect(abs(mean.0 - 1.092459) < 1e-5 && near(mean.1, [0.052966, -0.296575, 0.123383, 0.045390, 0.074836]))
    let marginals = try result(.sumOfMarginals)
    #expect(abs(marginals.0 - 0.279197) < 1e-5 && near(marginals.1, [-0.178093, -0.065517, 0.123383, 0.045390, 0.074836]))
    let pairs = try result(Self.pairs)
    #expect(abs(pairs.0 - 0.970055) < 1e-5 && near(pairs.1, [-0.166996, -0.453942, 0.314493, 0.115695, 0.190750]))
    let meanOfPairs = try result(.logSumExpOfPairs(negatives: .all, positives: .all, isMean: true)).0
    #expect(abs(meanOfPairs - 0.485028) < 1e-5)
    let drawn = [try result(.random, draw: 0).0, try result(.random, draw: 1).0]
    #expect(near(drawn, [0.365025, 0.787339]))
  }

  @Test(arguments: all) func gradientsAreThoseOfTheValues(loss: PositiveLoss) throws {
    let (_, gradient) = try #require(loss.value(scores: scores, positives: positives, ignored: [3], draw: 1))
    #expect(abs(gradient.reduce(0, +)) < 1e-12)
    for place in scores.indices {
      var (above, below) = (scores, scores)
      above[place] += 1e-5
      below[place] -= 1e-5
      let values = [above, below].map { loss.value(scores: $0, positives: positives, ignored: [3], draw: 1)?.value ?? .nan }
      #expect(abs((values[0] - values[1]) / 2e-5 - gradient[place]) < 1e-6)
    }
    #expect(gradient[3] == 0)
  }

  @Test(arguments: all) func withOnePositiveAllAreTheSame(loss: PositiveLoss) throws {
    if case .logSumExpOfPairs(negatives: .hardest, _, _) = loss { return }
    let one = try #require(loss.value(scores: scores, positives: [1]))
    let first = try #require(PositiveLoss.first.value(scores: scores, positives: [1]))
    #expect(abs(one.value - first.value) < 1e-12 && near(one.gradient, first.gradient, 1e-12))
  }

  @Test(arguments: all) func aShiftOfAllScoresChangesNothingAndLargeScoresStayFinite(loss: PositiveLoss) throws {
    let plain = try #require(loss.value(scores: scores, positives: positives))
    let shifted = try #require(loss.value(scores: scores.map { $0 + 700 }, positives: positives))
    #expect(abs(plain.value - shifted.value) < 1e-9 && near(plain.gradient, shifted.gradient, 1e-9))
    let extreme = try #require(loss.value(scores: [80, -80, 80, -80, 0], positives: positives))
    #expect(extreme.value.isFinite && extreme.gradient.allSatisfy(\.isFinite))
    #expect(loss.value(scores: scores, positives: []) == nil)
  }

  @Test(arguments: all) func theOrderOfPositivesDoesNotMatterBeyondTheFirst(loss: PositiveLoss) throws {
    if [.first, .random].contains(loss) { return }
    let one = try #require(loss.value(scores: scores, positives: [0, 1]))
    let other = try #require(loss.value(scores: scores, positives: [1, 0]))
    #expect(abs(one.value - other.value) < 1e-12 && near(one.gradient, other.gradient, 1e-12))
  }

  @Test func drawnPositivesMeetTheirExpectationAndDifferFromPairs() throws {
    let scores = [log(2.0), 0, 0]
    var generator = SeededGenerator(seed: 3)
    let count = 20_000
    var sum = [0.0, 0.0]
    for _ in 0..<count {
      let gradient = try #require(PositiveLoss.random.value(scores: scores, positives: [0, 1], draw: generator.next())).gradient
      for place in 0..<2 { sum[place] += gradient[place] / Double(count) }
    }
    // a draw gives -1/3 or 0, and -1/2 or 0
    #expect(abs(sum[0] + 1 / 6.0) < 3 * (1 / 6.0) / Double(count).squareRoot())
    #expect(abs(sum[1] + 1 / 4.0) < 3 * (1 / 4.0) / Double(count).squareRoot())
    let pairs = try #require(Self.pairs.value(scores: scores, positives: [0, 1])).gradient
    #expect(near(Array(pairs.prefix(2)), [-1 / 5.0, -2 / 5.0], 1e-12))
  }

  @Test func theWeakestPositiveGetsItsShareInTheOrderOfThePaper() throws {
    func share(_ loss: PositiveLoss) throws -> Double {
      let draws: [UInt64] = loss == .random ? [0, 1] : [0]
      var pull = [0.0, 0.0]
      for draw in draws {
        let gradient = try #require(loss.value(scores: scores, positives: positives, draw: draw)).gradient
        for place in 0..<2 { pull[place] += max(0, -gradient[place]) }
      }
      return pull[1] / (pull[0] + pull[1])
    }
    let (pairs, random, marginals) = (try share(Self.pairs), try share(.random), try share(.sumOfMarginals))
    #expect(pairs > random && random > 0.5 && marginals < 0.5)
  }
}
