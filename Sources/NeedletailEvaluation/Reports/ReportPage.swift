internal import Foundation

/// A page of HTML that refers to nothing outside, for the reports of this room.
struct ReportPage {
  var title: String
  /// What stands below the heading, as HTML.
  var body: String
  /// Further rules of style.
  var style = ""

  var html: String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>\(Self.escaped(title))</title>
    <style>body{font:15px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#222}
    table{border-collapse:collapse}td,th{padding:.25em .8em;text-align:right;border-bottom:1px solid #ddd;font-variant-numeric:tabular-nums}td{white-space:nowrap}
    table{display:block;overflow-x:auto}
    td:first-child,th:first-child{text-align:left}svg{background:#fff;max-width:100%;height:auto}text{font:12px system-ui,sans-serif;fill:#333}
    .plots{display:flex;flex-wrap:wrap;gap:1em}.note{color:#555}\(style)</style></head>
    <body><h1>\(Self.escaped(title))</h1>
    \(body)
    </body></html>

    """
  }

  /// Text as it may stand between tags and in attributes.
  static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
  }

  /// A table; cells are text.
  static func table(_ titles: [String], _ rows: [[String]]) -> String {
    func line(_ cells: [String], _ tag: String) -> String { "<tr>" + cells.map { "<\(tag)>\(escaped($0))</\(tag)>" }.joined() + "</tr>" }
    return "<table><thead>\(line(titles, "th"))</thead><tbody>\n" + rows.map { line($0, "td") }.joined(separator: "\n") + "</tbody></table>"
  }

  /// A number with so many digits behind the point.
  static func number(_ value: Double, _ digits: Int = 4) -> String { String(format: "%.\(digits)f", value) }

  /// A probability with four digits behind the point; "< 0.0001" where they would all be 0, which a probability of a test never is.
  static func probability(_ value: Double) -> String { value < 0.000_1 ? "< 0.0001" : number(value) }

  /// A table in Markdown; cells are text.
  static func markdown(_ titles: [String], _ rows: [[String]]) -> String {
    func line(_ cells: [String]) -> String { "| " + cells.map { $0.replacingOccurrences(of: "|", with: "\\|") }.joined(separator: " | ") + " |" }
    let rule = "|" + titles.indices.map { $0 == 0 ? "---|" : "---:|" }.joined()
    return ([line(titles), rule] + rows.map(line)).joined(separator: "\n") + "\n"
  }

  /// A number with its sign.
  static func signed(_ value: Double, _ digits: Int = 4) -> String { String(format: "%+.\(digits)f", value) }

  /// A coordinate of a drawing.
  static func place(_ value: Double) -> String { String(format: "%.1f", value) }

  /// Colours that the colour-blind tell apart (Okabe and Ito, 2008), then lighter ones.
  static let colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8a6d00", "#7f3c8d", "#777777"]
}

/// A drawing.
struct Drawing {
  var width: Double
  var height: Double
  /// What a reader who cannot see it hears.
  var label: String
  private(set) var parts: [String] = []

  init(width: Double, height: Double, label: String) {
    self.width = width
    self.height = height
    self.label = label
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, colour: String = "#e4e4e4", width: Double = 1) {
    let places = zip(["x1", "y1", "x2", "y2"], [x1, y1, x2, y2]).map { "\($0)=\"\(ReportPage.place($1))\"" }.joined(separator: " ")
    parts.append("<line \(places) stroke=\"\(colour)\" stroke-width=\"\(width)\"/>")
  }

  mutating func text(_ text: String, _ x: Double, _ y: Double, anchor: String = "start", bold: Bool = false) {
    let weight = bold ? " style=\"font-weight:600\"" : ""
    parts.append(
      "<text x=\"\(ReportPage.place(x))\" y=\"\(ReportPage.place(y))\" text-anchor=\"\(anchor)\"\(weight)>\(ReportPage.escaped(text))</text>")
  }

  /// A rectangle, with a text that shows when one points at it.
  mutating func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double, colour: String, title: String = "") {
    let places = zip(["x", "y", "width", "height"], [x, y, width, height]).map { "\($0)=\"\(ReportPage.place($1))\"" }.joined(separator: " ")
    parts.append("<rect \(places) fill=\"\(colour)\"><title>\(ReportPage.escaped(title))</title></rect>")
  }

  /// A closed line through some points.
  mutating func polygon(_ points: [(x: Double, y: Double)], stroke: String, fill: String = "none", dashed: Bool = false) {
    let places = points.map { "\(ReportPage.place($0.x)),\(ReportPage.place($0.y))" }.joined(separator: " ")
    let dash = dashed ? " stroke-dasharray=\"4 3\"" : ""
    parts.append("<polygon points=\"\(places)\" fill=\"\(fill)\" fill-opacity=\"0.08\" stroke=\"\(stroke)\" stroke-width=\"1.8\"\(dash)/>")
  }

  mutating func circle(_ x: Double, _ y: Double, radius: Double, colour: String, title: String = "") {
    parts.append(
      "<circle cx=\"\(ReportPage.place(x))\" cy=\"\(ReportPage.place(y))\" r=\"\(radius)\" fill=\"\(colour)\">"
        + "<title>\(ReportPage.escaped(title))</title></circle>")
  }

  var svg: String {
    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Int(width))\" height=\"\(Int(height))\" "
      + "viewBox=\"0 0 \(Int(width)) \(Int(height))\" role=\"img\" aria-label=\"\(ReportPage.escaped(label))\">"
      + parts.joined() + "</svg>"
  }
}
