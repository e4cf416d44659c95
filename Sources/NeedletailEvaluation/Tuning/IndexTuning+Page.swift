extension IndexTuning {
  /// For each kind its best recall and the memory it takes.
  public var trade: TradeChart {
    var best: [String: Measurement] = [:]
    for measurement in measurements where measurement.recall > best[measurement.candidate]?.recall ?? -1 { best[measurement.candidate] = measurement }
    let points = measurements.filter { best[$0.candidate] == $0 }
      .map { TradeChart.Point(name: $0.candidate, bytes: $0.expectedBytes, quality: $0.recall) }
    return TradeChart(title: "Recall@\(goal.limit) and memory over \(rowCount) rows", measure: "recall@\(goal.limit)", points: points)
  }

  /// What was measured as a page: recall against speed, recall against memory, and every measurement.
  public var page: String {
    let rows = measurements.map { measured in
      [
        measured.candidate, measured.efSearch.map(String.init) ?? "", measured.probes.map(String.init) ?? "", ReportPage.number(measured.recall),
        ReportPage.number(measured.expectedQueriesPerSecond, 0), "\(measured.expectedBytes)", measured.isWithinMemory ? "" : "too large",
      ]
    }
    let advice =
      proposal.map { "<p>Proposed: <b>\(ReportPage.escaped($0.measurement.candidate))</b> (<code>\(ReportPage.escaped($0.buildOptions))</code>).</p>" }
      ?? "<p>Nothing that was measured reaches the goal.</p>"
    return ReportPage(
      title: "Index tuning",
      body: """
        <p>\(sampleCount) of \(rowCount) vectors of \(dimension) components; wanted: recall@\(goal.limit) of \(ReportPage.number(goal.recall, 3))\
        \(goal.memoryBytes.map { " within \($0) bytes" } ?? "").</p>
        \(advice)
        <div class="plots">\(chart.svg)\(trade.svg)</div>
        \(ReportPage.table(["kind", "ef", "probes", "recall", "queries/s", "bytes", ""], rows))
        """
    ).html
  }

  /// Writes the page.
  public func writePage(to path: String) throws(EvaluationError) { try TextFile.write(page, to: path) }
}
