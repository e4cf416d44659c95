/// A number as it stands in JSON.
enum JSONNumber {
  case integer(Int64)
  case unsigned(UInt64)
  case double(Double)

  var node: JSONNode {
    switch self {
    case .integer(let value): .integer(value)
    case .unsigned(let value): .unsigned(value)
    case .double(let value): .number(value)
    }
  }
}

extension JSONReader {
  /// Reads a number. What has no fraction and fits is an integer; everything else becomes the nearest double.
  mutating func number() throws(JSONFlaw) -> JSONNumber {
    let start = position
    let isNegative = current == UInt8(ascii: "-")
    if isNegative { position += 1 }
    var decimal = Decimal()
    guard digits(into: &decimal) else { throw flaw("invalid number") }
    guard unsafe bytes[start + (isNegative ? 1 : 0)] != UInt8(ascii: "0") || position == start + (isNegative ? 2 : 1) else {
      throw flaw("invalid number")
    }
    var isInteger = true
    if current == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      decimal.isFraction = true
      guard digits(into: &decimal) else { throw flaw("invalid number") }
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      isInteger = false
      try exponent(into: &decimal)
    }
    if isInteger, decimal.isExact {
      if !isNegative { return Int64(exactly: decimal.mantissa).map { .integer($0) } ?? .unsigned(decimal.mantissa) }
      if decimal.mantissa <= UInt64(Int64.max) { return .integer(-Int64(decimal.mantissa)) }
      if decimal.mantissa == 1 << 63 { return .integer(.min) }
    }
    guard decimal.isExact, let magnitude = decimal.double else { return .double(try slowDouble(from: start)) }
    return .double(isNegative ? -magnitude : magnitude)
  }

  /// Reads `12.345` where nothing needs care, as nearly all components of vectors are; nil, at the same position, for anything
  /// else. Gives the same double as `number()`.
  ///
  /// Eight digits are recognised and added up at a time, as words (D. Lemire, "Number Parsing at a Gigabyte per Second",
  /// Software: Practice and Experience 51, 2021, section 6).
  @inline(__always)
  mutating func plainFraction() -> Double? {
    let count = unsafe bytes.count
    guard let base = unsafe bytes.baseAddress else { return nil }
    var cursor = position
    let isNegative = unsafe cursor < count && base[cursor] == UInt8(ascii: "-")
    if isNegative { cursor += 1 }
    let start = cursor
    var mantissa: UInt64 = 0
    while cursor < count {
      let digit = unsafe base[cursor] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      mantissa = mantissa &* 10 &+ UInt64(digit)
      cursor += 1
    }
    let whole = cursor - start
    guard whole > 0, cursor < count, unsafe base[cursor] == UInt8(ascii: "."), whole == 1 || (unsafe base[start]) != UInt8(ascii: "0") else { return nil }
    cursor += 1
    let point = cursor
    while cursor + 8 <= count {
      let word = UInt64(littleEndian: unsafe UnsafeRawPointer(base + cursor).loadUnaligned(as: UInt64.self))
      guard Self.areDigits(word) else { break }
      mantissa = mantissa &* 100_000_000 &+ Self.value(ofDigits: word)
      cursor += 8
    }
    while cursor < count {
      let digit = unsafe base[cursor] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      mantissa = mantissa &* 10 &+ UInt64(digit)
      cursor += 1
    }
    let fraction = cursor - point
    // Up to 18 digits the word cannot have overflowed.
    guard fraction > 0, whole + fraction <= 18, cursor < count, unsafe base[cursor] | 0x20 != UInt8(ascii: "e") else { return nil }
    let magnitude: Double
    if mantissa < 1 << 53 {
      magnitude = unsafe Double(mantissa) / Decimal.powers[fraction]
    } else {
      guard let value = Decimal(mantissa: mantissa, exponent: -fraction).double else { return nil }
      magnitude = value
    }
    position = cursor
    return isNegative ? -magnitude : magnitude
  }

  /// Whether eight bytes are digits all.
  @inline(__always)
  private static func areDigits(_ word: UInt64) -> Bool {
    (word & 0xF0F0_F0F0_F0F0_F0F0) == 0x3030_3030_3030_3030 && ((word &+ 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0) == 0x3030_3030_3030_3030
  }

  /// The number that eight digits are, the first byte the most significant.
  @inline(__always)
  private static func value(ofDigits word: UInt64) -> UInt64 {
    let digits = word &- 0x3030_3030_3030_3030
    let pairs = (digits &* 10) &+ (digits >> 8)
    let low = (pairs & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064
    let high = ((pairs >> 16) & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001
    return (low &+ high) >> 32
  }

  /// What the digits of a number say: `mantissa * 10^exponent`.
  struct Decimal {
    var mantissa: UInt64 = 0
    var exponent = 0
    /// False once the digits did not fit.
    var isExact = true
    var isFraction = false

    /// 10^0 to 10^22, which doubles hold exactly. Never freed: components of vectors are divided by them by the million.
    nonisolated(unsafe) static let powers: UnsafePointer<Double> = {
      let powers = UnsafeMutablePointer<Double>.allocate(capacity: 23)
      unsafe powers[0] = 1
      for exponent in 1...22 { unsafe powers[exponent] = powers[exponent - 1] * 10 }
      return unsafe UnsafePointer(powers)
    }()
    private static let integerPowers: [UInt64] = (0..<19).reduce(into: [1]) { powers, _ in powers.append((powers.last ?? 1) * 10) }

    /// The nearest double, ties to even; nil where this needs more than a word of arithmetic.
    ///
    /// One division of 128 by 64 bits gives at least 62 bits of the quotient and a remainder that tells whether more
    /// follow, which is all that rounding has to know.
    var double: Double? {
      if mantissa == 0 { return 0 }
      if mantissa < 1 << 53, (0...22).contains(exponent) { return unsafe Double(mantissa) * Self.powers[exponent] }
      if mantissa < 1 << 53, (-22..<0).contains(exponent) { return unsafe Double(mantissa) / Self.powers[-exponent] }
      guard (-19..<0).contains(exponent) else { return exponent == 0 ? Double(mantissa) : nil }
      let divisor = Self.integerPowers[-exponent]
      let divisorShift = divisor.leadingZeroBitCount
      let mantissaShift = mantissa.leadingZeroBitCount
      let shifted = mantissa << UInt64(mantissaShift)
      let (quotient, remainder) = (divisor << UInt64(divisorShift)).dividingFullWidth((shifted >> 1, (shifted & 1) << 63))
      let rounded = Double(quotient | (remainder == 0 ? 0 : 1))
      return Double(sign: .plus, exponent: divisorShift - mantissaShift + 1 - 64, significand: rounded)
    }
  }

  /// Reads digits; false if there is none.
  private mutating func digits(into decimal: inout Decimal) -> Bool {
    let start = position
    while true {
      let digit = current &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      position += 1
      if decimal.mantissa <= (UInt64.max - 9) / 10 {
        decimal.mantissa = decimal.mantissa * 10 + UInt64(digit)
        if decimal.isFraction { decimal.exponent -= 1 }
      } else if case let (product, overflow) = decimal.mantissa.multipliedReportingOverflow(by: 10), !overflow,
        case let (sum, carry) = product.addingReportingOverflow(UInt64(digit)), !carry
      {
        decimal.mantissa = sum
        if decimal.isFraction { decimal.exponent -= 1 }
      } else {
        decimal.isExact = false
      }
    }
    return position > start
  }

  private mutating func exponent(into decimal: inout Decimal) throws(JSONFlaw) {
    position += 1
    let isNegative = current == UInt8(ascii: "-")
    if isNegative || current == UInt8(ascii: "+") { position += 1 }
    var value = 0
    let start = position
    while case let digit = current &- UInt8(ascii: "0"), digit < 10 {
      value = min(100_000, value * 10 + Int(digit))
      position += 1
    }
    guard position > start else { throw flaw("invalid number") }
    decimal.exponent += isNegative ? -value : value
  }

  private func slowDouble(from start: Int) throws(JSONFlaw) -> Double {
    let text = unsafe String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
    guard let value = Double(text), value.isFinite else { throw JSONFlaw(offset: start, reason: "number out of range") }
    return value
  }
}
