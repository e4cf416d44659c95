import Foundation
import NeedletailEvaluation
import Testing

@Suite struct JudgePanelTests {
  /// The textbook example of ten items, fourteen raters and five categories.
  @Test func kappaIsThatOfTheTextbook() throws {
    let counts = [
      [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
      [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]
    #expect(abs(try #require(JudgePanel.fleissKappa(counts)) - 0.210) < 0.0005)
    #expect(JudgePanel.fleissKappa([[3, 0], [0, 3]]) == 1)
    #expect(JudgePanel.fleissKappa([[3, 0], [3, 0]]) == nil && JudgePanel.fleissKappa([]) == nil && JudgePanel.fleissKappa([[1, 0]]) == nil)
  }

  @Test func relevanceIsUnanimous() {
    #expect(!JudgePanel.isRelevant([5, 5, 3], threshold: 4))
    #expect(JudgePanel.isRelevant([4, 5, 4], threshold: 4))
    #expect(!JudgePanel.isRelevant([], threshold: 4))
  }

  @Test func makesJudgementsFromAFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("grades.tsv", "query\tdocument\tjudge\tgrade\nq\ta\tx\t5\nq\ta\ty\t4\nq\tb\tx\t5\nq\tb\ty\t2\nr\tc\tx\t1\nr\tc\ty\t1\n")
    let panel = try JudgePanel(file: path)
    #expect(panel.judgements == ["q": ["a": 1, "b": 0], "r": ["c": 0]])
    #expect(panel.judges == ["x", "y"] && abs(panel.disagreement - 1 / 3.0) < 1e-12)
    #expect(panel.missingPositives(in: ["q": ["b": 1]]) == 0.5 && panel.missingPositives(in: ["q": ["a": 1]]) == 0)
  }

  @Test(arguments: [
    ("q\ta\tx\t5\nq\ta\tx\t4\n", "before"), ("q\ta\tx\t5\n", "two judges"), ("q\ta\tx\t5\nq\tb\ty\t5\n", "not graded"), ("q\ta\tx\tgood\n", "integer"),
  ])
  func namesWhatIsWrong(rows: String, word: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("grades.tsv", "query\tdocument\tjudge\tgrade\n" + rows)
    let error = #expect(throws: EvaluationError.self) { try JudgePanel(file: path) }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
  }

  @Test func poolsWhatNobodyJudged() throws {
    var (first, second) = (Run(), Run())
    try first.record([.init(document: "a", score: 3), .init(document: "b", score: 2), .init(document: "c", score: 1)], for: "q")
    try second.record([.init(document: "c", score: 3), .init(document: "d", score: 2)], for: "q")
    try second.record([.init(document: "z", score: 1)], for: "other")
    let pool = JudgePanel.pool([first, second], judgements: ["q": ["a": 1]], depth: 3)
    #expect(pool == [.init(query: "q", document: "c"), .init(query: "q", document: "b"), .init(query: "q", document: "d")])
    #expect(JudgePanel.pool([first, second], judgements: ["q": ["a": 1]], depth: 1).map(\.document) == ["c"])
  }

  @Test func retrieversGradeByThePlaceOfADocument() throws {
    var (first, second) = (Run(name: "first"), Run(name: "second"))
    try first.record((0..<12).map { .init(document: "d\($0)", score: Double(-$0)) }, for: "q")
    try second.record([.init(document: "d1", score: 2), .init(document: "d0", score: 1)], for: "q")
    let pairs = ["d0", "d1", "d2", "d9", "d11", "none"].map { JudgePanel.Pair(query: "q", document: $0) }
    let panel = try JudgePanel(retrievers: [first, second], pairs: pairs + [.init(query: "unanswered", document: "d0")])
    #expect(pairs.map { panel.grades[$0] } == [[5, 4], [4, 5], [4, 1], [3, 1], [2, 1], [1, 1]] && panel.judges == ["first", "second"])
    #expect(panel.grades[.init(query: "unanswered", document: "d0")] == [1, 1])
    #expect(panel.judgements["q"] == ["d0": 1, "d1": 1, "d2": 0, "d9": 0, "d11": 0, "none": 0])
    #expect(throws: EvaluationError.self) { try JudgePanel(retrievers: [first], pairs: pairs) }
  }
}
