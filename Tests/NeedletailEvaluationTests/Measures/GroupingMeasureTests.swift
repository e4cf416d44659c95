import Foundation
import NeedletailEvaluation
import Testing

@Suite struct GroupingMeasureTests {
  @Test func randIndexOfKnownGroupings() {
    #expect(Clustering.adjustedRandIndex(found: [1, 1, 2, 3], truth: [7, 7, 5, 9]) == 1)
    #expect(abs(Clustering.adjustedRandIndex(found: [1, 1, 2, 2], truth: [1, 2, 1, 2]) + 0.5) < 1e-12)
    #expect(Clustering.adjustedRandIndex(found: [1, 1, 1], truth: [2, 2, 2]) == 1)
    #expect(Clustering.adjustedRandIndex(found: [], truth: []) == 1)
  }

  @Test func randIndexAgreesWithCountingPairs() {
    var generator = SystemRandomNumberGenerator()
    var sum = 0.0
    for _ in 0..<200 {
      let count = 30
      let found = (0..<count).map { _ in Int.random(in: 0..<4, using: &generator) }
      let truth = (0..<count).map { _ in Int.random(in: 0..<3, using: &generator) }
      // In terms of pairs that are together in both, one or none of the groupings.
      var (both, onlyFound, onlyTruth, neither) = (0.0, 0.0, 0.0, 0.0)
      for first in 0..<count {
        for second in first + 1..<count {
          switch (found[first] == found[second], truth[first] == truth[second]) {
          case (true, true): both += 1
          case (true, false): onlyFound += 1
          case (false, true): onlyTruth += 1
          case (false, false): neither += 1
          }
        }
      }
      let expected = 2 * (both * neither - onlyFound * onlyTruth)
        / ((both + onlyTruth) * (onlyTruth + neither) + (both + onlyFound) * (onlyFound + neither))
      let index = Clustering.adjustedRandIndex(found: found, truth: truth)
      #expect(abs(index - expected) < 1e-12)
      sum += index
    }
    #expect(abs(sum / 200) < 0.02, "unrelated groupings score about zero")
  }

  @Test func areaUnderTheCurveIsTheShareOfPairsInOrder() {
    #expect(Classification.areaUnderROC(scores: [0.1, 0.2, 0.8, 0.9], isPositive: [false, false, true, true]) == 1)
    #expect(Classification.areaUnderROC(scores: [1, 1, 1], isPositive: [true, false, true]) == 0.5)
    #expect(Classification.areaUnderROC(scores: [3, 2, 1, 2], isPositive: [true, true, false, false]) == 0.875)
    #expect(Classification.areaUnderROC(scores: [1, 2], isPositive: [true, true]) == 0.5)
    #expect(Classification.microF1(found: [1, 2, 3, 3], truth: [1, 2, 3, 4]) == 0.75)
  }

  @Test func tiesCountAsTheMeanOfAllOrders() {
    let groups = [(2, 1), (1, 1), (3, 2)].map { TiedRanking.Group(count: $0, relevant: $1) }
    let ranking = TiedRanking(groups: groups)
    var precisions: [Double] = []
    var gains: [Double] = []
    // All orders of marks within each group, each as often as orders of the items give it.
    for first in [[true, false], [false, true]] {
      for last in [[true, true, false], [true, false, true], [false, true, true]] {
        let marks = first + [true] + last
        var found = 0.0
        precisions.append(marks.enumerated().reduce(0.0) { sum, mark in
          guard mark.element else { return sum }
          found += 1
          return sum + found / Double(mark.offset + 1)
        } / 4)
        let gain = marks.prefix(4).enumerated().reduce(0.0) { $0 + ($1.element ? 1 / log2(Double($1.offset + 2)) : 0) }
        gains.append(gain / (0..<4).reduce(0.0) { $0 + 1 / log2(Double($1 + 2)) })
      }
    }
    #expect(abs(ranking.averagePrecision - precisions.reduce(0, +) / 6) < 1e-12)
    #expect(abs(ranking.nDCG(at: 4) - gains.reduce(0, +) / 6) < 1e-12)
    #expect(TiedRanking(groups: []).averagePrecision == 0 && TiedRanking(groups: []).nDCG(at: 10) == 0)
  }
}
