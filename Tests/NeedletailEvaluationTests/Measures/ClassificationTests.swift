import NeedletailEvaluation
import Testing

@Suite struct ClassificationTests {
  /// Golden: scikit-learn, with classes that one side lacks and scores that tie.
  @Test func equalsScikitLearn() throws {
    for classes in try StatisticsReference.read().classes {
      #expect(abs(Classification.macroF1(found: classes.found, truth: classes.truth) - classes.macroF1) < 1e-12)
      #expect(abs(Classification.microF1(found: classes.found, truth: classes.truth) - classes.microF1) < 1e-12)
      #expect(abs(Classification.bestF1(scores: classes.scores, isPositive: classes.positive).value - classes.bestF1) < 1e-12)
      #expect(abs(Classification.areaUnderROC(scores: classes.scores, isPositive: classes.positive) - classes.area) < 1e-12)
    }
  }

  @Test func theThresholdFoundGivesTheValueStated() {
    let (scores, positive): ([Float], [Bool]) = ([0.9, 0.8, 0.8, 0.3, 0.1], [true, true, false, true, false])
    let best = Classification.bestF1(scores: scores, isPositive: positive)
    let chosen = zip(scores, positive).filter { $0.0 >= best.threshold }
    let hits = Double(chosen.count { $0.1 })
    #expect(best.value == 2 * hits / Double(chosen.count + 3))
    #expect(Classification.bestF1(scores: [1, 2], isPositive: [false, false]).value == 0)
  }
}
