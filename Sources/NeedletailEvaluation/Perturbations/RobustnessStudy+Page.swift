internal import Foundation

extension RobustnessStudy {
  /// The study as a page.
  public func page() throws(EvaluationError) -> String {
    let families = QueryVariation.Family.allCases.filter { family in drops.contains { $0.family == family } }
    let dropRows = drops.map { drop in
      [
        drop.task, drop.system, drop.family.rawValue, ReportPage.number(drop.clean),
        ReportPage.number(drop.varied.reduce(0, +) / Double(drop.varied.count)), ReportPage.signed(-100 * drop.rate, 1) + " %",
        "± \(ReportPage.number(100 * drop.deviation, 1))", "\(drop.unchanged) of \(drop.questions)",
      ]
    }
    let overview = systems.map { system in [system] + families.map { ReportPage.signed(-100 * (dropRate(of: system, under: $0) ?? 0), 1) + " %" } }
    var body = "<h2>What varied questions cost</h2>"
    body += ReportPage.table(["system"] + families.map(\.rawValue), overview) + dropChart(families)
    body += "<h2>Fair means</h2>" + (try means())
    if !geometry.isEmpty {
      body += "<h2>Geometry of the vectors</h2>"
      body += ReportPage.table(
        ["system", "average cosine", "IsoScore"], geometry.map { [$0.system, ReportPage.number($0.averageCosine), ReportPage.number($0.isoScore)] })
    }
    if !attacks.isEmpty {
      body += "<h2>Planted passages among the first</h2>"
      body += ReportPage.table(
        ["collection", "planted", "system"] + Self.attackDepths.map(String.init),
        attacks.map { attack in [attack.task, "\(attack.passages) \(attack.attack)", attack.system] + Self.attackDepths.map { ReportPage.number(attack.shares[$0] ?? 0, 3) } })
    }
    body += "<h2>Each collection</h2>"
    body += ReportPage.table(["collection", "system", "family", "clean nDCG@10", "varied", "change", "", "unchanged questions"], dropRows)
    return ReportPage(title: "Robustness", body: body).html
  }

  private func means() throws(EvaluationError) -> String {
    guard systems.count > 1 else { return "<p>They need two systems.</p>" }
    let means = try marginalMeans()
    let rows = systems.indices.map { system in
      [systems[system], ReportPage.number(means.means[system]), ReportPage.number(means.microMeans[system])]
        + means.cellMeans.map { ReportPage.number($0[system]) }
    }
    return ReportPage.table(["system", "marginal mean", "mean over queries"] + means.cells, rows)
      + "<p class=\"note\">nDCG@10. Marginal means weigh kinds of collections alike; the mean over queries follows the largest collection. "
      + "Standard deviations: between collections \(ReportPage.number(means.variances.collection.squareRoot())), between queries "
      + "\(ReportPage.number(means.variances.query.squareRoot())), residual \(ReportPage.number(means.variances.residual.squareRoot())).</p>"
  }

  /// Bars of the mean rates, a group for each family.
  private func dropChart(_ families: [QueryVariation.Family]) -> String {
    let (width, height, left, bottom, top) = (620.0, 260.0, 50.0, 40.0, 20.0)
    var drawing = Drawing(width: width, height: height, label: "Loss of nDCG@10 under varied questions")
    let rates = families.map { family in systems.map { dropRate(of: $0, under: family) ?? 0 } }
    let highest = max(0.05, rates.joined().max() ?? 0)
    let scale = (height - bottom - top) / highest
    for tick in 0...4 {
      let y = height - bottom - Double(tick) / 4 * highest * scale
      drawing.line(left, y, width - 130, y)
      drawing.text(ReportPage.number(100 * Double(tick) / 4 * highest, 0) + " %", left - 6, y + 4, anchor: "end")
    }
    let group = (width - 130 - left) / Double(max(1, families.count))
    let bar = group * 0.8 / Double(systems.count)
    for (place, family) in families.enumerated() {
      for (number, rate) in rates[place].enumerated() {
        let size = max(0, rate) * scale
        drawing.box(
          left + Double(place) * group + group * 0.1 + Double(number) * bar, height - bottom - size, bar * 0.92, size,
          colour: ReportPage.colours[number % ReportPage.colours.count], title: "\(systems[number]), \(family.rawValue): \(ReportPage.signed(-100 * rate, 1)) %")
      }
      drawing.text(family.rawValue, left + (Double(place) + 0.5) * group, height - 16, anchor: "middle")
    }
    for (number, system) in systems.enumerated() {
      drawing.box(width - 120, 20 + 18 * Double(number) - 9, 10, 10, colour: ReportPage.colours[number % ReportPage.colours.count])
      drawing.text(system, width - 104, 20 + 18 * Double(number))
    }
    return drawing.svg
  }

  /// Writes the page.
  public func writePage(to path: String) throws(EvaluationError) { try TextFile.write(page(), to: path) }
}
