internal import Foundation
internal import GRDB
internal import NeedletailCore

/// A filter as a condition of SQL on `document.number`.
struct FilterCondition {
  var sql: String
  var arguments: [any DatabaseValueConvertible]
}

/// Translates filters into SQL over the table of fields.
///
/// Each leaf becomes `number IN (SELECT document FROM field …)`, answered from the index by value; the inner nodes become
/// AND, OR and NOT. A filter is thus evaluated on the rows of record, in one statement and on one state of them.
struct FilterCompiler {
  static let maximumDepth = 128
  static let maximumValueCount = 10_000

  private var valueCount = 0

  /// The condition for a filter; nil stands for all documents.
  ///
  /// - Throws: `StoreError.invalidFilter` for filters without meaning (a range over booleans) and for excessive ones.
  static func condition(for filter: Filter?) throws(StoreError) -> FilterCondition {
    guard let filter else { return .always }
    var compiler = FilterCompiler()
    return try compiler.compile(filter, depth: 0)
  }

  private mutating func compile(_ filter: Filter, depth: Int) throws(StoreError) -> FilterCondition {
    guard depth <= Self.maximumDepth else { throw .invalidFilter(reason: "it is nested more than \(Self.maximumDepth) levels deep") }
    switch filter {
    case .all(let parts):
      return .joined(try compile(parts, depth: depth), by: "AND", ifEmpty: .always)
    case .any(let parts):
      return .joined(try compile(parts, depth: depth), by: "OR", ifEmpty: .never)
    case .not(let part):
      let condition = try compile(part, depth: depth + 1)
      return FilterCondition(sql: "NOT \(condition.sql)", arguments: condition.arguments)
    case .match(let field, let values):
      return try match(field, values)
    case .range(let field, let range):
      return try self.range(field, range)
    case .prefix(let field, let prefix):
      try count(1)
      return .prefix(field, Data(prefix.utf8))
    case .exists(let field):
      try count(1)
      return .field(field, "kind <> \(PayloadField.Value.Kind.null.rawValue)", [])
    }
  }

  private mutating func compile(_ parts: [Filter], depth: Int) throws(StoreError) -> [FilterCondition] {
    var conditions: [FilterCondition] = []
    for part in parts { conditions.append(try compile(part, depth: depth + 1)) }
    return conditions
  }

  private mutating func match(_ field: String, _ values: [JSONValue]) throws(StoreError) -> FilterCondition {
    try count(values.count)
    var byKind: [PayloadField.Value.Kind: [any DatabaseValueConvertible]] = [:]
    for value in values {
      guard let (kind, stored) = Self.stored(value) else {
        throw .invalidFilter(reason: "\"\(field)\" cannot equal a list or an object; name the elements instead")
      }
      byKind[kind, default: []].append(stored)
    }
    let conditions = byKind.sorted { $0.key.rawValue < $1.key.rawValue }.map { kind, values in
      let marks = Array(repeating: "?", count: values.count).joined(separator: ",")
      return FilterCondition.field(field, "kind = \(kind.rawValue) AND value IN (\(marks))", values)
    }
    return .joined(conditions, by: "OR", ifEmpty: .never)
  }

  private mutating func range(_ field: String, _ range: FilterRange) throws(StoreError) -> FilterCondition {
    try count(1)
    var kinds: Set<PayloadField.Value.Kind> = []
    var comparisons: [String] = []
    var arguments: [any DatabaseValueConvertible] = []
    let bounds = [(">", range.greaterThan), (">=", range.atLeast), ("<", range.lessThan), ("<=", range.atMost)]
    for case (let comparison, let bound?) in bounds {
      guard let (kind, stored) = Self.stored(bound), kind == .number || kind == .text else {
        throw .invalidFilter(reason: "the bounds of \"\(field)\" have to be numbers or texts")
      }
      kinds.insert(kind)
      comparisons.append("value \(comparison) ?")
      arguments.append(stored)
    }
    switch kinds.count {
    case 0: return .field(field, "kind IN (\(PayloadField.Value.Kind.number.rawValue), \(PayloadField.Value.Kind.text.rawValue))", [])
    case 1: return .field(field, (["kind = \(kinds.first?.rawValue ?? 0)"] + comparisons).joined(separator: " AND "), arguments)
    default: return .never  // nothing is both a number and a text
    }
  }

  /// The form a scalar has in the column `value`.
  static func stored(_ value: JSONValue) -> (kind: PayloadField.Value.Kind, value: any DatabaseValueConvertible)? {
    switch value {
    case .null: (.null, 0)
    case .bool(let value): (.bool, value ? 1 : 0)
    case .integer(let value): (.number, value)
    case .number(let value): (.number, value)
    case .string(let value): (.text, Data(value.utf8))
    case .array, .object: nil
    }
  }

  private mutating func count(_ values: Int) throws(StoreError) {
    valueCount += values
    guard valueCount <= Self.maximumValueCount else { throw .invalidFilter(reason: "it compares with more than \(Self.maximumValueCount) values") }
  }
}

extension FilterCondition {
  static var always: FilterCondition { FilterCondition(sql: "1", arguments: []) }
  static var never: FilterCondition { FilterCondition(sql: "0", arguments: []) }

  static func field(_ path: String, _ condition: String, _ arguments: [any DatabaseValueConvertible]) -> FilterCondition {
    FilterCondition(sql: "number IN (SELECT document FROM field WHERE path = ? AND \(condition))", arguments: [path] + arguments)
  }

  /// Texts that begin with the bytes are those from the prefix up to, not including, the next greater one of its length.
  static func prefix(_ path: String, _ prefix: Data) -> FilterCondition {
    let text = "kind = \(PayloadField.Value.Kind.text.rawValue)"
    guard let last = prefix.last else { return .field(path, text, []) }
    // The last byte of UTF-8 is at most 0xF4, so adding one cannot overflow.
    let end = prefix.dropLast() + [last + 1]
    return .field(path, text + " AND value >= ? AND value < ?", [prefix, Data(end)])
  }

  /// Joins the conditions as a balanced tree: SQLite limits how deep expressions may be, not how wide.
  static func joined(_ conditions: [FilterCondition], by word: String, ifEmpty empty: FilterCondition) -> FilterCondition {
    guard conditions.count > 1 else { return conditions.first ?? empty }
    let middle = conditions.count / 2
    let left = joined(Array(conditions[..<middle]), by: word, ifEmpty: empty)
    let right = joined(Array(conditions[middle...]), by: word, ifEmpty: empty)
    return FilterCondition(sql: "(\(left.sql) \(word) \(right.sql))", arguments: left.arguments + right.arguments)
  }
}
