internal import Foundation
internal import NeedletailCore
internal import NeedletailNumerics

/// The lines of `metrics.jsonl`, and the picture of them.
struct MetricsLog {
  /// One line.
  enum Entry {
    case step(Int, TrainingStep)
    case validation(Int, measure: String, value: Double)
  }

  private struct Line: Codable {
    var step: Int
    var loss: Double?
    var gradientNorm: Double?
    var rate: Double?
    var tokens: Int?
    var measure: String?
    var value: Double?
  }

  private let path: String
  private var lines: [Line] = []
  private var pending = ""

  /// Takes up the lines that a former process wrote; a broken last one is left out.
  init(path: String) throws(TrainingError) {
    self.path = path
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return }
    let decoder = JSONDecoder()
    lines = text.split(separator: "\n").compactMap { try? decoder.decode(Line.self, from: Data($0.utf8)) }
  }

  /// The value of the validation before the first step.
  var firstValidation: Double? { lines.first { $0.step == 0 && $0.value != nil }?.value }

  /// Forgets what came after a step: it will come again.
  mutating func truncate(after step: Int) throws(TrainingError) {
    lines.removeAll { $0.step > step || step == 0 }
    pending = ""
    let text = lines.map { encoded($0) + "\n" }.joined()
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw .file(.cannotWrite(path: path, code: EIO))
    }
  }

  mutating func append(_ entry: Entry) throws(TrainingError) {
    var line: Line
    switch entry {
    case .step(let index, let step):
      line = Line(step: index, loss: step.loss, gradientNorm: step.gradientNorm, rate: step.rate, tokens: step.tokens)
    case .validation(let index, let measure, let value):
      line = Line(step: index)
      (line.measure, line.value) = (measure, value)
    }
    lines.append(line)
    pending += encoded(line) + "\n"
    if lines.count.isMultiple(of: 16) || line.value != nil { try flush() }
  }

  /// Writes what waits.
  mutating func flush() throws(TrainingError) {
    guard !pending.isEmpty else { return }
    do {
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      defer { try? handle.close() }
      try handle.seekToEnd()
      try handle.write(contentsOf: Data(pending.utf8))
    } catch {
      throw .file(.cannotWrite(path: path, code: EIO))
    }
    pending = ""
  }

  private func encoded(_ line: Line) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return (try? encoder.encode(line)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// Writes a page with the course of loss and quality.
  func writePlot(to path: String, title: String) throws(TrainingError) {
    let losses = lines.compactMap { line in line.loss.map { (Double(line.step), $0) } }
    let values = lines.compactMap { line in line.value.map { (Double(line.step), $0) } }
    let measure = lines.lazy.compactMap(\.measure).first ?? "quality"
    var body = CurvePlot(title: "loss", points: losses).svg
    if !values.isEmpty { body += CurvePlot(title: measure, points: values).svg }
    let name = title.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    let page = """
      <!doctype html><html lang="en"><meta charset="utf-8"><title>\(name)</title>
      <style>body{font:15px system-ui;margin:2em;color:#222;background:#fff}svg{display:block;margin:1em 0;max-width:100%}</style>
      <h1>\(name)</h1>
      \(body)</html>

      """
    do {
      try Data(page.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw .file(.cannotWrite(path: path, code: EIO))
    }
  }
}

/// A curve as an SVG picture.
struct CurvePlot {
  var title: String
  /// Steps and values.
  var points: [(Double, Double)]

  private static let width = 720.0
  private static let height = 240.0
  private static let margin = 60.0

  var svg: String {
    let finite = points.filter { $0.1.isFinite }
    guard let first = finite.first, let last = finite.last else { return "" }
    let low = finite.map(\.1).min() ?? 0
    let high = finite.map(\.1).max() ?? 1
    let span = high > low ? high - low : 1
    let steps = last.0 > first.0 ? last.0 - first.0 : 1
    let place = { (point: (Double, Double)) in
      let x = Self.margin + (point.0 - first.0) / steps * (Self.width - 2 * Self.margin)
      let y = Self.height - 30 - (point.1 - low) / span * (Self.height - 60)
      return String(format: "%.1f,%.1f", x, y)
    }
    let label = { (value: Double) in String(format: "%.4g", value) }
    return """
      <svg viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" width="\(Int(Self.width))" role="img" aria-label="\(title)">
      <text x="\(Int(Self.margin))" y="18" font-size="14">\(title)</text>
      <polyline fill="none" stroke="#1864ab" stroke-width="1.5" points="\(finite.map(place).joined(separator: " "))"/>
      <text x="4" y="34" font-size="12">\(label(high))</text><text x="4" y="\(Int(Self.height) - 28)" font-size="12">\(label(low))</text>
      <text x="\(Int(Self.margin))" y="\(Int(Self.height) - 8)" font-size="12">step \(label(first.0))</text>
      <text x="\(Int(Self.width - Self.margin))" y="\(Int(Self.height) - 8)" font-size="12" text-anchor="end">step \(label(last.0))</text>
      </svg>

      """
  }
}
