internal import Foundation
internal import NeedletailCore

/// How numbers, times and metadata are put for people.
enum Wording {
  /// 1234567 → "1,234,567".
  static func count(_ number: Int) -> String {
    var digits = String(number.magnitude)
    var groups: [Substring] = []
    while digits.count > 3 {
      groups.insert(digits.suffix(3), at: 0)
      digits = String(digits.dropLast(3))
    }
    return (number < 0 ? "−" : "") + ([digits[...]] + groups).joined(separator: ",")
  }

  static func count(_ number: Int, _ singular: String, _ plural: String) -> String {
    "\(count(number)) \(number == 1 ? singular : plural)"
  }

  static func time(seconds: Double) -> String {
    switch seconds {
    case ..<0.001: String(format: "%.0f µs", seconds * 1e6)
    case ..<0.1: String(format: "%.1f ms", seconds * 1e3)
    case ..<1: String(format: "%.0f ms", seconds * 1e3)
    default: String(format: "%.1f s", seconds)
    }
  }

  /// Scores of fusion are small and those of BM25 are not; four significant digits suit both.
  static func score(_ score: Double) -> String { String(format: "%.4g", score) }

  static func size(bytes: Double) -> String {
    switch bytes {
    case ..<1000: String(format: "%.0f bytes", bytes)
    case ..<1e6: String(format: "%.1f kB", bytes / 1e3)
    case ..<1e9: String(format: "%.1f MB", bytes / 1e6)
    default: String(format: "%.1f GB", bytes / 1e9)
    }
  }

  /// A message with a capital at its beginning and a full stop at its end.
  static func sentence(_ message: String) -> String {
    let ending = message.last.map { ".!?:".contains($0) } ?? true
    return message.prefix(1).uppercased() + message.dropFirst() + (ending || message.contains("run: ") ? "" : ".")
  }

  /// The date of an ISO 8601 instant, or the text itself where it is none.
  static func date(_ text: String) -> String {
    guard let time = text.firstIndex(of: "T"), text.distance(from: text.startIndex, to: time) == 10 else { return text }
    return String(text[..<time])
  }

  /// The name of a field as a heading.
  static func heading(_ field: String) -> String {
    switch field {
    case "modified", "date": "Date"
    case "tags": "Tag"
    default: field.prefix(1).uppercased() + field.dropFirst().replacing("_", with: " ")
    }
  }

  /// A value of the metadata on one line, or nil if there is nothing to show.
  static func value(_ value: JSONValue, of field: String) -> String? {
    switch value {
    case .null, .object: nil
    case .bool(let value): value ? "yes" : "no"
    case .integer(let number): field == "size" ? size(bytes: Double(number)) : String(number)
    case .number(let number): String(format: "%g", number)
    case .string(let text): text.isEmpty ? nil : (["modified", "date", "created"].contains(field) ? date(text) : text)
    case .array(let values): list(values, of: field)
    }
  }

  private static func list(_ values: [JSONValue], of field: String) -> String? {
    let texts = values.compactMap { value($0, of: field) }
    return texts.isEmpty ? nil : texts.joined(separator: ", ")
  }
}
