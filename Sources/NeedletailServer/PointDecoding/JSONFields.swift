internal import NeedletailPoints

/// The members of a JSON object, read one by one with errors that say which one is wrong.
///
/// A member that is null counts as absent. A wrong type is a format error, a right one with a forbidden value a violated
/// rule.
struct JSONFields {
  let members: [String: JSONNode]
  /// Where the object stands, with a point at the end unless it is the body.
  let place: String

  init(_ node: JSONNode, place: String = "") throws(PointError) {
    guard let members = node.members else { throw .format("\(place.isEmpty ? "the body" : "`\(place.dropLast())`") is not an object") }
    self.members = members
    self.place = place
  }

  /// The first of some names that is given.
  subscript(names: String...) -> JSONNode? {
    for name in names { if let node = members[name], !node.isNull { return node } }
    return nil
  }

  func required(_ name: String) throws(PointError) -> JSONNode {
    guard let node = self[name] else { throw .format("missing field `\(place)\(name)`") }
    return node
  }

  /// Refuses members of other names.
  func allowOnly(_ names: Set<String>) throws(PointError) {
    for name in members.keys.sorted() where !names.contains(name) { throw .format("unknown field `\(place)\(name)`") }
  }

  func object(_ name: String) throws(PointError) -> JSONFields? {
    guard let node = self[name] else { return nil }
    return try JSONFields(node, place: place + name + ".")
  }

  func string(_ name: String) throws(PointError) -> String? {
    guard let node = self[name] else { return nil }
    guard let value = node.string else { throw wrongType(name, "a string") }
    return value
  }

  func requiredString(_ name: String) throws(PointError) -> String {
    guard let value = try string(name) else { throw .format("missing field `\(place)\(name)`") }
    return value
  }

  func bool(_ name: String) throws(PointError) -> Bool? {
    guard let node = self[name] else { return nil }
    guard let value = node.bool else { throw wrongType(name, "a boolean") }
    return value
  }

  func double(_ name: String) throws(PointError) -> Double? {
    guard let node = self[name] else { return nil }
    guard let value = node.double else { throw wrongType(name, "a number") }
    return value
  }

  func float(_ name: String) throws(PointError) -> Float? { try double(name).map { Float($0) } }

  /// A natural number of at least `minimum`; `rule` names the member in the message where it has another name there.
  func count(_ name: String, atLeast minimum: Int = 0, atMost maximum: Int = .max, rule: String? = nil) throws(PointError) -> Int? {
    guard let node = self[name] else { return nil }
    let value: Int
    switch node {
    case .integer(let number) where number >= 0: value = Int(number)
    case .unsigned: value = .max
    default: throw wrongType(name, "a natural number")
    }
    guard value >= minimum, value <= maximum else {
      let range = maximum == .max ? "must be \(minimum) or larger" : "must be from \(minimum) to \(maximum)"
      throw .validation(["\(rule ?? place + name): value \(value) invalid, \(range)"])
    }
    return value
  }

  func list(_ name: String) throws(PointError) -> [JSONNode]? {
    guard let node = self[name] else { return nil }
    guard let elements = node.elements else { throw wrongType(name, "a list") }
    return elements
  }

  /// A list, or a single element in place of one.
  func oneOrMore(_ name: String) -> [JSONNode] {
    guard let node = self[name] else { return [] }
    return node.elements ?? [node]
  }

  func strings(_ name: String) throws(PointError) -> [String]? {
    guard let elements = try list(name) else { return nil }
    var strings: [String] = []
    for element in elements {
      guard let string = element.string else { throw wrongType(name, "a list of strings") }
      strings.append(string)
    }
    return strings
  }

  func path(_ name: String) throws(PointError) -> PayloadPath {
    try Self.path(try requiredString(name))
  }

  static func path(_ text: String) throws(PointError) -> PayloadPath {
    guard let path = PayloadPath(text) else { throw .format("invalid JSON path: `\(text)`") }
    return path
  }

  func wrongType(_ name: String, _ expected: String) -> PointError { .format("invalid type: `\(place)\(name)` has to be \(expected)") }
}
