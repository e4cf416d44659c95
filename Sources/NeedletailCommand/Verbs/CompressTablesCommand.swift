internal import ArgumentParser
internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailIndex
internal import NeedletailText

/// Learns tables of embeddings within budgets: a verb of `compress`.
struct CompressTablesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tables",
    abstract: "Learn tables of word embeddings at several memory budgets, by each of several methods.",
    discussion: """
      COLLECTION is a folder as `needletail eval` reads it. The words of a document's title are to find those of its text; the
      last documents are held out.

        needletail compress tables collections/scifact --budgets 0.5,0.1,0.01
      """)

  @Argument(help: "The folder of the collection.", completion: .directory) var collection: String
  @Option(help: ArgumentHelp("Fractions of a table with a row for each word, separated by commas.", valueName: "LIST"))
  var budgets = "0.5,0.25,0.1,0.01"
  @Option(help: ArgumentHelp("Components of an embedding.", valueName: "N")) var dimension = 32
  @Option(help: ArgumentHelp("Documents used at most.", valueName: "N")) var limit = 20_000
  @Option(help: ArgumentHelp("Documents that are held out.", valueName: "N")) var heldOut = 1_000
  @Option(help: ArgumentHelp("Passes over the documents.", valueName: "N")) var epochs = 3
  @Option(help: ArgumentHelp("Everything random follows from it.", valueName: "N")) var seed: UInt64 = 42
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard dimension > 0, limit > 0, heldOut > 0, epochs > 0 else {
      throw ValidationError("--dimension, --limit, --held-out and --epochs are positive")
    }
  }

  func run() throws {
    let fractions = try CompressStudyCommand.fractions(budgets)
    let documents = try RetrievalTask(folder: collection).corpus.filter { !$0.title.isEmpty && !$0.text.isEmpty }.prefix(limit)
    let analyzer = try Analyzer(.english)
    func words(_ text: String) -> [String] { analyzer.terms(in: text).map(\.term) }
    let pairs = try FeaturePairs(left: documents.map { words($0.title) }, right: documents.map { words($0.text) })
    let line = ProgressLine("Learning", unit: "tables", isEnabled: !output.json)
    let total = 1 + fractions.count * (TableMethod.allCases.count - 1)
    var done = 0
    let study = try TableStudy(
      of: pairs, heldOut: min(heldOut, pairs.count / 2), budgets: fractions,
      training: TableTraining(dimension: dimension, epochCount: epochs, seed: seed)
    ) { method, budget in
      line.update(done: done, total: total, detail: "\(method.title) at \(budget)")
      done += 1
    }
    line.finish()
    try output.json ? JSONOutput.write(study) : show(study)
  }

  private func show(_ study: TableStudy) {
    let terminal = Terminal.standardOutput
    var table = Table([("budget", .right), ("method", .left), ("bytes", .right), ("recall@10", .right), ("learned in", .right)])
    for result in study.results {
      let budget = "\(Units.fixed(100 * result.budget, 1))%"
      guard let bytes = result.bytes else {
        table.add([budget, result.method.title, "cannot go that low", "", ""])
        continue
      }
      table.add([
        budget, result.method.title, Units.bytes(bytes), Units.fixed(result.recall ?? 0, 4),
        Units.duration(seconds: result.trainingSeconds ?? 0),
      ])
    }
    terminal.write(table.rendered(for: terminal))
    terminal.write(
      "\(Units.count(study.featureCount)) words, \(Units.count(study.pairCount)) documents, \(Units.count(study.heldOutCount)) of them held out.\n")
  }
}
