internal import Foundation
internal import Synchronization

/// One line on standard error that shows how far a long work is, at what rate, and when it will end.
///
/// It appears only on a terminal and only after `quietPeriod`, so that short work prints nothing.
final class ProgressLine: Sendable {
  private struct State {
    var lastDrawn: ContinuousClock.Instant?
    var isVisible = false
  }

  private let label: String
  private let unit: String
  private let started = ContinuousClock.now
  private let quietPeriod = Duration.milliseconds(700)
  private let interval = Duration.milliseconds(100)
  private let terminal = Terminal.standardError
  private let isEnabled: Bool
  private let state = Mutex(State())

  init(_ label: String, unit: String, isEnabled: Bool = true) {
    self.label = label
    self.unit = unit
    self.isEnabled = isEnabled && terminal.isInteractive
  }

  /// Redraws the line if it is time to.
  ///
  /// - Parameters:
  ///   - done: units finished.
  ///   - total: units in all, where known; without it there is no bar and no ETA.
  ///   - detail: what is being worked on.
  func update(done: Int, total: Int?, detail: String = "") {
    guard isEnabled else { return }
    let now = ContinuousClock.now
    let isDue = state.withLock { state in
      guard now - started >= quietPeriod, state.lastDrawn.map({ now - $0 >= interval }) ?? true else { return false }
      state.lastDrawn = now
      state.isVisible = true
      return true
    }
    if isDue { terminal.write("\r\u{1B}[2K" + line(done: done, total: total, detail: detail, elapsed: now - started)) }
  }

  /// Removes the line.
  func finish() {
    let wasVisible = state.withLock { state in
      defer { state.isVisible = false }
      return state.isVisible
    }
    if wasVisible { terminal.write("\r\u{1B}[2K") }
  }

  private func line(done: Int, total: Int?, detail: String, elapsed: Duration) -> String {
    let seconds = elapsed / .seconds(1)
    let rate = seconds > 0 ? Double(done) / seconds : 0
    var parts = [label]
    if let total, total > 0 {
      parts.append(bar(fraction: min(1, Double(done) / Double(total))))
      parts.append("\(Units.count(done))/\(Units.count(total)) \(unit)")
    } else {
      parts.append("\(Units.count(done)) \(unit)")
    }
    parts.append("\(Units.fixed(rate, rate < 10 ? 1 : 0))/s")
    if let total, rate > 0, done < total {
      parts.append("ETA \(Units.duration(seconds: Double(total - done) / rate))")
    }
    let head = parts.joined(separator: "  ")
    let room = terminal.width - head.count - 3
    guard room > 8, !detail.isEmpty else { return String(head.prefix(terminal.width - 1)) }
    return head + "  " + terminal.styled(shortened(detail.withoutControlCharacters, to: room), .dim)
  }

  private func bar(fraction: Double) -> String {
    let cells = 20
    let filled = Int(fraction * Double(cells))
    return "[" + String(repeating: "█", count: filled) + String(repeating: "·", count: cells - filled) + "]"
  }

  /// The end of a path says more than its beginning.
  private func shortened(_ text: String, to width: Int) -> String {
    text.count <= width ? text : "…" + text.suffix(width - 1)
  }
}
