import NeedletailCore
import NeedletailRetrieval
import Testing

@Suite struct ScoreInterpolationTests {
  private static let dense = SourceRanking(source: "dense", passages: [(1, 0.9), (2, 0.8), (3, 0.5)])
  private static let lexical = SourceRanking(source: "lexical", passages: [(3, 20), (4, 15), (1, 10)])

  private func scores(_ fusion: ScoreInterpolation) -> [PassageID: Double] {
    Dictionary(uniqueKeysWithValues: fusion.fuse([Self.dense, Self.lexical]).map { ($0.id, $0.score) })
  }

  private func expectEqual(_ found: [PassageID: Double], _ expected: [PassageID: Double]) {
    #expect(found.keys.sorted() == expected.keys.sorted())
    for (id, score) in expected { #expect(abs((found[id] ?? .nan) - score) < 1e-12, "passage \(id): \(found[id] ?? .nan)") }
  }

  @Test func minMaxGivesTheBestOneAndTheWorstZero() {
    expectEqual(scores(ScoreInterpolation()), [1: 0.5, 2: 0.5 * 0.75, 3: 0.5, 4: 0.25])
  }

  @Test func centringSpansOneAroundZero() {
    expectEqual(scores(ScoreInterpolation(normalization: .centred)), [1: 0.5 * 0.5 - 0.5 * 0.5, 2: 0.125, 3: 0, 4: 0])
  }

  /// The convention of the reference hybrid searcher: raw scores, a small factor for words, the minimum for what is missing.
  @Test func missingPassagesTakeTheMinimumOfTheList() {
    let fusion = ScoreInterpolation(normalization: .none, missing: .minimum, weights: ["dense": 1, "lexical": 0.1])
    expectEqual(scores(fusion), [1: 0.9 + 1, 2: 0.8 + 1, 3: 0.5 + 2, 4: 0.5 + 1.5])
  }

  @Test func zScoresCountStandardDeviations() {
    let deviation = ((25.0 + 0 + 25) / 3).squareRoot()
    let found = ScoreInterpolation(normalization: .zScore).fuse([Self.lexical])
    #expect(zip(found.map(\.score), [5 / deviation, 0, -5 / deviation]).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test func distributionsAreCutAtThreeDeviations() {
    // One outlier among 30 equal scores lies more than five deviations away.
    let passages = (0..<30).map { (id: PassageID($0), score: 1.0) }
    let found = ScoreInterpolation(normalization: .distribution)
      .fuse([SourceRanking(source: "a", passages: [(id: 99, score: 100)] + passages)])
    #expect(found[0].score == 1)
    #expect(found[1].score > 0.4 && found[1].score < 0.5)
  }

  @Test(arguments: ScoreInterpolation.Normalization.allCases) func equalScoresDivideByNothing(by normalization: ScoreInterpolation.Normalization) {
    let fusion = ScoreInterpolation(normalization: normalization)
    let found = fusion.fuse([SourceRanking(source: "a", passages: [(7, 3), (2, 3)]), SourceRanking(source: "b", passages: [])])
    #expect(found.map(\.id) == [2, 7])
    #expect(found.allSatisfy { $0.score.isFinite })
  }

  @Test(arguments: [("dense", dense), ("lexical", lexical)]) func allWeightOnOneSourceIsItsRanking(name: String, ranking: SourceRanking) {
    let other = name == "dense" ? "lexical" : "dense"
    let found = ScoreInterpolation(weights: [name: 1, other: 0]).fuse([Self.dense, Self.lexical])
    #expect(found.map(\.id) == ranking.passages.map(\.id))
  }
}
