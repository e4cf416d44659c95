internal import ArgumentParser
internal import Foundation
internal import NeedletailEvaluation

struct PoolUnjudged: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pool", abstract: "List what runs return among their first and nobody judged, for judges to look at.")

  @Argument(help: "Run files in TREC's format.", completion: .file()) var runs: [String]
  @Option(help: ArgumentHelp("The judgements so far.", valueName: "FILE"), completion: .file()) var qrels: String
  @Option(help: ArgumentHelp("Answers of each run that are looked at.", valueName: "N")) var depth = 10

  func run() throws {
    let pool = try JudgePanel.pool(runs.map { try Run(trecFile: $0) }, judgements: JudgementsFile.read(qrels), depth: depth)
    Terminal.standardOutput.write("query\tdocument\n" + pool.map { "\($0.query)\t\($0.document)\n" }.joined())
  }
}

struct JudgeByPanel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "panel", abstract: "Make judgements from the grades of several judges: relevant is what all of them say is.",
    discussion: "FILE is a table with the columns query, document, judge, grade. With --qrels, earlier judgements are audited.")

  @Argument(help: "The grades.", completion: .file()) var grades: String
  @Option(help: ArgumentHelp("The least grade that means relevant.", valueName: "N")) var threshold = 4
  @Option(help: ArgumentHelp("Earlier judgements, to see how many relevant documents they lack.", valueName: "FILE"), completion: .file()) var qrels: String?
  @Option(help: ArgumentHelp("Write the judgements here, in TREC's format.", valueName: "FILE"), completion: .file()) var write: String?
  @OptionGroup var output: OutputOptions

  private struct Report: Encodable {
    let pairs: Int
    let judges: [String]
    let relevant: Int
    let disagreement: Double
    let kappa: Double?
    let missingPerQuery: Double?
  }

  func run() throws {
    let panel = try JudgePanel(file: grades, threshold: threshold)
    let judgements = panel.judgements
    if let write { try JudgementsFile.write(judgements, to: write) }
    let missing = try qrels.map { try panel.missingPositives(in: JudgementsFile.read($0)) }
    let report = Report(
      pairs: panel.grades.count, judges: panel.judges, relevant: judgements.values.reduce(0) { $0 + $1.values.count { $0 > 0 } },
      disagreement: panel.disagreement, kappa: panel.kappa, missingPerQuery: missing)
    if output.json { return try JSONOutput.write(report) }
    let terminal = Terminal.standardOutput
    terminal.write("\(report.relevant) of \(report.pairs) pairs are relevant to all of \(report.judges.joined(separator: ", "))\n")
    let kappa = report.kappa.map { Units.fixed($0, 3) } ?? "undefined"
    terminal.write("judges differ on \(Units.fixed(100 * report.disagreement, 1)) % of the pairs; Fleiss' kappa \(kappa)\n")
    if let missing { terminal.write("\(Units.fixed(missing, 2)) relevant documents for each query are not in \(qrels ?? "")\n") }
  }
}

struct EvaluateTopics: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "topics",
    abstract: "How well topics that were found for texts agree with those that people gave them.",
    discussion: """
      TRUTH is a file of JSON objects, one a line, with `_id`, `text` and `label`. FOUND is a table with the columns document and topic
      (.tsv, .csv), or what `needletail classify --json` writes (.json). Texts without a topic count as wrong.
      """)

  @Argument(help: "The texts as people sorted them.", completion: .file()) var truth: String
  @Argument(help: "The topics that were found.", completion: .file()) var found: String
  @OptionGroup var output: OutputOptions

  func run() throws {
    let evaluation = try TopicEvaluation(of: TopicEvaluation.readFound(found), truth: RecordFile.readLabelledTexts(path: truth))
    if output.json { return try JSONOutput.write(evaluation) }
    var table = Table([("texts", .right), ("without topic", .right), ("micro F1", .right), ("macro F1", .right), ("adjusted Rand", .right)])
    table.add([
      Units.count(evaluation.count), Units.count(evaluation.missing), Units.fixed(evaluation.microF1, 4), Units.fixed(evaluation.macroF1, 4),
      Units.fixed(evaluation.adjustedRandIndex, 4),
    ])
    Terminal.standardOutput.write(table.rendered(for: .standardOutput))
  }
}
