public import NeedletailCore

extension PayloadPath {
  /// Puts members of `changes` in place of those in `payload`; null removes one.
  static func merge(_ changes: Payload, into payload: inout Payload) {
    for (key, value) in changes {
      if value == .null { payload.removeValue(forKey: key) } else { payload[key] = value }
    }
  }

  /// Merges `changes` into the object at this path; objects that are missing on the way are made.
  func merge(_ changes: Payload, into payload: inout Payload) {
    var root = JSONValue.object(payload)
    Self.merge(changes, steps[...], &root)
    if case .object(let members) = root { payload = members }
  }

  private static func merge(_ changes: Payload, _ steps: ArraySlice<Step>, _ value: inout JSONValue) {
    guard let step = steps.first else {
      var members: Payload = [:]
      if case .object(let existing) = value { members = existing }
      merge(changes, into: &members)
      value = .object(members)
      return
    }
    let rest = steps.dropFirst()
    switch step {
    case .name(let name):
      var members: Payload = [:]
      if case .object(let existing) = value { members = existing }
      value = .null  // so that the members are changed in place
      merge(changes, rest, &members[name, default: .null])
      value = .object(members)
    case .element(let number):
      guard case .array(var elements) = value, elements.indices.contains(number) else {
        if case .array = value {} else { value = .array([]) }
        return
      }
      merge(changes, rest, &elements[number])
      value = .array(elements)
    case .elements:
      guard case .array(var elements) = value else {
        value = .array([])
        return
      }
      for index in elements.indices { merge(changes, rest, &elements[index]) }
      value = .array(elements)
    }
  }

  /// Removes what the path leads to; returns whether anything was there.
  @discardableResult
  func remove(from payload: inout Payload) -> Bool {
    var root = JSONValue.object(payload)
    let isChanged = Self.remove(steps[...], &root)
    if case .object(let members) = root { payload = members }
    return isChanged
  }

  private static func remove(_ steps: ArraySlice<Step>, _ value: inout JSONValue) -> Bool {
    guard let step = steps.first else { return false }
    let rest = steps.dropFirst()
    switch (step, value) {
    case (.name(let name), .object(var members)):
      guard var member = members[name] else { return false }
      if rest.isEmpty {
        members[name] = nil
        value = .object(members)
        return true
      }
      let isChanged = remove(rest, &member)
      members[name] = member
      value = .object(members)
      return isChanged
    case (.element(let number), .array(var elements)):
      guard elements.indices.contains(number), !rest.isEmpty else { return false }
      let isChanged = remove(rest, &elements[number])
      value = .array(elements)
      return isChanged
    case (.elements, .array(var elements)):
      if rest.isEmpty {
        value = .array([])
        return !elements.isEmpty
      }
      var isChanged = false
      for index in elements.indices where remove(rest, &elements[index]) { isChanged = true }
      value = .array(elements)
      return isChanged
    default: return false
    }
  }
}

/// Which part of payload an answer carries.
public enum PayloadSelection: Hashable, Sendable {
  case none
  case all
  case including([PayloadPath])
  case excluding([PayloadPath])

  /// The part of a payload, its structure kept; nil if none is wanted.
  public func part(of payload: Payload) -> Payload? {
    switch self {
    case .none: return nil
    case .all: return payload
    case .including(let paths):
      guard case .object(let members)? = Self.keep(.object(payload), paths.map { $0.steps[...] }) else { return [:] }
      return members
    case .excluding(let paths):
      var rest = payload
      for path in paths { path.remove(from: &rest) }
      return rest
    }
  }

  /// What of a value lies on one of the paths; nil if nothing does.
  private static func keep(_ value: JSONValue, _ paths: [ArraySlice<PayloadPath.Step>]) -> JSONValue? {
    if paths.contains(where: \.isEmpty) { return value }
    switch value {
    case .object(let members):
      var kept: Payload = [:]
      for (name, member) in members {
        let further = paths.filter { $0.first == .name(name) }.map { $0.dropFirst() }
        if !further.isEmpty, let part = keep(member, further) { kept[name] = part }
      }
      return kept.isEmpty ? nil : .object(kept)
    case .array(let elements):
      var kept: [JSONValue] = []
      for (index, element) in elements.enumerated() {
        let further = paths.filter { $0.first == .elements || $0.first == .element(index) }.map { $0.dropFirst() }
        guard !further.isEmpty else { continue }
        if let part = keep(element, further) {
          kept.append(part)
        } else if case .object = element {
          // Objects stay as places, so that those of several lists still belong together.
          kept.append(.object([:]))
        }
      }
      return .array(kept)
    default: return nil
    }
  }
}
