internal import NeedletailCore

/// Evaluates tests on values one by one: the specification of what `FieldColumn` answers for whole blocks, and the way
/// conditions inside lists and formulas are evaluated.
extension FieldTest {
  /// Whether some of the values passes; `values` are those that a path leads to.
  func holds(_ values: [JSONValue], text options: TextOptions?) -> Bool {
    switch self {
    case .isEmpty: return values.allSatisfy { $0 == .null || $0 == .array([]) }
    case .isNull: return values.contains { $0 == .null || $0.isListWithNull }
    case .count(let bounds):
      return values.isEmpty ? bounds.contains(0) : values.contains { bounds.contains($0.valueCount) }
    case .text, .anyWord, .phrase:
      let strings = values.flatMap(\.opened).compactMap(\.string)
      guard let matcher = TextMatcher(self, options: options) else { return false }
      return matcher.matches(strings)
    case .either(let tests): return tests.contains { $0.holds(values, text: options) }
    case .fails(let test): return !test.holds(values, text: options)
    default: return values.contains { $0.opened.contains(where: holds) }
    }
  }

  /// Whether a single value passes, for the tests that look at values by themselves.
  private func holds(_ value: JSONValue) -> Bool {
    switch self {
    case .equal(let expected): value == expected
    case .any(let expected): expected.contains(value)
    case .except(let excluded): value != .null && !excluded.contains(value)
    case .prefix(let prefix): value.string.map { $0.utf8.starts(with: prefix.utf8) } ?? false
    case .substring(let part): value.string.map { $0.containsBytes(of: part) } ?? false
    case .range(let bounds): value.double.map(bounds.contains) ?? false
    case .dates(let bounds): value.string.flatMap(DateTimeText.microseconds).map(bounds.contains) ?? false
    case .geo(let region): GeoPoint(value).map(region.contains) ?? false
    default: false
    }
  }
}

extension JSONValue {
  /// The elements of a list, anything else by itself: tests look one level into lists.
  var opened: [JSONValue] {
    if case .array(let elements) = self { elements } else { [self] }
  }

  var isListWithNull: Bool {
    if case .array(let elements) = self { elements.contains(.null) } else { false }
  }

  var valueCount: Int {
    switch self {
    case .null: 0
    case .array(let elements): elements.count
    default: 1
    }
  }
}

extension String {
  /// Whether the bytes of `part` occur in the string.
  func containsBytes(of part: String) -> Bool {
    let (text, part) = (Array(utf8), Array(part.utf8))
    guard let first = part.first else { return true }
    guard text.count >= part.count else { return false }
    for start in 0...(text.count - part.count) where text[start] == first {
      if text[start..<start + part.count].elementsEqual(part) { return true }
    }
    return false
  }
}
