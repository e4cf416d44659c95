internal import HTTPTypes
internal import Hummingbird
internal import NeedletailPoints

/// The page that shows every route with what it takes and gives. The template reads the properties by name.
struct RoutesPage: Sendable {
  struct Group: Sendable {
    let groupTitle: String
    let routes: [Route]
  }

  struct Route: Sendable {
    let routeID: String
    let routeMethod: String
    let routePath: String
    let routeSummary: String
    let parameters: [Parameter]
    let hasParameters: Bool
    let bodySchema: String?
    let answerSchema: String?
  }

  struct Parameter: Sendable {
    let parameterName: String
    let parameterText: String
  }

  let frame = PageFrame(pageTitle: "Interface · Needletail", homeHref: "/", bodyClass: "plain")
  let routeCount = ServerRoutes.all.count
  let groups: [Group]

  init() throws(ServerError) {
    let schemas = try OpenAPIDocument.schemas()
    func shown(_ name: String?) -> String? {
      guard let name, let schema = schemas[name], name != "Object", name != "List" else { return nil }
      var lines: [String] = []
      Self.describe(schema, schemas, indent: 0, prefix: "", into: &lines)
      return lines.joined(separator: "\n")
    }
    var order: [String] = []
    for route in ServerRoutes.all where !order.contains(route.group) { order.append(route.group) }
    groups = order.map { title in
      Group(
        groupTitle: title,
        routes: ServerRoutes.all.filter { $0.group == title }.map { route in
          let parameters =
            route.pathParameters.map { Parameter(parameterName: $0, parameterText: "in the path") }
            + route.parameters.map { Parameter(parameterName: $0.name, parameterText: $0.summary) }
          let answer: String? = if case .result(let name) = route.answer { name } else { nil }
          return Route(
            routeID: route.operationID, routeMethod: route.method.rawValue, routePath: route.path, routeSummary: route.summary, parameters: parameters,
            hasParameters: !parameters.isEmpty, bodySchema: shown(route.body), answerSchema: shown(answer))
        })
    }
  }

  /// A schema as an outline: a line for each member, with its type; those that have a name of their own are opened once.
  private static func describe(_ schema: JSONNode, _ schemas: [String: JSONNode], indent: Int, prefix: String, into lines: inout [String]) {
    let space = String(repeating: "  ", count: indent)
    lines.append(space + prefix + kind(schema))
    guard indent < 4 else { return }
    let required = Set(schema.members?["required"]?.elements?.compactMap(\.string) ?? [])
    for (name, member) in (schema.members?["properties"]?.members ?? [:]).sorted(by: { $0.key < $1.key }) {
      describe(member, schemas, indent: indent + 1, prefix: "\(name)\(required.contains(name) ? "" : "?"): ", into: &lines)
    }
    if let items = schema.members?["items"] {
      let opened = items.members?["$ref"]?.string?.split(separator: "/").last.flatMap { schemas[String($0)] } ?? items
      if opened.members?["properties"] != nil { describe(opened, schemas, indent: indent + 1, prefix: "each: ", into: &lines) }
    }
  }

  /// A type in a few words.
  private static func kind(_ schema: JSONNode) -> String {
    guard let members = schema.members else { return "anything" }
    if let name = members["$ref"]?.string?.split(separator: "/").last { return String(name) }
    if let values = members["enum"]?.elements { return values.map { $0.string.map { "\"\($0)\"" } ?? "null" }.joined(separator: " | ") }
    if let options = members["anyOf"]?.elements ?? members["oneOf"]?.elements { return options.map(kind).joined(separator: " | ") }
    if let type = members["type"]?.string {
      guard type == "array", let items = members["items"] else { return type }
      return "[\(kind(items))]"
    }
    return members["type"]?.elements?.compactMap(\.string).joined(separator: " | ") ?? "anything"
  }
}

/// The description of the interface, for programs and for people.
struct DescriptionRoutes: Sendable {
  let templates: Templates

  func add(to router: Router<BasicRequestContext>) {
    router.get("/openapi.json") { _, _ in try Response.points(ByteBuffer(bytes: OpenAPIDocument.text().bytes)) }
    router.get("/docs") { _, _ in try Response.html(templates.render("routes", RoutesPage())) }
  }
}
