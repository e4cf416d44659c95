internal import Foundation

/// Quality against size, with the front: what nothing beats in both. Size to the right on a scale of doublings, quality upwards.
public struct TradeChart: Sendable {
  /// Something that has a size and a quality.
  public struct Point: Hashable, Sendable {
    public var name: String
    public var bytes: Int
    public var quality: Double

    public init(name: String, bytes: Int, quality: Double) {
      (self.name, self.bytes, self.quality) = (name, bytes, quality)
    }
  }

  public var title: String
  /// What quality is, such as "recall@10".
  public var measure: String
  public var points: [Point]

  public init(title: String, measure: String, points: [Point]) {
    self.title = title
    self.measure = measure
    self.points = points
  }

  /// The points that no other one beats: none is at most as large and better, or smaller and as good. From the smallest to the largest; of
  /// equal ones the first.
  public var front: [Point] {
    var front: [Point] = []
    let order = points.indices.sorted { (points[$0].bytes, -points[$0].quality, $0) < (points[$1].bytes, -points[$1].quality, $1) }
    for place in order where points[place].quality > front.last?.quality ?? -.infinity { front.append(points[place]) }
    return front
  }

  private static let (width, height, left, right, top, bottom) = (690.0, 340.0, 56.0, 200.0, 30.0, 44.0)

  public var svg: String {
    var drawing = Drawing(width: Self.width, height: Self.height, label: title)
    let sizes = points.map { log2(Double(max(1, $0.bytes))) }
    let (least, most) = ((sizes.min() ?? 0).rounded(.down), max((sizes.max() ?? 1).rounded(.up), (sizes.min() ?? 0).rounded(.down) + 1))
    let qualities = points.map(\.quality)
    let (low, high) = (min(qualities.min() ?? 0, 1), max(qualities.max() ?? 1, (qualities.min() ?? 0) + 1e-6))
    func x(_ bytes: Int) -> Double {
      Self.left + (log2(Double(max(1, bytes))) - least) / (most - least) * (Self.width - Self.left - Self.right)
    }
    func y(_ quality: Double) -> Double { Self.height - Self.bottom - (quality - low) / (high - low) * (Self.height - Self.top - Self.bottom) }
    drawing.text(title, Self.left, 16, bold: true)
    for tick in 0...4 {
      let quality = low + (high - low) * Double(tick) / 4
      drawing.line(Self.left, y(quality), Self.width - Self.right, y(quality))
      drawing.text(ReportPage.number(quality, 3), Self.left - 6, y(quality) + 4, anchor: "end")
    }
    let step = max(1, ((most - least) / 6).rounded(.up))
    for doubling in stride(from: least, through: most, by: step) {
      let place = Self.left + (doubling - least) / (most - least) * (Self.width - Self.left - Self.right)
      drawing.line(place, Self.top, place, Self.height - Self.bottom)
      drawing.text(Self.size(Int(exp2(doubling))), place, Self.height - Self.bottom + 16, anchor: "middle")
    }
    drawing.text("\(measure) against bytes; the line is what nothing beats", Self.left, Self.height - 8)
    for (point, next) in zip(front, front.dropFirst()) {
      drawing.line(x(point.bytes), y(point.quality), x(next.bytes), y(next.quality), colour: "#888888", width: 1.2)
    }
    let names = points.reduce(into: [String]()) { if !$0.contains($1.name) { $0.append($1.name) } }
    for point in points {
      let colour = ReportPage.colours[(names.firstIndex(of: point.name) ?? 0) % ReportPage.colours.count]
      drawing.circle(
        x(point.bytes), y(point.quality), radius: 4, colour: colour,
        title: "\(point.name): \(measure) \(ReportPage.number(point.quality)), \(point.bytes) bytes")
    }
    for (number, name) in names.enumerated() {
      let place = Self.top + 18 * Double(number) + 8
      drawing.box(Self.width - Self.right + 10, place - 9, 10, 10, colour: ReportPage.colours[number % ReportPage.colours.count])
      drawing.text(name, Self.width - Self.right + 26, place)
    }
    return drawing.svg
  }

  private static func size(_ bytes: Int) -> String {
    for (unit, name) in [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")] where bytes >= unit {
      return ReportPage.number(Double(bytes) / Double(unit), bytes >= 10 * unit ? 0 : 1) + " " + name
    }
    return "\(bytes) B"
  }
}
