internal import Foundation
public import NeedletailIndex

/// The curves of a filtered benchmark with what produced them.
public struct FilteredReport: Codable, Sendable {
  /// What was searched, in words.
  public var subject: String
  /// The number of vectors.
  public var count: Int
  public var dimension: Int
  public var queries: Int
  /// The number of neighbours.
  public var limit: Int
  public var curves: [FilteredBenchmark.Curve]

  public init(subject: String, count: Int, dimension: Int, queries: Int, limit: Int, curves: [FilteredBenchmark.Curve]) {
    self.subject = subject
    self.count = count
    self.dimension = dimension
    self.queries = queries
    self.limit = limit
    self.curves = curves
  }

  /// The workloads in the order measured.
  public var workloads: [String] {
    var seen: Set<String> = []
    return curves.map(\.workload).filter { seen.insert($0).inserted }
  }

  /// The most queries per second at a recall that any method reaches under a workload.
  ///
  /// - Parameters:
  ///   - workload: its name.
  ///   - recall: the recall to reach, from 0 to 1.
  ///   - others: methods that do not count.
  public func best(
    under workload: String, atRecall recall: Double, without others: Set<FilteredMethod> = []
  ) -> Double? {
    curves.filter { $0.workload == workload && !others.contains($0.method) }
      .compactMap { $0.queriesPerSecond(atRecall: recall) }.max()
  }

  /// A page with a chart for each workload: recall to the right, queries per second upwards on a logarithmic scale.
  public var page: String {
    let charts = workloads.map { name in
      RecallChart(title: name, curves: curves.filter { $0.workload == name && !$0.points.isEmpty }).svg
    }
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><title>Filtered search</title>
      <style>body{font:15px system-ui,sans-serif;margin:2em;color:#222}main{display:flex;flex-wrap:wrap;gap:1em}
      svg{background:#fff;border:1px solid #ddd}text{font:11px system-ui,sans-serif;fill:#333}</style></head>
      <body><h1>Filtered search</h1>
      <p>\(ReportPage.escaped(subject)): \(count) vectors of \(dimension) components, \(queries) queries, the \(limit) \
      nearest. Recall to the right, queries per second on one thread upwards.</p>
      <main>\(charts.joined(separator: "\n"))</main></body></html>

      """
  }
}

/// Curves of recall against throughput as SVG.
struct RecallChart {
  let title: String
  let curves: [FilteredBenchmark.Curve]

  private static let (width, height, left, right, top, bottom) = (440.0, 320.0, 56.0, 140.0, 28.0, 34.0)
  private static let colours = [
    "#000000", "#e69f00", "#0072b2", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8a6d00", "#7f3c8d", "#777777",
    "#11a579", "#f2b701",
  ]

  var svg: String {
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
      parts.append("<text x=\"\(Self.width - Self.right + 22)\" y=\"\(height)\">\(curve.method.publishedName)</text>")
    }
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Int(Self.width))\" height=\"\(Int(Self.height))\" "
      + "viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\" aria-label=\"\(ReportPage.escaped(title))\">"
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
