internal import Foundation

/// Gains and losses against a reference on several axes at once: the reference is a ring, gains lie outside of it, losses inside (as in
/// Kamalloo et al., "Resources for Brewing BEIR", SIGIR 2024, figures 1 to 3).
public struct RadarChart: Sendable {
  /// A system and its differences from the reference.
  public struct Series: Sendable {
    public var name: String
    /// For each axis the difference; nil where it is not known, which leaves a gap in the outline.
    public var differences: [Double?]

    public init(name: String, differences: [Double?]) {
      self.name = name
      self.differences = differences
    }
  }

  public var reference: String
  public var axes: [String]
  public var series: [Series]

  /// - Precondition: each series has a value, or nil, for each axis.
  public init(reference: String, axes: [String], series: [Series]) {
    precondition(series.allSatisfy { $0.differences.count == axes.count }, "a series has not as many values as there are axes")
    self.reference = reference
    self.axes = axes
    self.series = series
  }

  private static let (width, height, radius) = (760.0, 560.0, 200.0)
  private static let centre = (x: 290.0, y: 285.0)

  /// The chart; rings are at steps of an even number of hundredths.
  public var svg: String {
    var drawing = Drawing(width: Self.width, height: Self.height, label: "Differences from \(reference)")
    let reach = max(0.05, series.flatMap { $0.differences }.compactMap { $0.map(abs) }.max() ?? 0) * 1.05
    func place(_ axis: Int, _ difference: Double) -> (x: Double, y: Double) {
      let angle = 2 * Double.pi * Double(axis) / Double(max(1, axes.count)) - Double.pi / 2
      let distance = Self.radius * (1 + max(-reach, min(reach, difference)) / reach) / 2
      return (Self.centre.x + distance * cos(angle), Self.centre.y + distance * sin(angle))
    }
    let step = reach > 0.3 ? 0.2 : reach > 0.15 ? 0.1 : 0.05
    for ring in stride(from: -(reach / step).rounded(.down) * step, through: reach, by: step) {
      drawing.polygon(axes.indices.map { place($0, ring) }, stroke: abs(ring) < 1e-9 ? "#222222" : "#dddddd", dashed: abs(ring) >= 1e-9)
      drawing.text(ReportPage.signed(ring, 2), Self.centre.x + 4, place(0, ring).y - 2)
    }
    for (axis, name) in axes.enumerated() {
      let (end, label) = (place(axis, reach), place(axis, reach * 1.0))
      drawing.line(Self.centre.x, Self.centre.y, end.x, end.y, colour: "#e8e8e8")
      let (dx, dy) = (label.x - Self.centre.x, label.y - Self.centre.y)
      drawing.text(name, label.x + dx * 0.06, label.y + dy * 0.06 + 4, anchor: abs(dx) < 20 ? "middle" : dx > 0 ? "start" : "end")
    }
    for (number, series) in series.enumerated() {
      let colour = ReportPage.colours[number % ReportPage.colours.count]
      let known = axes.indices.compactMap { axis in series.differences[axis].map { (axis, $0) } }
      if known.count == axes.count { drawing.polygon(known.map { place($0.0, $0.1) }, stroke: colour, fill: colour) }
      for (axis, difference) in known {
        let point = place(axis, difference)
        drawing.circle(point.x, point.y, radius: 3, colour: colour, title: "\(series.name), \(axes[axis]): \(ReportPage.signed(difference))")
      }
      drawing.box(Self.width - 190, 24 + 20 * Double(number) - 10, 12, 12, colour: colour)
      drawing.text(series.name, Self.width - 172, 24 + 20 * Double(number))
    }
    drawing.text("ring at 0: \(reference)", Self.width - 190, 24 + 20 * Double(series.count) + 6)
    return drawing.svg
  }
}
