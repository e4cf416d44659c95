public import NeedletailCore

/// The filter language of the command line and the search page.
///
/// ```
/// type:pdf path:docs/* year>=2020 -tag:draft
/// (type:pdf OR type:html) author:"Ada Lovelace" modified<2024-05
/// ```
///
/// | written | holds if |
/// |---|---|
/// | `field:value`, `field=value` | the field equals the value; `field:a,b` either one |
/// | `field:start*` | the field begins with `start` |
/// | `field:*` | the field is present and not null |
/// | `field>v` `>=` `<` `<=` | the field is a number or a date on that side; a date given to the year, month or day stands for all of it |
/// | `a b`, `a AND b` | both hold |
/// | `a OR b` | one of them holds; binds weaker than AND |
/// | `-a`, `NOT a` | `a` does not hold |
/// | `(…)` | grouping |
///
/// A bare value that looks like a number, `true`, `false` or `null` equals both that value and the same text; a value in
/// double quotes is always text. In quotes `\"` and `\\` stand for themselves. Field names may be quoted, too.
public enum FilterExpression {
  /// Reads a filter. An empty text is the filter that every document satisfies.
  ///
  /// - Throws: `StoreError.filterSyntax` with the position of the first character that does not fit.
  public static func parse(_ text: String) throws(StoreError) -> Filter {
    var parser = FilterParser(text: text, tokens: try FilterLexer.tokens(of: text))
    return try parser.parse()
  }
}

/// Recursive descent over the tokens; one function for each line of the grammar.
private struct FilterParser {
  static let maximumDepth = 64

  let text: String
  let tokens: [FilterToken]
  var next = 0

  private var current: FilterToken { tokens[next] }

  mutating func parse() throws(StoreError) -> Filter {
    if case .end = current.kind { return .all([]) }
    let filter = try alternatives(depth: 0)
    switch current.kind {
    case .end: return filter
    case .close: throw problem("this \")\" closes nothing")
    default: throw problem("this does not belong here")
    }
  }

  /// alternatives = conjunction { "OR" conjunction }
  private mutating func alternatives(depth: Int) throws(StoreError) -> Filter {
    guard depth < Self.maximumDepth else { throw problem("the filter is nested too deep") }
    var parts = [try conjunction(depth: depth)]
    while case .or = current.kind {
      next += 1
      parts.append(try conjunction(depth: depth))
    }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  /// conjunction = term { [ "AND" ] term }
  private mutating func conjunction(depth: Int) throws(StoreError) -> Filter {
    var parts = [try term(depth: depth)]
    while true {
      switch current.kind {
      case .and:
        next += 1
        parts.append(try term(depth: depth))
      case .not, .open, .word: parts.append(try term(depth: depth))
      default: return parts.count == 1 ? parts[0] : .all(parts)
      }
    }
  }

  /// term = { "-" | "NOT" } ( "(" alternatives ")" | condition )
  private mutating func term(depth: Int) throws(StoreError) -> Filter {
    var isNegated = false
    while case .not = current.kind {
      isNegated.toggle()
      next += 1
    }
    let filter = try factor(depth: depth)
    return isNegated ? .not(filter) : filter
  }

  private mutating func factor(depth: Int) throws(StoreError) -> Filter {
    switch current.kind {
    case .open:
      next += 1
      let filter = try alternatives(depth: depth + 1)
      guard case .close = current.kind else { throw problem("a \")\" is missing") }
      next += 1
      return filter
    case .word(let field): return try condition(on: field)
    case .end: throw problem("a condition is missing")
    default: throw problem("a condition such as field:value is expected")
    }
  }

  /// condition = field comparison value { "," value }
  private mutating func condition(on field: FilterToken.Word) throws(StoreError) -> Filter {
    let start = current
    next += 1
    guard case .comparison(let comparison) = current.kind else {
      throw problem("a condition needs a field and a value, such as title:\(field.isQuoted ? "\"\(field.text)\"" : field.text)", at: start)
    }
    guard !field.text.isEmpty else { throw problem("the name of the field is empty", at: start) }
    next += 1
    let first = try value(after: comparison)
    guard comparison == .equal else { return FilterCompletion.range(field.text, comparison, first) }
    var parts = [first]
    while case .comma = current.kind {
      next += 1
      parts.append(try value(after: comparison))
    }
    return FilterCompletion.equality(field.text, parts)
  }

  private mutating func value(after comparison: FilterToken.Comparison) throws(StoreError) -> FilterToken.Word {
    guard case .word(let word) = current.kind else { throw problem("a value is expected after \"\(comparison.rawValue)\"") }
    next += 1
    return word
  }

  private func problem(_ reason: String, at token: FilterToken? = nil) -> StoreError {
    .filterSyntax(text: text, position: (token ?? current).position, reason: reason)
  }
}

/// From field, comparison and value as written to a filter.
private enum FilterCompletion {
  static func equality(_ field: String, _ words: [FilterToken.Word]) -> Filter {
    var values: [JSONValue] = []
    var others: [Filter] = []
    for word in words {
      if !word.isQuoted, word.text == "*" {
        others.append(.exists(field: field))
      } else if !word.isQuoted, word.text.hasSuffix("*") {
        others.append(.prefix(field: field, String(word.text.dropLast())))
      } else {
        values += meanings(of: word)
      }
    }
    let parts = (values.isEmpty ? [] : [Filter.match(field: field, values: values)]) + others
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  private static func meanings(of word: FilterToken.Word) -> [JSONValue] {
    let text = JSONValue.string(word.text)
    if word.isQuoted { return [text] }
    switch word.text {
    case "true": return [.bool(true), text]
    case "false": return [.bool(false), text]
    case "null": return [.null, text]
    default: return (number(word.text).map { [$0] } ?? []) + [text]
    }
  }

  static func range(_ field: String, _ comparison: FilterToken.Comparison, _ word: FilterToken.Word) -> Filter {
    let asText = Filter.range(field: field, bounds(comparison, text: word.text))
    guard !word.isQuoted, let number = number(word.text) else { return asText }
    let asNumber = Filter.range(field: field, bounds(comparison, number))
    // Four digits may be the year of a date as well as a number.
    return isPartialDate(word.text) ? .any([asNumber, asText]) : asNumber
  }

  /// `modified<=2024-05` means up to the end of May: a date stands for every moment that begins with it. Nothing that
  /// occurs in an ISO 8601 date comes after "~", so `date~` follows all of them.
  private static func bounds(_ comparison: FilterToken.Comparison, text: String) -> FilterRange {
    guard isPartialDate(text) else { return bounds(comparison, .string(text)) }
    switch comparison {
    case .lessOrEqual: return FilterRange(lessThan: .string(text + "~"))
    case .greater: return FilterRange(atLeast: .string(text + "~"))
    default: return bounds(comparison, .string(text))
    }
  }

  private static func bounds(_ comparison: FilterToken.Comparison, _ bound: JSONValue) -> FilterRange {
    switch comparison {
    case .greater: FilterRange(greaterThan: bound)
    case .greaterOrEqual: FilterRange(atLeast: bound)
    case .less: FilterRange(lessThan: bound)
    case .lessOrEqual: FilterRange(atMost: bound)
    case .equal: FilterRange(atLeast: bound, atMost: bound)
    }
  }

  private static func number(_ text: String) -> JSONValue? {
    // Words such as "nan", "infinity" and "0x10", which Double reads as well, are texts here.
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0) }) else { return nil }
    if let integer = Int64(text) { return .integer(integer) }
    return Double(text).flatMap { $0.isFinite ? .number($0) : nil }
  }

  /// YYYY, YYYY-MM or YYYY-MM-DD.
  private static func isPartialDate(_ text: String) -> Bool {
    let pattern = Array("0000-00-00".utf8)
    let bytes = Array(text.utf8)
    guard [4, 7, 10].contains(bytes.count) else { return false }
    return zip(bytes, pattern).allSatisfy { byte, expected in
      expected == UInt8(ascii: "-") ? byte == expected : (0x30...0x39).contains(byte)
    }
  }
}
