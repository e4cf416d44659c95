internal import NeedletailCore
internal import NeedletailPoints

extension PayloadSelection {
  /// Reads `with_payload`: a boolean, a list of paths, or one of included or excluded paths.
  static func decode(_ node: JSONNode?, default standard: PayloadSelection) throws(PointError) -> PayloadSelection {
    guard let node else { return standard }
    if let wanted = node.bool { return wanted ? .all : .none }
    if let elements = node.elements { return .including(try paths(elements)) }
    let fields = try JSONFields(node, place: "with_payload.")
    if let included = try fields.list("include") {
      try fields.allowOnly(["include"])
      return .including(try paths(included))
    }
    if let excluded = try fields.list("exclude") {
      try fields.allowOnly(["exclude"])
      return .excluding(try paths(excluded))
    }
    throw .format("data did not match any variant of untagged enum WithPayloadInterface")
  }

  private static func paths(_ nodes: [JSONNode]) throws(PointError) -> [PayloadPath] {
    var paths: [PayloadPath] = []
    for node in nodes {
      guard let text = node.string else { throw .format("a path in `with_payload` is no string") }
      paths.append(try JSONFields.path(text))
    }
    return paths
  }
}

extension VectorSelection {
  /// Reads `with_vector`: a boolean, or a list of names.
  static func decode(_ node: JSONNode?) throws(PointError) -> VectorSelection {
    guard let node else { return .none }
    if let wanted = node.bool { return wanted ? .all : .none }
    var names: [String] = []
    for element in node.elements ?? [node] {
      guard let name = element.string else { throw .format("data did not match any variant of untagged enum WithVector") }
      names.append(name)
    }
    return .named(names)
  }
}

extension PointPart {
  static func decode(_ fields: JSONFields, payload standard: PayloadSelection) throws(PointError) -> PointPart {
    PointPart(
      payload: try PayloadSelection.decode(fields["with_payload"], default: standard),
      vectors: try VectorSelection.decode(fields["with_vector", "with_vectors"]))
  }
}

extension OrderBy {
  /// Reads a path, or a path with direction and start.
  static func decode(_ node: JSONNode) throws(PointError) -> OrderBy {
    if let text = node.string { return OrderBy(path: try JSONFields.path(text)) }
    let fields = try JSONFields(node, place: "order_by.")
    var order = OrderBy(path: try fields.path("key"))
    switch try fields.string("direction") {
    case nil, "asc": break
    case "desc": order.isDescending = true
    case let other?: throw .format("unknown variant `\(other)`, expected `asc` or `desc`")
    }
    switch fields["start_from"] {
    case .integer(let value)?: order.start = .integer(value)
    case .number(let value)?: order.start = .number(value)
    case .string(let text)?:
      guard let date = PointDates.microseconds(text) else { throw .format("`start_from` is no date: \(text)") }
      order.start = .integer(date)
    case nil: break
    default: throw fields.wrongType("start_from", "a number or a date")
    }
    return order
  }
}
