/// Per query how far a system is above or below another, as bars from the greatest gain to the greatest loss: shows at a glance whether a
/// mean comes from many queries or from few.
struct DifferenceChart {
  var title: String
  /// The difference for each query.
  var differences: [String: Double]

  private static let (width, height, left, right, top, bottom) = (520.0, 260.0, 48.0, 12.0, 28.0, 40.0)

  var svg: String {
    var drawing = Drawing(width: Self.width, height: Self.height, label: title)
    let sorted = differences.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let reach = max(sorted.map { abs($0.value) }.max() ?? 0, 1e-9)
    let middle = (Self.top + Self.height - Self.bottom) / 2
    let scale = (Self.height - Self.bottom - Self.top) / 2 / reach
    drawing.text(title, Self.left, 16, bold: true)
    for share in [-1, -0.5, 0, 0.5, 1] {
      let y = middle - share * reach * scale
      drawing.line(Self.left, y, Self.width - Self.right, y, colour: share == 0 ? "#888" : "#e4e4e4")
      drawing.text(ReportPage.signed(share * reach, 2), Self.left - 5, y + 4, anchor: "end")
    }
    let step = (Self.width - Self.left - Self.right) / Double(max(1, sorted.count))
    for (number, item) in sorted.enumerated() where item.value != 0 {
      let size = abs(item.value) * scale
      drawing.box(
        Self.left + Double(number) * step, item.value > 0 ? middle - size : middle, max(0.5, step * 0.9), size,
        colour: item.value > 0 ? "#009e73" : "#d55e00", title: "\(item.key): \(ReportPage.signed(item.value))")
    }
    let (better, worse) = (sorted.count { $0.value > 0 }, sorted.count { $0.value < 0 })
    drawing.text(
      "\(better) of \(sorted.count) queries better, \(worse) worse, \(sorted.count - better - worse) equal",
      (Self.left + Self.width - Self.right) / 2, Self.height - 12, anchor: "middle")
    return drawing.svg
  }
}
