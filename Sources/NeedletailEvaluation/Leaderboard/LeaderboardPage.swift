internal import Foundation

extension Leaderboard {
  /// Differences from the baseline, as a radar chart over the tasks.
  public var chart: RadarChart {
    let reference = rows.first { $0.system.system == baseline }?.scores ?? [:]
    let series = rows.filter { $0.system.system != baseline }.prefix(ReportPage.colours.count).map { row in
      RadarChart.Series(
        name: row.system.system,
        differences: tasks.map { task in row.scores[task].flatMap { score in reference[task].map { score.nDCG - $0.nDCG } } })
    }
    return RadarChart(reference: baseline, axes: tasks, series: Array(series))
  }

  /// The board as a page: the ranking, the chart, the scores of each task, what was published, and what the checks found.
  public var page: String {
    let ranking = rows.enumerated().map { place, row in
      [
        row.system.system, "\(place + 1)", row.system.kind.rawValue, ReportPage.number(row.meanOverCommonTasks),
        ReportPage.number(row.meanOverOwnTasks), "\(row.scores.count)",
        row.system.system == baseline ? "–" : "\(row.wins) of \(row.comparedTasks)", row.system.parameters.map(String.init) ?? "",
        row.system.trainedOn ?? "", row.system.hardware ?? "", row.system.date ?? "",
      ]
    }
    let table = ReportPage.table(
      ["system", "rank", "kind", "mean nDCG@10", "mean of its own", "tasks", "wins", "parameters", "trained on", "hardware", "date"], ranking)
    return ReportPage(
      title: "Leaderboard",
      body: """
        <p>Ranked by the mean nDCG@10 over the \(commonTasks.count) of \(tasks.count) tasks that every system has; means over different \
        tasks do not compare. Wins are tasks with a higher nDCG@10 than \(ReportPage.escaped(baseline)).</p>
        \(table)
        <h2>Gain and loss against \(ReportPage.escaped(baseline))</h2>
        <p class="note">nDCG@10 minus that of the baseline: outside of the black ring is gain, inside is loss.</p>
        \(chart.svg)
        <h2>nDCG@10</h2>\(scores { ReportPage.number($0.nDCG) + mark($0) })
        <p class="note">▲ and ▼: significantly above and below the baseline (randomisation test, 0.05, Bonferroni over the tasks).</p>
        <h2>R@100</h2>\(scores { ReportPage.number($0.recall) })
        \(published)
        <h2>Checks</h2>\(checks)
        """
    ).html
  }

  /// Writes `index.html` and `leaderboard.json` into a folder.
  public func write(to folder: String) throws(EvaluationError) {
    try TextFile.write(page, to: folder + "/index.html")
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let json: Data
    do {
      json = try encoder.encode(self)
    } catch {
      throw .cannotWrite(path: folder + "/leaderboard.json", reason: "\(error)")
    }
    try TextFile.write(String(decoding: json, as: UTF8.self) + "\n", to: folder + "/leaderboard.json")
  }

  private func mark(_ score: Score) -> String {
    guard let probability = score.probability, probability <= 0.05,
      let reference = rows.first(where: { $0.system.system == baseline })?.scores[score.check.task]
    else { return "" }
    return score.nDCG > reference.nDCG ? " ▲" : " ▼"
  }

  private func scores(_ text: (Score) -> String) -> String {
    ReportPage.table(
      ["task", "queries"] + rows.map(\.system.system),
      tasks.map { task in
        [task, rows.compactMap { $0.scores[task]?.queries }.first.map(String.init) ?? ""] + rows.map { $0.scores[task].map(text) ?? "–" }
      })
  }

  /// The published reference rows for tasks of the board.
  private var published: String {
    let known = tasks.filter { PublishedScores.beir[$0] != nil }
    guard !known.isEmpty else { return "" }
    let rows = known.map { task in
      [task] + PublishedScores.systems.indices.map { ReportPage.number(PublishedScores.beir[task]?[$0] ?? 0) }
    }
    return "<h2>Published, nDCG@10</h2>\(ReportPage.table(["task"] + PublishedScores.systems, rows))"
      + "<p class=\"note\">On the complete collections, which are not always those here.</p>"
  }

  private var checks: String {
    let cells = rows.flatMap { row in
      row.scores.sorted { $0.key < $1.key }.map { task, score in
        [
          row.system.system, task, "\(score.check.unanswered)", "\(score.check.unknownQueries)", "\(score.check.unknownDocuments)",
          ReportPage.number(score.check.judgedAt10, 3), String(score.fileDigest.prefix(16)),
        ]
      }
    }
    let refusals = rows.flatMap { row in row.refusals.map { "<li>\(ReportPage.escaped("\(row.system.system): \($0)"))</li>" } }
    return (refusals.isEmpty ? "" : "<p>Refused:</p><ul>\(refusals.joined())</ul>")
      + ReportPage.table(["system", "task", "unanswered", "unknown queries", "unknown documents", "judged@10", "SHA-256 begins"], cells)
  }
}
