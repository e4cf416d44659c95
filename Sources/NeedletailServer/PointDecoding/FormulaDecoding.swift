internal import NeedletailCore
internal import NeedletailPoints

extension Formula {
  /// Reads `formula` and `defaults`.
  static func decode(_ fields: JSONFields) throws(PointError) -> Formula {
    Formula(
      expression: try Expression.decode(try fields.required("formula"), depth: 0), defaults: fields["defaults"]?.payload ?? [:])
  }
}

extension Formula.Expression {
  static func decode(_ node: JSONNode, depth: Int) throws(PointError) -> Formula.Expression {
    guard depth <= 64 else { throw .badRequest("the formula is nested more than 64 levels deep") }
    if let value = node.double { return .constant(value) }
    if let text = node.string { return try decode(variable: text) }
    let fields = try JSONFields(node, place: "formula.")
    func list(_ name: String) throws(PointError) -> [Formula.Expression]? {
      guard let elements = try fields.list(name) else { return nil }
      var expressions: [Formula.Expression] = []
      for element in elements { expressions.append(try decode(element, depth: depth + 1)) }
      return expressions
    }
    if let terms = try list("sum") { return .sum(terms) }
    if let factors = try list("mult") { return .product(factors) }
    if let terms = try list("max"), !terms.isEmpty { return .maximum(terms) }
    if let terms = try list("min"), !terms.isEmpty { return .minimum(terms) }
    for operation in Formula.Unary.allCases {
      if let operand = fields[operation.rawValue] { return .unary(operation, try decode(operand, depth: depth + 1)) }
    }
    if let quotient = try fields.object("div") {
      return .quotient(
        try decode(try quotient.required("left"), depth: depth + 1), try decode(try quotient.required("right"), depth: depth + 1),
        byZero: try quotient.double("by_zero_default"))
    }
    if let power = try fields.object("pow") {
      return .power(try decode(try power.required("base"), depth: depth + 1), try decode(try power.required("exponent"), depth: depth + 1))
    }
    if let distance = try fields.object("geo_distance") {
      return .distance(from: try GeoPoint.decode(distance, "origin"), to: try distance.path("to"))
    }
    if let text = try fields.string("datetime") {
      guard let date = PointDates.microseconds(text) else { throw .wrongInput("`datetime` in the formula is no date: \(text)") }
      return .date(Double(date) / 1_000_000)
    }
    if fields["datetime_key"] != nil { return .dateVariable(try fields.path("datetime_key")) }
    for decay in Formula.Decay.allCases {
      if let fields = try fields.object(decay.rawValue) { return try decode(decay, fields, depth: depth) }
    }
    return .condition(try PointCondition.decode(node, place: "formula"))
  }

  private static func decode(variable text: String) throws(PointError) -> Formula.Expression {
    guard text.hasPrefix("$") else { return .variable(try JSONFields.path(text)) }
    if text == "$score" { return .score(0) }
    if text.hasPrefix("$score["), text.hasSuffix("]"), let number = Int(text.dropFirst(7).dropLast()), number >= 0 { return .score(number) }
    throw .validation(["formula: Invalid reserved variable: \(text)"])
  }

  private static func decode(_ decay: Formula.Decay, _ fields: JSONFields, depth: Int) throws(PointError) -> Formula.Expression {
    let scale = try fields.double("scale") ?? 1
    let midpoint = try fields.double("midpoint") ?? 0.5
    let isMidpointAllowed = decay == .linear ? (0...1).contains(midpoint) : midpoint > 0 && midpoint < 1
    guard isMidpointAllowed else { throw .wrongInput("Decay midpoint should be between 0.0 and 1.0 (exclusive), got \(midpoint)") }
    guard scale > 0 else { throw .wrongInput("Decay scale should be non-zero positive, got \(scale)") }
    return .decay(
      decay, try decode(try fields.required("x"), depth: depth + 1),
      target: try fields["target"].map { node throws(PointError) in try decode(node, depth: depth + 1) }, scale: scale, midpoint: midpoint)
  }
}
