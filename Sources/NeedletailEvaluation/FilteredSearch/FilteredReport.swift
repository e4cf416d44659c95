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
      RecallChart(
        title: name,
        curves: curves.filter { $0.workload == name && !$0.points.isEmpty }.map { curve in
          RecallChart.Curve(
            name: curve.method.publishedName,
            points: curve.points.map { RecallChart.Point(recall: $0.recall, queriesPerSecond: $0.queriesPerSecond) })
        }
      ).svg
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
