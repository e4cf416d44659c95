public import ArgumentParser
internal import Foundation
public import NeedletailEvaluation

struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Measure retrieval quality: of Needletail on test collections, of any run files, of one against another.",
    discussion: """
      `needletail eval DIR...` measures dense, lexical and hybrid search on test collections; its options are under
      `needletail help eval collections`. `run` and `compare` take run files of any system in TREC's format. Whatever measures
      takes --json.
      """,
    subcommands: [
      EvaluateCollections.self, EvaluateRuns.self, CompareRuns.self, EvaluateSuite.self, EvaluateRobustness.self, EvaluateAnchors.self,
      EvaluatePairs.self, EvaluateTopics.self, EvaluateInstructions.self, PoolUnjudged.self, JudgeByPanel.self,
    ],
    defaultSubcommand: EvaluateCollections.self)
}

/// What run files are judged by.
struct JudgementOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The judgements: TREC's four columns, or BEIR's three with a header.", valueName: "FILE"), completion: .file())
  var qrels: String
  @Option(help: ArgumentHelp("Measures, separated by commas.", valueName: "LIST")) var measures = "nDCG@10,AP,R@100"

  func read() throws -> (judgements: Judgements, measures: [Measure]) {
    let measures = try self.measures.split(separator: ",").map { try Measure.parse(String($0).trimmingCharacters(in: .whitespaces)) }
    return (try JudgementsFile.read(qrels), measures)
  }
}

extension Run {
  /// Reads a run file; a run without a name of its own is called as its file.
  init(file path: String, isNamedByFile: Bool) throws {
    try self.init(trecFile: path)
    if isNamedByFile || name.isEmpty { name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent }
  }
}

struct EvaluateRuns: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Measure run files, with the numbers of trec_eval.")

  @Argument(help: "Run files in TREC's format (.gz too).", completion: .file()) var runs: [String]
  @OptionGroup var judgement: JudgementOptions
  @Option(help: ArgumentHelp("Write each query's values here, as trec_eval -q does (one run only).", valueName: "FILE"), completion: .file())
  var perQuery: String?
  @OptionGroup var output: OutputOptions

  private struct Row: Encodable {
    let run: String
    let queries: Int
    let values: [String: Double]
  }

  func validate() throws {
    if perQuery != nil && runs.count > 1 { throw ValidationError("--per-query takes one run.") }
  }

  func run() throws {
    let (judgements, measures) = try judgement.read()
    var rows: [Row] = []
    for path in runs {
      let evaluation = try Evaluation(of: Run(file: path, isNamedByFile: true), judgements: judgements, measures: measures)
      if let perQuery { try evaluation.write(to: perQuery) }
      let values = measures.map { ($0.description, evaluation.mean(of: $0) ?? 0) }
      let name = URL(fileURLWithPath: path).lastPathComponent
      rows.append(Row(run: name, queries: evaluation.values.count, values: Dictionary(values) { first, _ in first }))
    }
    if output.json { return try JSONOutput.write(rows) }
    var table = Table([("run", .left), ("queries", .right)] + measures.map { ($0.description, .right) })
    for row in rows {
      table.add([row.run, String(row.queries)] + measures.map { Units.fixed(row.values[$0.description] ?? 0, 4) })
    }
    Terminal.standardOutput.write(table.rendered(for: .standardOutput))
  }
}

struct CompareRuns: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare run files with the first of them, with significance.",
    discussion: """
      Paired tests by query: Student's t-test, the bootstrap test and the randomisation test; the last one's probabilities are
      shown, and adjusted for the number of runs and measures. --html writes a page with a plot of the difference for every query, --markdown a table for
      a text; --json has every digit.
      """)

  @Argument(help: "Run files in TREC's format; the first is the baseline.", completion: .file()) var runs: [String]
  @OptionGroup var judgement: JudgementOptions
  @Option(help: ArgumentHelp("holm, bonferroni, benjamini-hochberg or none.", valueName: "NAME")) var correction = MultipleComparisons.holm
  @Option(help: ArgumentHelp("Write a page with plots here.", valueName: "FILE"), completion: .file()) var html: String?
  @Option(help: ArgumentHelp("Write the table here, in Markdown.", valueName: "FILE"), completion: .file()) var markdown: String?
  @Option(help: ArgumentHelp("Of the randomisation test and the bootstrap.", valueName: "N")) var seed: UInt64 = 1
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if runs.count < 2 { throw ValidationError("Name at least two runs; the first is the baseline.") }
  }

  func run() throws {
    let (judgements, measures) = try judgement.read()
    let runs = try self.runs.map { try Run(file: $0, isNamedByFile: true) }
    let comparison = try RunComparison(
      baseline: runs[0], runs: Array(runs.dropFirst()), judgements: judgements, measures: measures, correction: correction, seed: seed)
    if let html { try comparison.writePage(to: html) }
    if let markdown { try comparison.writeMarkdown(to: markdown) }
    if output.json { return try JSONOutput.write(comparison) }
    var table = Table([
      ("run", .left), ("measure", .left), (runs[0].name, .right), ("mean", .right), ("difference", .right), ("95 % interval", .right),
      ("p", .right), ("adjusted", .right),
    ])
    for row in comparison.rows {
      table.add([
        row.run, row.measure, Units.fixed(row.baselineMean, 4), Units.fixed(row.mean, 4), Units.fixed(row.meanDifference, 4),
        "\(Units.fixed(row.interval.low, 4)) … \(Units.fixed(row.interval.high, 4))", Units.probability(row.randomizationProbability),
        Units.probability(row.adjustedProbability),
      ])
    }
    Terminal.standardOutput.write(table.rendered(for: .standardOutput))
  }
}

extension MultipleComparisons: ExpressibleByArgument {}
