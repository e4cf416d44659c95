/// Reads dates and times as payload has them, to microseconds since 1970 in UTC.
///
/// RFC 3339; also with a space for the `T`, without seconds, without a zone (UTC), with a zone such as `+0200`, and a date
/// alone.
enum DateTimeText {
  static func microseconds(_ text: String) -> Int64? {
    var cursor = Cursor(bytes: Array(text.utf8))
    guard let year = cursor.digits(4), cursor.take("-"), let month = cursor.digits(2), cursor.take("-"), let day = cursor.digits(2),
      (1...12).contains(month), (1...daysIn(month: month, year: year)).contains(day)
    else { return nil }
    var seconds = Int64(daysSinceEpoch(year: year, month: month, day: day)) * 86_400
    var fraction: Int64 = 0
    guard !cursor.isAtEnd else { return seconds * 1_000_000 }
    guard cursor.take("T") || cursor.take("t") || cursor.take(" "), let hour = cursor.digits(2), cursor.take(":"), let minute = cursor.digits(2),
      hour < 24, minute < 60
    else { return nil }
    seconds += Int64(hour * 3_600 + minute * 60)
    if cursor.take(":") {
      guard let second = cursor.digits(2), second <= 60 else { return nil }
      seconds += Int64(second)
      if cursor.take(".") {
        guard let microseconds = cursor.fraction() else { return nil }
        fraction = microseconds
      }
    }
    guard let offset = cursor.zone(), cursor.isAtEnd else { return nil }
    return (seconds - Int64(offset)) * 1_000_000 + fraction
  }

  /// Microseconds as RFC 3339 in UTC.
  static func text(_ microseconds: Int64) -> String {
    let seconds = microseconds >= 0 ? microseconds / 1_000_000 : -((-microseconds + 999_999) / 1_000_000)
    let days = seconds >= 0 ? seconds / 86_400 : -((-seconds + 86_399) / 86_400)
    let rest = Int(seconds - days * 86_400)
    let (year, month, day) = date(daysSinceEpoch: Int(days))
    func padded(_ value: Int, _ width: Int) -> String { String(repeating: "0", count: max(0, width - "\(value)".count)) + "\(value)" }
    let fraction = microseconds - seconds * 1_000_000
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(padded(rest / 3_600, 2)):\(padded(rest / 60 % 60, 2)):\(padded(rest % 60, 2))"
      + (fraction == 0 ? "" : ".\(padded(Int(fraction), 6))") + "Z"
  }

  private struct Cursor {
    let bytes: [UInt8]
    var position = 0

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
      position += 1
      return true
    }

    mutating func digits(_ count: Int) -> Int? {
      guard position + count <= bytes.count else { return nil }
      var value = 0
      for byte in bytes[position..<position + count] {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
      }
      position += count
      return value
    }

    /// One to nine digits after the point, in microseconds.
    mutating func fraction() -> Int64? {
      var value: Int64 = 0
      var count = 0
      while let digit = digits(1) {
        if count < 6 { value = value * 10 + Int64(digit) }
        count += 1
      }
      guard count > 0 else { return nil }
      for _ in count..<max(count, 6) { value *= 10 }
      return value
    }

    /// The offset of the zone in seconds; none is UTC.
    mutating func zone() -> Int? {
      if isAtEnd || take("Z") || take("z") { return 0 }
      let isNegative: Bool
      if take("+") { isNegative = false } else if take("-") { isNegative = true } else { return nil }
      guard let hours = digits(2), hours < 24 else { return nil }
      _ = take(":")
      let minutes = isAtEnd ? 0 : digits(2)
      guard let minutes, minutes < 60 else { return nil }
      return (isNegative ? -1 : 1) * (hours * 3_600 + minutes * 60)
    }
  }

  private static func daysIn(month: Int, year: Int) -> Int {
    switch month {
    case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// The day number in the proleptic Gregorian calendar, counted in eras of 400 years that begin in March.
  private static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func date(daysSinceEpoch days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
    return (year, month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1)
  }
}

/// Dates as requests have them.
public enum PointDates {
  /// Microseconds since 1970 of a date in any of the forms that payload may have; nil if it is none.
  public static func microseconds(_ text: String) -> Int64? { DateTimeText.microseconds(text) }
  /// Microseconds since 1970 as RFC 3339 in UTC.
  public static func text(microseconds: Int64) -> String { DateTimeText.text(microseconds) }
}
