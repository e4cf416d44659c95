internal import HTTPTypes
internal import NeedletailCore
internal import NeedletailPoints

/// The description of all routes for programs (OpenAPI 3.1).
enum OpenAPIDocument {
  /// The schemas that routes refer to by name.
  ///
  /// - Throws: `ServerError.brokenResource`.
  static func schemas() throws(ServerError) -> [String: JSONNode] {
    let node: JSONNode
    do throws(JSONFlaw) {
      node = try JSONReader.read(PackageResources.schemas_json)
    } catch {
      throw .brokenResource(name: "schemas.json", reason: "\(error)")
    }
    guard let members = node.members else { throw .brokenResource(name: "schemas.json", reason: "it is no object") }
    return members
  }

  static func text() throws(ServerError) -> JSONText {
    let schemas = try schemas()
    return JSONText { writer in
      writer.object { writer in
        writer.member("openapi") { $0.string("3.1.0") }
        writer.member("info") { writer in
          writer.object { writer in
            writer.member("title") { $0.string("Needletail") }
            writer.member("version") { $0.string(PointInterface.version) }
            writer.member("description") { $0.string("Collections of points as clients of Qdrant call them, models, and search over documents.") }
          }
        }
        writer.member("security") { $0.value(.array([.object([:]), .object(["key": .array([])]), .object(["bearer": .array([])])])) }
        writer.member("paths") { $0.object(paths) }
        writer.member("components") { writer in
          writer.object { writer in
            writer.member("schemas") { $0.payload(schemas.mapValues(\.value)) }
            writer.member("securitySchemes") { writer in
              writer.value(.object([
                "key": .object(["type": "apiKey", "in": "header", "name": "api-key"]), "bearer": .object(["type": "http", "scheme": "bearer"]),
              ]))
            }
          }
        }
      }
    }
  }

  private static func paths(_ writer: inout JSONWriter) {
    let routes = Dictionary(grouping: ServerRoutes.all, by: \.path)
    for (path, routes) in routes.sorted(by: { $0.key < $1.key }) {
      writer.member(path) { writer in
        writer.object { writer in
          for route in routes { writer.member(route.method.rawValue.lowercased()) { $0.object { operation(route, &$0) } } }
        }
      }
    }
  }

  private static func operation(_ route: RouteDescription, _ writer: inout JSONWriter) {
    writer.member("operationId") { $0.string(route.operationID) }
    writer.member("summary") { $0.string(route.summary) }
    writer.member("tags") { writer in writer.array { $0.string(route.group) } }
    let names = route.pathParameters
    if !names.isEmpty || !route.parameters.isEmpty {
      writer.member("parameters") { writer in
        writer.array { writer in
          for name in names { parameter(name, in: "path", isRequired: true, .object(["type": "string", "minLength": 1]), nil, &writer) }
          for given in route.parameters {
            let schema = (try? JSONReader.read(given.schema))?.value ?? .object([:])
            parameter(given.name, in: "query", isRequired: given.isRequired, schema, given.summary, &writer)
          }
        }
      }
    }
    if let body = route.body {
      writer.member("requestBody") { writer in
        writer.object { writer in
          writer.member("required") { $0.bool(!route.isBodyOptional) }
          writer.member("content") { content("application/json", reference(body), &$0) }
        }
      }
    }
    writer.member("responses") { writer in
      writer.object { writer in
        writer.member("200") { answer(route.answer, &$0) }
        if route.parameters.contains(where: { $0.name == "wait" }), route.group == "Snapshots" {
          writer.member("202") { $0.object { $0.member("description") { $0.string("The work goes on.") } } }
        }
        writer.member("4XX") { refusal("The request is wrong; the message says how.", &$0) }
        writer.member("503") { refusal("The server is being stopped, or something that it needs is not there.", &$0) }
        writer.member("507") { refusal("The disk is full.", &$0) }
      }
    }
  }

  private static func parameter(
    _ name: String, in place: String, isRequired: Bool, _ schema: JSONValue, _ summary: String?, _ writer: inout JSONWriter
  ) {
    writer.object { writer in
      writer.member("name") { $0.string(name) }
      writer.member("in") { $0.string(place) }
      writer.member("required") { $0.bool(isRequired) }
      writer.member("schema") { $0.value(schema) }
      if let summary { writer.member("description") { $0.string(summary) } }
    }
  }

  private static func reference(_ name: String) -> JSONValue { .object(["$ref": .string("#/components/schemas/\(name)")]) }

  private static func content(_ type: String, _ schema: JSONValue, _ writer: inout JSONWriter) {
    writer.object { $0.member(type) { $0.object { $0.member("schema") { $0.value(schema) } } } }
  }

  private static func answer(_ answer: RouteDescription.Answer, _ writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("description") { $0.string("Done.") }
      writer.member("content") { writer in
        switch answer {
        case .result(let name):
          content(
            "application/json",
            .object([
              "type": "object", "required": ["result", "status", "time"],
              "properties": .object(["result": reference(name), "status": .object(["const": "ok"]), "time": .object(["type": "number"])]),
            ]), &writer)
        case .json(let name): content("application/json", reference(name), &writer)
        case .text(let type): content(type, .object(["type": "string"]), &writer)
        case .file: content("application/octet-stream", .object(["type": "string", "format": "binary"]), &writer)
        }
      }
    }
  }

  private static func refusal(_ summary: String, _ writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("description") { $0.string(summary) }
      // Keys are refused in plain text.
      writer.member("content") { writer in
        writer.object { writer in
          writer.member("application/json") { $0.object { $0.member("schema") { $0.value(reference("Refusal")) } } }
          writer.member("text/plain") { $0.object { $0.member("schema") { $0.value(.object(["type": "string"])) } } }
        }
      }
    }
  }
}
