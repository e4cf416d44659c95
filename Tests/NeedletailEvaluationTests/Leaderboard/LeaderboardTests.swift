import Foundation
import NeedletailCore
import NeedletailEvaluation
import Testing

@Suite struct LeaderboardTests {
  private let folder: TemporaryFolder
  private let tasks: [String: RetrievalTask]

  init() throws {
    folder = try TemporaryFolder()
    let corpus = (0..<20).map { Document(id: "d\($0)", text: "t") }
    let queries = (0..<40).map { RetrievalTask.Question(id: "q\($0)", text: "t") }
    let judgements = Dictionary(uniqueKeysWithValues: queries.map { ($0.id, ["d0": 1]) })
    tasks = ["sea": .init(name: "sea", corpus: corpus, queries: queries, judgements: judgements), "sky": .init(name: "sky", corpus: corpus, queries: queries, judgements: judgements)]
  }

  /// A run with the relevant document at a rank.
  private func run(rank: Int, of document: String = "d0", queries: Int = 40) throws -> Run {
    var run = Run()
    for number in 0..<queries {
      var documents = (1..<15).map { "d\($0)" }
      documents.insert(document, at: rank - 1)
      try run.record(documents.enumerated().map { .init(document: $1, score: -Double($0)) }, for: "q\(number)")
    }
    return run
  }

  private func board() throws -> Leaderboard {
    try Submission.add(.init(system: "bm25", kind: .sparse), runs: ["sea": run(rank: 3), "sky": run(rank: 2)], to: folder.path, tasks: tasks)
    try Submission.add(.init(system: "a <b>", kind: .dense, parameters: 7), runs: ["sea": run(rank: 1)], to: folder.path, tasks: tasks)
    try Submission.add(.init(system: "half", kind: .hybrid), runs: ["sea": run(rank: 3, queries: 20), "sky": run(rank: 1)], to: folder.path, tasks: tasks)
    return try Leaderboard(board: folder.path) { name in try #require(tasks[name]) }
  }

  @Test func ranksByTheTasksThatAllHave() throws {
    let board = try board()
    #expect(board.tasks == ["sea", "sky"] && board.commonTasks == ["sea"])
    #expect(board.rows.map(\.system.system) == ["a <b>", "bm25", "half"])
    #expect(board.rows[0].meanOverCommonTasks == 1 && board.rows[0].wins == 1 && board.rows[0].comparedTasks == 1)
    #expect(abs(board.rows[1].meanOverCommonTasks - 0.5) < 1e-12)
    let half = board.rows[2]
    #expect(abs(half.meanOverCommonTasks - 0.25) < 1e-12, "questions that are not answered count as 0")
    #expect(half.meanOverOwnTasks > 0.6 && half.wins == 1 && half.comparedTasks == 2)
    #expect(half.scores["sea"]?.check.unanswered == 20 && (half.scores["sky"]?.probability ?? 1) < 0.01)
  }

  @Test func refusesADamagedRunAndRanksTheRest() throws {
    _ = try board()
    let path = folder.path + "/submissions/half/sky.trec"
    try Data("q0 Q0 d0 1 nan x\n".utf8).write(to: URL(fileURLWithPath: path))
    let board = try Leaderboard(board: folder.path) { name in try #require(tasks[name]) }
    let half = try #require(board.rows.first { $0.system.system == "half" })
    #expect(half.refusals.count == 1 && half.refusals[0].contains("sky.trec:1") && half.scores.keys.sorted() == ["sea"])
    #expect(board.page.contains("Refused"))
  }

  @Test func writesNothingOfASubmissionThatCannotBeJudged() throws {
    let foreign = try run(rank: 1, of: "x").restricted(to: Dictionary(uniqueKeysWithValues: (0..<40).map { ("q\($0)", ["x"]) }))
    for runs in [["sea": foreign], ["sea": Run()], ["land": try run(rank: 1)]] {
      #expect(throws: EvaluationError.self) {
        try Submission.add(.init(system: "bad", kind: .dense), runs: runs, to: folder.path, tasks: tasks)
      }
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/submissions"))
  }

  @Test func countsWhatIsUnknown() throws {
    var run = try run(rank: 1)
    try run.record([.init(document: "gone", score: 1)], for: "q99")
    let check = SubmissionCheck(of: run, on: try #require(tasks["sea"]))
    #expect(check.unknownQueries == 1 && check.unknownDocuments == 1 && check.unanswered == 0 && check.flaw == nil)
    #expect(abs(check.judgedAt10 - 0.1) < 1e-12)
  }

  @Test func thePageShowsARingForTheBaselineAndEscapesNames() throws {
    let board = try board()
    try board.write(to: folder.path)
    let page = try String(contentsOfFile: folder.path + "/index.html", encoding: .utf8)
    #expect(page.contains("<svg") && page.contains("ring at 0: bm25") && page.contains("a &lt;b&gt;") && !page.contains("a <b>"))
    #expect(FileManager.default.fileExists(atPath: folder.path + "/leaderboard.json"))
  }

  @Test func saysWhenThereIsNoBaseline() throws {
    #expect(throws: EvaluationError.self) { try Leaderboard(board: folder.path) { name in try #require(tasks[name]) } }
    try Submission.add(.init(system: "x", kind: .dense), runs: ["sea": run(rank: 1)], to: folder.path, tasks: tasks)
    let error = #expect(throws: EvaluationError.self) { try Leaderboard(board: folder.path) { name in try #require(tasks[name]) } }
    #expect(error?.description.contains("bm25") == true)
  }

  /// The mean row of the published table is the mean of its rows (acceptance check of the published figures).
  @Test func thePublishedTableHasItsPublishedMeans() {
    #expect(PublishedScores.beir.count == 18)
    for (column, mean) in [0.4244, 0.4288, 0.4769, 0.3534, 0.4479, 0.5091].enumerated() {
      let sum = PublishedScores.beir.values.reduce(0) { $0 + $1[column] }
      #expect(abs(sum / 18 - mean) < 5e-5 + 1e-9, "\(PublishedScores.systems[column])")
    }
    let wins = (1..<6).map { column in PublishedScores.beir.values.count { $0[column] > $0[0] } }
    #expect(wins == [8, 15, 4, 14, 15])
  }
}
