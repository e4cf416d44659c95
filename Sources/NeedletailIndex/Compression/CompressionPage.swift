internal import NeedletailNumerics

/// A study as a page of its own: the curve of each method, what nothing beats, the table, and the advice.
public struct CompressionPage: Sendable {
  private let study: CompressionStudy

  public init(_ study: CompressionStudy) {
    self.study = study
  }

  /// Writes the page. The file appears complete or not at all.
  public func write(to path: String) throws(IndexError) {
    do throws(FileError) {
      try AtomicFile.write(to: path) { writer throws(FileError) in try writer.write(Array(html.utf8)) }
    } catch {
      throw .file(error)
    }
  }

  /// The page as text; it refers to nothing outside.
  public var html: String {
    """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8"><title>Compression study</title>
    <style>body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}table{border-collapse:collapse}
    td,th{padding:.2em .8em;text-align:right;border-bottom:1px solid #ddd}td:first-child,th:first-child{text-align:left}</style></head>
    <body><h1>Compression study</h1>
    <p>\(study.rowCount) vectors of \(study.dimension) components, \(study.originalBytes) bytes as 32-bit floats; \
    \(study.queryCount) queries. Recall: how many of the ten nearest rows are still found by comparing with decoded rows.</p>
    \(svg)
    <h2>What to take</h2><ul>\(study.advice.map { "<li><b>\($0.use)</b>: \($0.method.title), recall \(Self.text($0.recall, 3)) (\($0.reason))</li>" }.joined())</ul>
    <h2>All measurements</h2><table><tr><th>method</th><th>budget</th><th>bytes</th><th>recall@10</th><th>distortion</th><th>compress s</th><th>decode s</th></tr>
    \(study.results.map(row).joined(separator: "\n"))
    </table></body></html>
    """
  }

  private func row(_ result: CompressionStudy.Result) -> String {
    guard let bytes = result.bytes else {
      return "<tr><td>\(result.method.title)</td><td>\(result.budget)</td><td colspan=\"5\">cannot go that low</td></tr>"
    }
    let cells = [result.recall, result.distortion, result.compressSeconds, result.decodeSeconds].map { Self.text($0 ?? 0, 4) }
    return "<tr><td>\(result.method.title)</td><td>\(result.budget)</td><td>\(bytes)</td>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>"
  }

  // MARK: - The plot

  private static let size = (width: 820.0, height: 420.0, margin: 56.0)

  /// Recall over stored bytes, both as fractions; bytes on a scale of doublings.
  public var svg: String {
    let (width, height, margin) = Self.size
    let shares = measured.map { share($0) }
    let least = max(0.001, (shares.min() ?? 0.01) * 0.8)
    let doublings = Self.doublings(1 / least)
    func x(_ share: Double) -> Double { margin + (width - 190 - margin) * Self.doublings(share / least) / max(doublings, 0.1) }
    func y(_ recall: Double) -> Double { height - margin - (height - 2 * margin) * recall }
    var parts: [String] = []
    for tick in 0...5 {
      let recall = Double(tick) / 5
      parts.append("<line x1=\"\(margin)\" x2=\"\(width - 190)\" y1=\"\(y(recall))\" y2=\"\(y(recall))\" stroke=\"#ddd\"/><text x=\"\(margin - 8)\" y=\"\(y(recall) + 4)\" text-anchor=\"end\">\(Self.text(recall, 1))</text>")
    }
    for share in [1, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625] where share >= least {
      parts.append("<text x=\"\(x(share))\" y=\"\(height - margin + 18)\" text-anchor=\"middle\">\(Self.text(100 * share, share < 0.1 ? 1 : 0))%</text>")
    }
    for (number, method) in CompressionMethod.allCases.enumerated() {
      let points = measured.filter { $0.method == method }.sorted { share($0) < share($1) }
      guard !points.isEmpty else { continue }
      let color = "hsl(\(number * 360 / CompressionMethod.allCases.count) 65% 42%)"
      let path = points.map { "\(Self.text(x(share($0)), 1)),\(Self.text(y($0.recall ?? 0), 1))" }.joined(separator: " ")
      parts.append("<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"1.5\"/>")
      for point in points {
        parts.append("<circle cx=\"\(Self.text(x(share(point)), 1))\" cy=\"\(Self.text(y(point.recall ?? 0), 1))\" r=\"\(isUnbeaten(point) ? 5 : 3)\" fill=\"\(color)\"><title>\(method.title): \(Self.text(100 * share(point), 1))%, recall \(Self.text(point.recall ?? 0, 4))</title></circle>")
      }
      parts.append("<rect x=\"\(width - 170)\" y=\"\(margin + 20 * Double(number) - 9)\" width=\"12\" height=\"12\" fill=\"\(color)\"/><text x=\"\(width - 150)\" y=\"\(margin + 20 * Double(number) + 2)\">\(method.title)</text>")
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" font-family="system-ui,sans-serif" font-size="13" role="img" aria-label="Recall over stored bytes">
      \(parts.joined(separator: "\n"))
      <text x="\(margin)" y="24">recall@10 over stored bytes; large dots: nothing smaller finds as much</text></svg>
      """
  }

  private var measured: [CompressionStudy.Result] { study.results.filter { $0.bytes != nil } }

  private func share(_ result: CompressionStudy.Result) -> Double {
    Double(result.bytes ?? 0) / Double(max(1, study.originalBytes))
  }

  /// Whether no result with as few bytes finds more.
  private func isUnbeaten(_ result: CompressionStudy.Result) -> Bool {
    !measured.contains { other in
      share(other) <= share(result) && (other.recall ?? 0) >= (result.recall ?? 0)
        && (share(other) < share(result) || (other.recall ?? 0) > (result.recall ?? 0))
    }
  }

  private static func doublings(_ ratio: Double) -> Double { Exponential.logarithm(max(ratio, 1e-9)) / Exponential.logarithm(2) }

  private static func text(_ value: Double, _ digits: Int) -> String {
    let scale = Double([1, 10, 100, 1_000, 10_000][digits])
    let rounded = Int((abs(value) * scale).rounded())
    let (whole, rest) = (rounded / Int(scale), rounded % Int(scale))
    let fraction = digits == 0 ? "" : "." + String(repeating: "0", count: digits - String(rest).count) + String(rest)
    return (value < 0 ? "-" : "") + "\(whole)" + fraction
  }
}
