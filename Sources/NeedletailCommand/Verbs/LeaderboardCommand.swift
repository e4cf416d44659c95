public import ArgumentParser
internal import Foundation
internal import Needletail
public import NeedletailEvaluation
internal import NeedletailReproduction

struct LeaderboardCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "leaderboard",
    abstract: "Rank systems by the run files they submit; writes a page with a radar chart.",
    discussion: """
      A board is a folder. `reference` fills it with runs of BM25, the default model and both joined; `submit` adds the runs of
      any system; the board itself (`needletail leaderboard BOARD`) checks, judges and ranks them and writes index.html and
      leaderboard.json. Collections are the folders of --collections, named as the run files are.
      """,
    subcommands: [RankSubmissions.self, SubmitRuns.self, SubmitReferences.self],
    defaultSubcommand: RankSubmissions.self)
}

struct RankSubmissions: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "rank", abstract: "Check, judge and rank what was submitted (the default).")

  @Argument(help: "The folder of the board.", completion: .directory) var board: String
  @Option(help: ArgumentHelp("The system that the others are compared with.", valueName: "NAME")) var baseline = "bm25"
  @OptionGroup var laboratory: LaboratoryOptions
  @OptionGroup var catalogue: CatalogueOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let collections = try laboratory.collectionsFolder(catalogue)
    let leaderboard = try Leaderboard(board: board, baseline: baseline, seed: laboratory.seed) { name in
      try RetrievalTask(folder: collections + "/" + name)
    }
    try leaderboard.write(to: board)
    if output.json { return try JSONOutput.write(leaderboard) }
    var table = Table([
      ("rank", .right), ("system", .left), ("kind", .left), ("nDCG@10", .right), ("of its own", .right), ("tasks", .right), ("wins", .right),
    ])
    for (place, row) in leaderboard.rows.enumerated() {
      table.add([
        String(place + 1), row.system.system, row.system.kind.rawValue, Units.fixed(row.meanOverCommonTasks, 4),
        Units.fixed(row.meanOverOwnTasks, 4), String(row.scores.count),
        row.system.system == baseline ? "" : "\(row.wins) of \(row.comparedTasks)",
      ])
    }
    let terminal = Terminal.standardOutput
    terminal.write(table.rendered(for: terminal))
    terminal.write("nDCG@10 is the mean over the \(leaderboard.commonTasks.count) tasks that all have; wins are over \(baseline).\n")
    for row in leaderboard.rows {
      for refusal in row.refusals { terminal.write("refused  \(row.system.system): \(refusal)\n") }
    }
    terminal.write("The page is \(board)/index.html\n")
  }
}

struct SubmitRuns: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit", abstract: "Check run files and add them to a board.",
    discussion: "Run files are called TASK.trec or TASK-ANYTHING.trec, as `needletail eval --run-folder` writes them.")

  @Argument(help: "The folder of the board; it is made if it is not there.", completion: .directory) var board: String
  @Argument(help: "Run files in TREC's format.", completion: .file()) var runs: [String]
  @Option(help: ArgumentHelp("What the system is called.", valueName: "NAME")) var system: String
  @Option(help: ArgumentHelp("sparse, dense, hybrid or rerank.", valueName: "KIND")) var kind: Submission.System.Kind
  @Option(help: ArgumentHelp("The version of the system.", valueName: "TEXT")) var release: String?
  @Option(help: ArgumentHelp("How many parameters it has.", valueName: "N")) var parameters: Int?
  @Option(help: ArgumentHelp("What it learned from.", valueName: "TEXT")) var trainedOn: String?
  @Option(help: ArgumentHelp("What it ran on.", valueName: "TEXT")) var hardware: String?
  @OptionGroup var laboratory: LaboratoryOptions
  @OptionGroup var catalogue: CatalogueOptions

  func run() throws {
    let collections = try laboratory.collectionsFolder(catalogue)
    let known = (try? FileManager.default.contentsOfDirectory(atPath: collections)) ?? []
    var answers: [String: Run] = [:]
    var tasks: [String: RetrievalTask] = [:]
    for path in runs {
      let file = URL(fileURLWithPath: path).lastPathComponent
      guard let name = known.filter({ file == "\($0).trec" || file == "\($0).trec.gz" || file.hasPrefix("\($0)-") }).max(by: { $0.count < $1.count })
      else { throw EvaluationError.missingFile(path: "\(collections)/\(file)", advice: "A run file begins with the name of its task and ends in .trec.") }
      answers[name] = try Run(trecFile: path)
      tasks[name] = try RetrievalTask(folder: collections + "/" + name)
    }
    let submitted = Submission.System(
      system: system, kind: kind, version: release, date: Date.now.formatted(.iso8601.year().month().day()), parameters: parameters,
      trainedOn: trainedOn, hardware: hardware)
    for check in try Submission.add(submitted, runs: answers, to: board, tasks: tasks) {
      Terminal.standardOutput.write(
        "\(check.task): \(check.unanswered) unanswered, \(check.unknownQueries) unknown queries, \(check.unknownDocuments) unknown documents, "
          + "judged@10 \(Units.fixed(check.judgedAt10, 3))\n")
    }
  }
}

struct SubmitReferences: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference", abstract: "Run the reference systems on tasks and add their runs to a board.")

  @Argument(help: "The folder of the board; it is made if it is not there.", completion: .directory) var board: String
  @Argument(help: "Names of collections.") var tasks: [String]
  @Option(help: ArgumentHelp("Answers per query.", valueName: "N")) var depth = 1000
  @OptionGroup var laboratory: LaboratoryOptions
  @OptionGroup var catalogue: CatalogueOptions

  func run() async throws {
    let line = ProgressLine("Reference runs", unit: "%")
    defer { line.finish() }
    try await laboratory.with(catalogue, line) { laboratory in
      for name in tasks {
        let task = try RetrievalTask(folder: laboratory.data(name))
        let runs = try await ReferenceRuns.runs(on: task, depth: depth, in: laboratory)
        for system in ReferenceRuns.systems {
          guard let run = runs[system.system] else { continue }
          try Submission.add(system, runs: [name: run], to: board, tasks: [name: task])
        }
      }
    }
  }
}

extension Submission.System.Kind: ExpressibleByArgument {}
