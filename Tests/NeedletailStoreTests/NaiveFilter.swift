import NeedletailCore

/// The meaning of filters, written as plainly as it can be: what the store is compared with.
enum NaiveFilter {
  static func matches(_ filter: Filter, _ payload: Payload) -> Bool {
    switch filter {
    case .all(let parts): parts.allSatisfy { matches($0, payload) }
    case .any(let parts): parts.contains { matches($0, payload) }
    case .not(let part): !matches(part, payload)
    case .match(let field, let wanted): values(field, .object(payload)).contains { value in wanted.contains { equal(value, $0) } }
    case .range(let field, let range): values(field, .object(payload)).contains { isWithin($0, range) }
    case .prefix(let field, let prefix): values(field, .object(payload)).contains { $0.string.map { $0.utf8.starts(with: prefix.utf8) } ?? false }
    case .exists(let field): values(field, .object(payload)).contains { $0 != .null }
    }
  }

  /// What stands at a path: the value itself and, for a list, its elements.
  static func values(_ path: String, _ value: JSONValue) -> [JSONValue] {
    guard case .object(let members) = value else { return [] }
    return members.flatMap { key, member -> [JSONValue] in
      if key == path { return unfolded(member) }
      guard path.hasPrefix(key + ".") else { return [] }
      let rest = String(path.dropFirst(key.count + 1))
      return unfolded(member).flatMap { values(rest, $0) }
    }
  }

  private static func unfolded(_ value: JSONValue) -> [JSONValue] {
    if case .array(let elements) = value { [value] + elements.flatMap { unfolded($0) } } else { [value] }
  }

  private static func equal(_ left: JSONValue, _ right: JSONValue) -> Bool {
    switch (left, right) {
    case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
    case (.integer, .integer), (.integer, .number), (.number, .integer), (.number, .number): left.double == right.double && exact(left, right)
    case (.bool(let left), .bool(let right)): left == right
    case (.null, .null): true
    default: false
    }
  }

  /// Integers beyond 2^53 may be equal as doubles without being equal.
  private static func exact(_ left: JSONValue, _ right: JSONValue) -> Bool {
    if case .integer(let left) = left, case .integer(let right) = right { left == right } else { true }
  }

  private static func isWithin(_ value: JSONValue, _ range: FilterRange) -> Bool {
    let bounds: [(JSONValue?, (Int) -> Bool)] = [
      (range.greaterThan, { $0 > 0 }), (range.atLeast, { $0 >= 0 }), (range.lessThan, { $0 < 0 }), (range.atMost, { $0 <= 0 }),
    ]
    guard value.double != nil || value.string != nil else { return false }
    return bounds.allSatisfy { bound, holds in
      guard let bound else { return true }
      return compare(value, bound).map(holds) ?? false
    }
  }

  private static func compare(_ left: JSONValue, _ right: JSONValue) -> Int? {
    if case .integer(let left) = left, case .integer(let right) = right { return left < right ? -1 : left > right ? 1 : 0 }
    if let left = left.double, let right = right.double { return left < right ? -1 : left > right ? 1 : 0 }
    guard let left = left.string, let right = right.string else { return nil }
    if left.utf8.elementsEqual(right.utf8) { return 0 }
    return left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
  }
}
