import NeedletailEvaluation
import Testing

@Suite struct InstructionFollowingTests {
  private func run(_ answers: [String: [String]]) throws(EvaluationError) -> Run {
    var run = Run()
    for (query, documents) in answers {
      try run.record(documents.enumerated().map { Run.Entry(document: $1, score: -Double($0)) }, for: query)
    }
    return run
  }

  @Test(arguments: [(1, 4, 0.75), (4, 1, -0.75), (5, 10, 0.5), (10, 5, -0.5), (3, 3, 0.0), (2, 1001, 1 - 2.0 / 1001)])
  func movementHasThePublishedValues(_ before: Int, _ after: Int, _ expected: Double) {
    #expect(abs(InstructionFollowing.movement(from: before, to: after) - expected) < 1e-12)
  }

  @Test func aRunThatIgnoresTheInstructionHasTheValueZero() throws {
    let same = try run(["q": ["a", "b", "c"]])
    #expect(InstructionFollowing.pairwiseMRR(original: same, changed: same, demoted: ["q": ["a", "c", "gone"], "none": []]) == ["q": 0])
  }

  @Test func averagesWithinEachQueryFirst() throws {
    let original = try run(["q": ["a", "b", "c", "d"], "r": ["a", "b"]])
    let changed = try run(["q": ["b", "c", "d", "a"], "r": ["b"]])
    let values = InstructionFollowing.pairwiseMRR(original: original, changed: changed, demoted: ["q": ["a", "b", "c"], "r": ["a"]])
    // a: 1 → 4, b: 2 → 1, c: 3 → 2
    let expected: Double = (0.75 - 0.5 - 1.0 / 3.0) / 3.0
    let found = try #require(values["q"])
    #expect(abs(found - expected) < 1e-12)
    #expect(values["r"] == 0.5, "a document that is not returned is behind the last")
  }

  /// By hand: of a query with three relevant documents two are no longer, which moved from 1 to 4 and from 3 to 2: (0.75 - 1/3) / 2. Another
  /// query has one, from 2 to 1: -0.5. The mean is over the queries, not over the three documents.
  @Test func whatIsDemotedFollowsFromTwoJudgements() throws {
    let demoted = InstructionFollowing.demoted(
      original: ["q": ["a": 1, "b": 2, "c": 1, "d": 0], "r": ["x": 1, "y": 1], "only": ["z": 1], "same": ["s": 1]],
      changed: ["q": ["a": 0, "b": 1], "r": ["x": 0, "y": 1], "same": ["s": 1]])
    #expect(demoted == ["q": ["a", "c"], "r": ["x"]])
    let (original, changed) = (try run(["q": ["a", "b", "c", "d"], "r": ["y", "x"]]), try run(["q": ["b", "c", "d", "a"], "r": ["x", "y"]]))
    let values = InstructionFollowing.pairwiseMRR(original: original, changed: changed, demoted: demoted)
    let mean = values.values.reduce(0, +) / 2
    #expect(abs(mean - ((0.75 - 1.0 / 3) / 2 - 0.5) / 2) < 1e-12)
  }

  /// Whatever the order in which a file lists equal scores, ranks are those of trec_eval, so that equal runs give 0.
  @Test func tiesDoNotMoveAnything() throws {
    var (first, second) = (Run(), Run())
    let tied = ["a", "b", "c", "d"].map { Run.Entry(document: $0, score: 1) }
    try first.record(tied, for: "q")
    try second.record(tied.reversed(), for: "q")
    #expect(InstructionFollowing.pairwiseMRR(original: first, changed: second, demoted: ["q": ["a", "d"]]) == ["q": 0])
  }

  @Test func takesTheWorstWordingOfEachQuestion() {
    let values = InstructionFollowing.leastOverInstructions(["a-1": 0.4, "a-2": 0.2, "b-1": 1]) { String($0.prefix(1)) }
    #expect(values == ["a": 0.2, "b": 1])
  }
}
