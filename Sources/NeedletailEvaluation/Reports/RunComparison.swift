internal import Foundation

/// Runs compared with a baseline on the same judgements, with tests of significance that know how many tests there are.
public struct RunComparison: Codable, Sendable {
  /// One run against the baseline by one measure.
  public struct Row: Codable, Sendable {
    public var run: String
    public var measure: String
    public var baselineMean: Double
    public var mean: Double
    /// The mean difference lies here at 95 %, by the bootstrap over queries.
    public var interval: ConfidenceInterval
    /// Of Student's paired test, two-sided, before correction.
    public var tTestProbability: Double
    /// Of the paired randomisation test, two-sided, before correction.
    public var randomizationProbability: Double
    /// Of the paired bootstrap test, two-sided, before correction.
    public var bootstrapProbability: Double
    /// That of the randomisation test, adjusted for the number of rows.
    public var adjustedProbability: Double
    /// For each query the value of the run minus that of the baseline.
    public var differences: [String: Double]

    public var meanDifference: Double { mean - baselineMean }
  }

  public let baseline: String
  public let queryCount: Int
  public let correction: MultipleComparisons
  public let rows: [Row]

  /// Compares runs.
  ///
  /// - Parameters:
  ///   - baseline: the run that the others are compared with.
  ///   - runs: at least one.
  ///   - judgements: what is relevant; every judged query counts.
  ///   - measures: each makes a test for each run.
  ///   - correction: for the number of tests.
  ///   - seed: of the randomisation test and the bootstrap.
  /// - Throws: `incomparable` if there are fewer than two judged queries.
  public init(
    baseline: Run, runs: [Run], judgements: Judgements, measures: [Measure], correction: MultipleComparisons = .holm, seed: UInt64 = 1
  ) throws(EvaluationError) {
    self.baseline = baseline.name
    self.correction = correction
    queryCount = judgements.count
    let first = Evaluation(of: baseline, judgements: judgements, measures: measures)
    var rows: [Row] = []
    for run in runs {
      let second = Evaluation(of: run, judgements: judgements, measures: measures)
      for measure in measures {
        let (before, after) = (first.values(of: measure) ?? [:], second.values(of: measure) ?? [:])
        let comparison = try PairedComparison(of: before, and: after, seed: seed)
        rows.append(Row(
          run: run.name, measure: measure.description, baselineMean: first.mean(of: measure) ?? 0, mean: second.mean(of: measure) ?? 0,
          interval: comparison.interval, tTestProbability: comparison.tTestProbability,
          randomizationProbability: comparison.randomizationProbability, bootstrapProbability: comparison.bootstrapProbability, adjustedProbability: 1,
          differences: after.reduce(into: [:]) { $0[$1.key] = $1.value - (before[$1.key] ?? 0) }))
      }
    }
    for (number, probability) in correction.adjusted(rows.map(\.randomizationProbability)).enumerated() {
      rows[number].adjustedProbability = probability
    }
    self.rows = rows
  }

  private static let titles = [
    "run", "measure", "baseline", "mean", "difference", "95 % interval", "p (t-test)", "p (randomisation)", "p (bootstrap)", "p adjusted",
    "at 0.05",
  ]

  private var cells: [[String]] {
    rows.map { row in
      [
        row.run, row.measure, ReportPage.number(row.baselineMean), ReportPage.number(row.mean), ReportPage.signed(row.meanDifference),
        "\(ReportPage.signed(row.interval.low)) … \(ReportPage.signed(row.interval.high))", ReportPage.probability(row.tTestProbability),
        ReportPage.probability(row.randomizationProbability), ReportPage.probability(row.bootstrapProbability), ReportPage.probability(row.adjustedProbability),
        row.adjustedProbability <= 0.05 ? (row.meanDifference > 0 ? "better" : "worse") : "–",
      ]
    }
  }

  private var remark: String {
    "\(queryCount) judged queries; those that a run does not answer count as 0. Tests are two-sided and paired by query; "
      + "adjusted for \(rows.count) tests (\(correction.rawValue))."
  }

  /// The comparison as a table in Markdown.
  public var markdown: String { "Compared with \(baseline). \(remark)\n\n" + ReportPage.markdown(Self.titles, cells) }

  /// The comparison as a page with a plot of the differences per query for each row.
  public var page: String {
    let table = ReportPage.table(Self.titles, cells)
    let plots = rows.map { DifferenceChart(title: "\($0.run) − \(baseline): \($0.measure)", differences: $0.differences).svg }
    return ReportPage(
      title: "Compared with \(baseline)",
      body: """
        <p>\(remark)</p>
        \(table)
        <h2>Query by query</h2><div class="plots">\(plots.joined(separator: "\n"))</div>
        """
    ).html
  }

  /// Writes the page.
  public func writePage(to path: String) throws(EvaluationError) { try TextFile.write(page, to: path) }

  /// Writes the table in Markdown.
  public func writeMarkdown(to path: String) throws(EvaluationError) { try TextFile.write(markdown, to: path) }
}
