import NeedletailEvaluation
import Testing

@Suite struct CorrelationTests {
  /// Golden: scipy, with ties.
  @Test func equalsSciPy() throws {
    for lists in try StatisticsReference.read().lists {
      #expect(abs(try #require(Correlation.pearson(lists.first, lists.second)) - lists.pearson) < 1e-12)
      #expect(abs(try #require(Correlation.spearman(lists.first, lists.second)) - lists.spearman) < 1e-12)
      #expect(abs(try #require(Correlation.kendall(lists.first, lists.second)) - lists.kendall) < 1e-12)
    }
  }

  @Test func saysNothingWhereAListDoesNotVary() {
    #expect(Correlation.pearson([1, 1, 1], [1, 2, 3]) == nil)
    #expect(Correlation.spearman([1], [2]) == nil)
    #expect(Correlation.kendall([], []) == nil)
    #expect(Correlation.partial([1, 2, 3], [1, 2, 4], given: [1, 2, 3]) == nil)
  }

  /// What a third list causes in both disappears when it is held fixed.
  @Test func partialCorrelationTakesOutACommonCause() throws {
    var generator = SeededGenerator(seed: 5)
    let cause = (0..<2000).map { _ in Double.random(in: 0...1, using: &generator) }
    let first = cause.map { $0 + Double.random(in: 0...0.5, using: &generator) }
    let second = cause.map { $0 + Double.random(in: 0...0.5, using: &generator) }
    #expect(try #require(Correlation.pearson(first, second)) > 0.6)
    #expect(abs(try #require(Correlation.partial(first, second, given: cause))) < 0.06)
  }
}
