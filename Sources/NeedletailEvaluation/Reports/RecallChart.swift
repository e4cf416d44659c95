internal import Foundation

/// Curves of recall against throughput as SVG: recall to the right, queries per second upwards on a logarithmic scale.
public struct RecallChart: Sendable {
  /// One measurement.
  public struct Point: Hashable, Sendable {
    public var recall: Double
    public var queriesPerSecond: Double

    public init(recall: Double, queriesPerSecond: Double) {
      self.recall = recall
      self.queriesPerSecond = queriesPerSecond
    }
  }

  /// What one way of searching reaches with different effort.
  public struct Curve: Sendable {
    public var name: String
    public var points: [Point]

    public init(name: String, points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  let title: String
  let curves: [Curve]
  /// The recall that is wanted, and the point that was chosen.
  let target: Double?
  let chosen: Point?

  public init(title: String, curves: [Curve], target: Double? = nil, chosen: Point? = nil) {
    self.title = title
    self.curves = curves
    self.target = target
    self.chosen = chosen
  }

  private static let (width, height, left, right, top, bottom) = (500.0, 320.0, 60.0, 196.0, 28.0, 34.0)
  private static let colours = [
    "#000000", "#e69f00", "#0072b2", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8a6d00", "#7f3c8d", "#777777",
    "#11a579", "#f2b701",
  ]

  /// The chart; it refers to nothing outside.
  public var svg: String {
    let points = curves.flatMap(\.points)
    let lowest = min(0.9, (points.map(\.recall).min() ?? 0).rounded(.down, toMultipleOf: 0.1))
    let speeds = points.map { log10(max(1, $0.queriesPerSecond)) }
    let (slow, fast) = ((speeds.min() ?? 0).rounded(.down), max((speeds.max() ?? 1).rounded(.up), (speeds.min() ?? 0).rounded(.down) + 1))
    func x(_ recall: Double) -> Double {
      Self.left + (recall - lowest) / (1 - lowest) * (Self.width - Self.left - Self.right)
    }
    func y(_ speed: Double) -> Double {
      Self.height - Self.bottom - (log10(max(1, speed)) - slow) / (fast - slow) * (Self.height - Self.top - Self.bottom)
    }
    var parts = ["<text x=\"\(Self.left)\" y=\"16\" style=\"font-weight:600\">\(ReportPage.escaped(title))</text>"]
    for decade in stride(from: slow, through: fast, by: 1) {
      let height = y(pow(10, decade))
      parts.append(line(Self.left, height, Self.width - Self.right, height))
      parts.append("<text x=\"\(Self.left - 6)\" y=\"\(height + 4)\" text-anchor=\"end\">\(Int(pow(10, decade)))</text>")
    }
    for step in 0...4 {
      let recall = lowest + Double(step) * (1 - lowest) / 4
      parts.append(line(x(recall), Self.top, x(recall), Self.height - Self.bottom))
      let label = (recall * 1_000).rounded() / 1_000
      parts.append("<text x=\"\(x(recall))\" y=\"\(Self.height - 16)\" text-anchor=\"middle\">\(label)</text>")
    }
    for (number, curve) in curves.enumerated() {
      let colour = Self.colours[number % Self.colours.count]
      let places = curve.points.map { "\(x($0.recall)),\(y($0.queriesPerSecond))" }
      parts.append(
        "<polyline points=\"\(places.joined(separator: " "))\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.5\"/>")
      parts += curve.points.map { "<circle cx=\"\(x($0.recall))\" cy=\"\(y($0.queriesPerSecond))\" r=\"2\" fill=\"\(colour)\"/>" }
      let height = Self.top + 14 * Double(number) + 8
      parts.append("<rect x=\"\(Self.width - Self.right + 8)\" y=\"\(height - 8)\" width=\"9\" height=\"9\" fill=\"\(colour)\"/>")
      parts.append("<text x=\"\(Self.width - Self.right + 22)\" y=\"\(height)\">\(ReportPage.escaped(curve.name))</text>")
    }
    if let target, target >= lowest {
      parts.append("<line x1=\"\(x(target))\" y1=\"\(Self.top)\" x2=\"\(x(target))\" y2=\"\(Self.height - Self.bottom)\" stroke=\"#d55e00\" stroke-dasharray=\"4 3\"/>")
    }
    if let chosen {
      parts.append("<circle cx=\"\(x(chosen.recall))\" cy=\"\(y(chosen.queriesPerSecond))\" r=\"6\" fill=\"none\" stroke=\"#d55e00\" stroke-width=\"2\"/>")
    }
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Int(Self.width))\" height=\"\(Int(Self.height))\" "
      + "viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" font-family=\"system-ui,sans-serif\" font-size=\"11\" role=\"img\" aria-label=\"\(ReportPage.escaped(title))\">"
      + parts.joined() + "</svg>"
  }

  private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
    "<line x1=\"\(x1)\" y1=\"\(y1)\" x2=\"\(x2)\" y2=\"\(y2)\" stroke=\"#e4e4e4\"/>"
  }
}

extension Double {
  fileprivate func rounded(_ rule: FloatingPointRoundingRule, toMultipleOf step: Double) -> Double {
    (self / step).rounded(rule) * step
  }
}
