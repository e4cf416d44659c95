/// Whether stated probabilities come true: for each bin of probabilities, the share that turned out relevant against what was expected. On
/// the diagonal both are equal; below it a model promises too much.
public struct CalibrationChart: Sendable {
  /// Candidates whose probabilities lie near each other.
  public struct Bin: Hashable, Sendable {
    public var count: Int
    /// The mean probability that was stated.
    public var expected: Double
    /// The share that is relevant.
    public var observed: Double

    public init(count: Int, expected: Double, observed: Double) {
      (self.count, self.expected, self.observed) = (count, expected, observed)
    }
  }

  public var title: String
  public var bins: [Bin]

  public init(title: String, bins: [Bin]) {
    self.title = title
    self.bins = bins.filter { $0.count > 0 }
  }

  /// The expected calibration error: the mean distance of the bins from the diagonal, weighted by their candidates (Guo et al., "On
  /// Calibration of Modern Neural Networks", ICML 2017, equation 3); 0 without candidates.
  public var expectedError: Double {
    let count = bins.reduce(0) { $0 + $1.count }
    return count == 0 ? 0 : bins.reduce(0) { $0 + Double($1.count) * abs($1.expected - $1.observed) } / Double(count)
  }

  private static let (size, left, top, bars) = (300.0, 56.0, 34.0, 70.0)

  /// The chart: points over the diagonal, below them how many candidates each bin has.
  public var svg: String {
    let (size, left, top) = (Self.size, Self.left, Self.top)
    var drawing = Drawing(width: left + size + 30, height: top + size + Self.bars + 70, label: title)
    func x(_ value: Double) -> Double { left + size * value }
    func y(_ value: Double) -> Double { top + size * (1 - value) }
    drawing.text("\(title): calibration error \(ReportPage.number(expectedError))", left, 18, bold: true)
    for tick in 0...5 {
      let share = Double(tick) / 5
      drawing.line(x(0), y(share), x(1), y(share))
      drawing.line(x(share), y(0), x(share), y(1))
      drawing.text(ReportPage.number(share, 1), left - 6, y(share) + 4, anchor: "end")
      drawing.text(ReportPage.number(share, 1), x(share), y(0) + 16, anchor: "middle")
    }
    drawing.line(x(0), y(0), x(1), y(1), colour: "#888888", width: 1.2)
    for (bin, next) in zip(bins, bins.dropFirst()) {
      drawing.line(x(bin.expected), y(bin.observed), x(next.expected), y(next.observed), colour: ReportPage.colours[0], width: 1.8)
    }
    let most = Double(bins.map(\.count).max() ?? 1)
    let base = top + size + 30 + Self.bars
    for bin in bins {
      let note = "\(bin.count) candidates, expected \(ReportPage.number(bin.expected, 3)), relevant \(ReportPage.number(bin.observed, 3))"
      drawing.circle(x(bin.expected), y(bin.observed), radius: 4, colour: ReportPage.colours[0], title: note)
      let height = max(1, Self.bars * Double(bin.count) / most)
      drawing.box(x(bin.expected) - 8, base - height, 16, height, colour: "#9bbcd6", title: note)
    }
    drawing.text("probability stated; above: share that is relevant, below: candidates", left, base + 20)
    return drawing.svg
  }

  /// The chart with its numbers as a page.
  public var page: String {
    let rows = bins.map { [ReportPage.number($0.expected), ReportPage.number($0.observed), ReportPage.signed($0.observed - $0.expected), "\($0.count)"] }
    return ReportPage(
      title: title,
      body: """
        <p>Candidates are gathered by the probability that the model states. Where it is right, as many of them are relevant as it says; \
        the calibration error is the mean distance from that, weighted by candidates.</p>
        \(svg)
        \(ReportPage.table(["expected", "relevant", "difference", "candidates"], rows))
        """
    ).html
  }

  /// Writes the page.
  public func writePage(to path: String) throws(EvaluationError) { try TextFile.write(page, to: path) }
}
