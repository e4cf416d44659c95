internal import Foundation

/// Numbers as people read them.
enum Units {
  /// "1,234,567".
  static func count(_ value: Int) -> String {
    var digits = String(abs(value))
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    groups.insert(digits, at: 0)
    return (value < 0 ? "-" : "") + groups.joined(separator: ",")
  }

  /// "1 file", "2 files".
  static func count(_ value: Int, _ noun: String, plural: String? = nil) -> String {
    "\(count(value)) \(value == 1 ? noun : plural ?? noun + "s")"
  }

  /// "840 B", "1.2 MB" (powers of 1000).
  static func bytes(_ value: Int) -> String {
    let names = ["B", "kB", "MB", "GB", "TB"]
    var scaled = Double(value)
    var step = 0
    while scaled >= 1000, step < names.count - 1 {
      scaled /= 1000
      step += 1
    }
    return step == 0 ? "\(value) B" : "\(fixed(scaled, 1)) \(names[step])"
  }

  /// "0.8 ms", "12 s", "3 min 20 s", "2 h 5 min".
  static func duration(seconds: Double) -> String {
    switch seconds {
    case ..<0.001: "\(fixed(seconds * 1_000_000, 0)) µs"
    case ..<1: "\(fixed(seconds * 1000, seconds < 0.01 ? 1 : 0)) ms"
    case ..<60: "\(fixed(seconds, seconds < 10 ? 1 : 0)) s"
    case ..<3600: "\(Int(seconds) / 60) min \(Int(seconds) % 60) s"
    default: "\(Int(seconds) / 3600) h \(Int(seconds) % 3600 / 60) min"
    }
  }

  /// A number with a fixed count of decimals, independent of the locale.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    String(format: "%.\(decimals)f", value)
  }

  /// A probability with four decimals; "< 0.0001" where they would all be 0, which a probability of a test never is.
  static func probability(_ value: Double) -> String { value < 0.000_1 ? "< 0.0001" : fixed(value, 4) }
}
