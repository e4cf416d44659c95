internal import NeedletailCore

/// A path into payload: names joined by `.`, elements of lists by `[3]`, all elements by `[]`.
///
/// A name of other characters than letters, digits, `_` and `-` stands in double quotes. A step by name looks into objects
/// only, not through lists.
public struct PayloadPath: Hashable, Sendable {
  enum Step: Hashable, Sendable {
    case name(String)
    case element(Int)
    case elements
  }

  /// The path as it was written.
  public let text: String
  let steps: [Step]

  /// Reads a path; nil if it is none.
  public init?(_ text: String) {
    self.text = text
    var steps: [Step] = []
    var rest = Substring(text)
    while true {
      guard let name = Self.name(&rest) else { return nil }
      steps.append(.name(name))
      while rest.first == "[" {
        guard let end = rest.firstIndex(of: "]") else { return nil }
        let inside = rest[rest.index(after: rest.startIndex)..<end]
        if inside.isEmpty {
          steps.append(.elements)
        } else {
          guard inside.allSatisfy(\.isNumber), let number = Int(inside) else { return nil }
          steps.append(.element(number))
        }
        rest = rest[rest.index(after: end)...]
      }
      if rest.isEmpty { break }
      guard rest.first == "." else { return nil }
      rest = rest.dropFirst()
    }
    self.steps = steps
  }

  private static func name(_ rest: inout Substring) -> String? {
    if rest.first == "\"" {
      let inside = rest.dropFirst()
      guard let end = inside.firstIndex(of: "\"") else { return nil }
      rest = inside[inside.index(after: end)...]
      return end == inside.startIndex ? nil : String(inside[..<end])
    }
    let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
    guard !name.isEmpty else { return nil }
    rest = rest[name.endIndex...]
    return String(name)
  }

  /// The values the path leads to; none, one, or with `[]` any number.
  func values(in payload: Payload) -> [JSONValue] {
    guard case .name(let name)? = steps.first, let value = payload[name] else { return [] }
    if steps.count == 1 { return [value] }
    var found: [JSONValue] = []
    Self.collect(value, steps[1...], &found)
    return found
  }

  private static func collect(_ value: JSONValue, _ steps: ArraySlice<Step>, _ found: inout [JSONValue]) {
    guard let step = steps.first else {
      found.append(value)
      return
    }
    let rest = steps.dropFirst()
    switch (step, value) {
    case (.name(let name), .object(let members)):
      if let member = members[name] { collect(member, rest, &found) }
    case (.element(let number), .array(let elements)):
      if elements.indices.contains(number) { collect(elements[number], rest, &found) }
    case (.elements, .array(let elements)):
      for element in elements { collect(element, rest, &found) }
    default: break
    }
  }

  /// The path without a last `[]`, which makes no difference to what is nested.
  var withoutLastWildcard: PayloadPath {
    guard steps.last == .elements, text.hasSuffix("[]") else { return self }
    return PayloadPath(String(text.dropLast(2))) ?? self
  }
}
