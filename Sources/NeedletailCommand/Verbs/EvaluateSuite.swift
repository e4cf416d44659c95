internal import ArgumentParser
internal import Foundation
internal import Needletail
internal import NeedletailEvaluation
internal import NeedletailReproduction

struct EvaluateSuite: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "suite",
    abstract: "Measure a suite of tasks, averaged by data set and type, with and without instructions.",
    discussion: """
      FILE is JSON5: a name and tasks, each with its collection, data set, type, measure, candidates and instruction. Suites of the
      systems in the catalogue stand in their recipes; Documentation/Evaluation.md describes the keys.
      """)

  @Argument(help: "The suite.", completion: .file()) var suite: String
  @Option(help: ArgumentHelp("Most questions of each task.", valueName: "N")) var questions = 1_000_000
  @Option(help: ArgumentHelp("The embedding model.", valueName: "NAME")) var model = ModelRegistry.defaultModelName
  @OptionGroup var laboratory: LaboratoryOptions
  @OptionGroup var catalogue: CatalogueOptions
  @OptionGroup var output: OutputOptions

  private struct Row: Encodable {
    let dataset: String
    let task: String
    let measure: String
    let documents: Int
    let queries: Int
    let values: [String: Double]
  }

  func run() async throws {
    let suite = try TaskSuite(file: self.suite)
    let line = ProgressLine(suite.name, unit: "%", isEnabled: !output.json)
    let evaluation = try await laboratory.with(catalogue, line) { laboratory in
      try await SuiteEvaluation(of: suite, embedder: laboratory.embedder(named: model, precision: .bfloat16), questions: questions, in: laboratory)
    }
    line.finish()
    let systems = CollectionRuns.systems + [SuiteEvaluation.instructed]
    let rows = evaluation.results.map { result in
      Row(
        dataset: result.member.dataset, task: result.member.name, measure: result.member.measure.description, documents: result.documentCount,
        queries: result.values["dense"]?.count ?? 0, values: result.values.keys.reduce(into: [:]) { $0[$1] = result.mean(of: $1) })
    }
    if output.json { return try JSONOutput.write(rows) }
    var table = Table([("data set", .left), ("task", .left), ("measure", .left), ("queries", .right)] + systems.map { ($0, .right) })
    func text(_ value: Double?) -> String { value.map { Units.fixed($0, 4) } ?? "" }
    for row in rows { table.add([row.dataset, row.task, row.measure, String(row.queries)] + systems.map { text(row.values[$0]) }) }
    let scores = systems.map { evaluation.scores(of: $0) }
    for type in Set(scores.flatMap { $0.typeMeans.keys }).sorted() {
      table.add(["mean of \(type)", "", "", ""] + scores.map { text($0.typeMeans[type]) })
    }
    table.add(["mean over types", "", "", ""] + scores.map { text($0.scores.isEmpty ? nil : $0.meanOverTypes) })
    Terminal.standardOutput.write(table.rendered(for: .standardOutput))
  }
}
