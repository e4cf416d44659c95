internal import NeedletailCore
internal import NeedletailPoints

extension PointFilter {
  /// Reads the member `filter` of a request.
  static func decode(_ fields: JSONFields, _ name: String = "filter") throws(PointError) -> PointFilter? {
    guard let node = fields[name] else { return nil }
    return try decode(node, place: fields.place + name)
  }

  /// Reads a filter: an object with no other members than the four clauses.
  static func decode(_ node: JSONNode, place: String) throws(PointError) -> PointFilter {
    let fields = try JSONFields(node, place: place + ".")
    try fields.allowOnly(["must", "should", "must_not", "min_should"])
    func clause(_ name: String) throws(PointError) -> [PointCondition] {
      var conditions: [PointCondition] = []
      for (index, node) in fields.oneOrMore(name).enumerated() {
        conditions.append(try PointCondition.decode(node, place: "\(place).\(name)[\(index)]"))
      }
      return conditions
    }
    var filter = PointFilter(must: try clause("must"), should: try clause("should"), mustNot: try clause("must_not"))
    if let minimum = try fields.object("min_should") {
      var conditions: [PointCondition] = []
      for (index, node) in minimum.oneOrMore("conditions").enumerated() {
        conditions.append(try PointCondition.decode(node, place: "\(minimum.place)conditions[\(index)]"))
      }
      guard let count = try minimum.count("min_count") else { throw .format("missing field `\(minimum.place)min_count`") }
      filter.minimumShould = PointFilter.MinimumShould(conditions: conditions, count: count)
    }
    return filter
  }
}

extension PointCondition {
  static func decode(_ node: JSONNode, place: String) throws(PointError) -> PointCondition {
    let fields = try JSONFields(node, place: place + ".")
    if fields["key"] != nil { return .field(try fields.path("key"), try FieldTest.decode(fields)) }
    if let empty = try fields.object("is_empty") { return .field(try empty.path("key"), .isEmpty) }
    if let null = try fields.object("is_null") { return .field(try null.path("key"), .isNull) }
    if let ids = fields["has_id"] {
      var found: Set<PointID> = []
      for id in ids.elements ?? [ids] { found.insert(try PointID.decode(id)) }
      return .id(found)
    }
    if let name = try fields.string("has_vector") { return .vector(name) }
    if let nested = try fields.object("nested") {
      return .nested(try nested.path("key"), try PointFilter.decode(try nested.required("filter"), place: nested.place + "filter"))
    }
    if let slice = try fields.object("slice") {
      guard let total = try slice.count("total", atLeast: 1), let index = try slice.count("index") else { throw .format("missing field `\(slice.place)total`") }
      return .slice(total: UInt64(total), index: UInt64(index))
    }
    guard ["must", "should", "must_not", "min_should"].contains(where: { fields.members[$0] != nil }) || fields.members.isEmpty else {
      throw .format("data did not match any variant of untagged enum Condition at `\(place)`")
    }
    return .filter(try PointFilter.decode(node, place: place))
  }
}

extension FieldTest {
  /// Reads the tests of a field condition; several hold if one does.
  static func decode(_ fields: JSONFields) throws(PointError) -> FieldTest {
    var tests: [FieldTest] = []
    if let match = try fields.object("match") { tests.append(try decode(match: match)) }
    if let range = try fields.object("range") { tests.append(try decode(range: range)) }
    if let box = try fields.object("geo_bounding_box") {
      tests.append(.geo(.box(topLeft: try GeoPoint.decode(box, "top_left"), bottomRight: try GeoPoint.decode(box, "bottom_right"))))
    }
    if let circle = try fields.object("geo_radius") {
      guard let radius = try circle.double("radius") else { throw .format("missing field `\(circle.place)radius`") }
      tests.append(.geo(.circle(center: try GeoPoint.decode(circle, "center"), radius: radius)))
    }
    if let polygon = try fields.object("geo_polygon") { tests.append(.geo(try GeoRegion.decode(polygon: polygon))) }
    if let count = try fields.object("values_count") {
      tests.append(
        .count(Bounds(above: try count.count("gt"), atLeast: try count.count("gte"), below: try count.count("lt"), atMost: try count.count("lte"))))
    }
    if let isEmpty = try fields.bool("is_empty") { tests.append(isEmpty ? .isEmpty : .fails(.isEmpty)) }
    if let isNull = try fields.bool("is_null") { tests.append(isNull ? .isNull : .fails(.isNull)) }
    guard let first = tests.first else { throw .validation(["\(fields.place.dropLast()): At least one field condition must be specified"]) }
    return tests.count == 1 ? first : .either(tests)
  }

  private static func decode(match: JSONFields) throws(PointError) -> FieldTest {
    if let value = match["value"] { return .equal(try scalar(value, match)) }
    if let text = try match.string("text") { return .text(text) }
    if let text = try match.string("text_any") { return .anyWord(text) }
    if let text = try match.string("phrase") { return .phrase(text) }
    if let text = try match.string("prefix") { return .prefix(text) }
    if let text = try match.string("substring") { return .substring(text) }
    if let values = try match.list("any") { return .any(try scalars(values, match)) }
    if let values = try match.list("except") { return .except(try scalars(values, match)) }
    throw .format("data did not match any variant of untagged enum MatchInterface at `\(match.place.dropLast())`")
  }

  private static func scalar(_ node: JSONNode, _ fields: JSONFields) throws(PointError) -> JSONValue {
    switch node {
    case .string, .integer, .bool: return node.value
    default: throw .format("data did not match any variant of untagged enum ValueVariants at `\(fields.place.dropLast())`")
    }
  }

  private static func scalars(_ nodes: [JSONNode], _ fields: JSONFields) throws(PointError) -> [JSONValue] {
    var values: [JSONValue] = []
    for node in nodes { values.append(try scalar(node, fields)) }
    let areStrings = values.count { $0.string != nil }
    guard areStrings == 0 || areStrings == values.count else {
      throw .format("data did not match any variant of untagged enum AnyVariants at `\(fields.place.dropLast())`")
    }
    return values
  }

  private static func decode(range: JSONFields) throws(PointError) -> FieldTest {
    let names = ["gt", "gte", "lt", "lte"]
    guard names.contains(where: { range[$0]?.string != nil }) else {
      return .range(
        Bounds(above: try range.double("gt"), atLeast: try range.double("gte"), below: try range.double("lt"), atMost: try range.double("lte")))
    }
    func date(_ name: String) throws(PointError) -> Int64? {
      guard let text = try range.string(name) else { return nil }
      guard let date = PointDates.microseconds(text) else { throw .format("`\(range.place)\(name)` is no date: \(text)") }
      return date
    }
    return .dates(Bounds(above: try date("gt"), atLeast: try date("gte"), below: try date("lt"), atMost: try date("lte")))
  }
}

extension GeoPoint {
  static func decode(_ fields: JSONFields, _ name: String) throws(PointError) -> GeoPoint {
    try decode(try fields.required(name), place: fields.place + name)
  }

  static func decode(_ node: JSONNode, place: String) throws(PointError) -> GeoPoint {
    let point = try JSONFields(node, place: place + ".")
    guard let longitude = try point.double("lon"), let latitude = try point.double("lat") else { throw .format("`\(place)` needs lon and lat") }
    guard (-180...180).contains(longitude), (-90...90).contains(latitude) else {
      throw .format("Wrong geo coordinates at `\(place)`: lon has to be from -180 to 180, lat from -90 to 90")
    }
    return GeoPoint(longitude: longitude, latitude: latitude)
  }
}

extension GeoRegion {
  fileprivate static func decode(polygon fields: JSONFields) throws(PointError) -> GeoRegion {
    func line(_ node: JSONNode, _ place: String) throws(PointError) -> [GeoPoint] {
      let fields = try JSONFields(node, place: place + ".")
      var points: [GeoPoint] = []
      for (index, point) in (try fields.list("points") ?? []).enumerated() {
        points.append(try GeoPoint.decode(point, place: "\(place).points[\(index)]"))
      }
      guard points.count >= 4, points.first == points.last else {
        throw .validation(["\(place): polygon invalid, must have at least 4 points and the first and last points should be the same"])
      }
      return points
    }
    let exterior = try line(try fields.required("exterior"), fields.place + "exterior")
    var interiors: [[GeoPoint]] = []
    for (index, node) in (try fields.list("interiors") ?? []).enumerated() {
      interiors.append(try line(node, "\(fields.place)interiors[\(index)]"))
    }
    return .polygon(exterior: exterior, interiors: interiors)
  }
}

extension PointID {
  static func decode(_ node: JSONNode) throws(PointError) -> PointID {
    guard let id = PointID(node) else {
      let shown = node.string ?? node.double.map { "\($0)" } ?? "that"
      throw .format("value \(shown) is not a valid point ID, valid values are either an unsigned integer or a UUID")
    }
    return id
  }

  static func decode(list nodes: [JSONNode]) throws(PointError) -> [PointID] {
    var ids: [PointID] = []
    for node in nodes { ids.append(try decode(node)) }
    return ids
  }
}
