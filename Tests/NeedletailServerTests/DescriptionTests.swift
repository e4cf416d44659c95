import Foundation
import HTTPTypes
import Hummingbird
import NeedletailCore
import NeedletailPoints
import NeedletailServer
import Testing

/// The description of the interface is of this server: what it names is answered, and what is answered it names.
@Suite struct DescriptionTests {
  private var models: ModelService { ModelService(names: { [] }, source: { throw ServerError.noModel($0) }) }

  @Test func whatItNamesIsAnswered() async throws {
    let site = try PointTester(options: SiteOptions(models: models))
    try await site.fill()
    let document = try await site.call(.get, "/openapi.json").json
    #expect(document["openapi"] == .string("3.1.0"))
    var operations: Set<String> = []
    for (path, methods) in document["paths"].members ?? [:] {
      for (method, operation) in methods.members ?? [:] {
        #expect(operations.insert(operation["operationId"].string ?? "").inserted)
        let filled = path.replacing("{collection_name}", with: "c").replacing(/\{[a-z_]+\}/, with: "1")
        let reply = try await site.call(HTTPRequest.Method(method.uppercased())!, filled, operation["requestBody"].isNull ? "" : "{}")
        // Nobody answers an address that is none with a body of the interface.
        #expect(reply.status != 404 || !reply.text.isEmpty && !reply.text.contains("There is nothing at"), "\(method) \(filled): \(reply.text)")
        #expect(reply.status != 405 && reply.status < 500 || reply.text.contains("not loaded"), "\(method) \(filled): \(reply.status) \(reply.text)")
      }
    }
    #expect(operations.count > 60)
  }

  @Test func whatIsAnsweredItNames() async throws {
    let site = SearchSite(service: SampleLibrary.birds.service(), points: nil, options: SiteOptions(models: models), logger: SiteTester.silent)
    let document = try await PointTester(options: SiteOptions(models: models)).call(.get, "/openapi.json").json
    // Pages and their files are for people; the addresses that only refuse a method are none.
    let pages: Set<String> = ["/", "/document", "/dashboard", "/docs"]
    for route in try site.router().routes where route.method != .head && !(route.path.description == "/mcp" && route.method != .post) {
      let path = route.path.description.replacing("/**", with: "/{id}")
      guard !pages.contains(path), !path.hasPrefix("/assets/") else { continue }
      #expect(!document["paths"][path][route.method.rawValue.lowercased()].isNull, "\(route.method) \(path)")
    }
  }

  @Test func referencesLeadToSchemas() async throws {
    let document = try await PointTester().call(.get, "/openapi.json")
    let names = Set(document.json["components"]["schemas"].members?.keys ?? [:].keys)
    for match in document.text.matches(of: /#\/components\/schemas\/([A-Za-z]+)/) { #expect(names.contains(String(match.1)), "\(match.1)") }
  }

  @Test(arguments: ["/docs", "/dashboard"]) func pagesNeedNothingFromElsewhere(page: String) async throws {
    let reply = try await PointTester().call(.get, page)
    #expect(reply.status == 200)
    #expect(!reply.text.contains("http://") && !reply.text.contains("https://") && !reply.text.contains("<script>") && !reply.text.contains("style="))
  }

  @Test func theBoardSaysWhatThereIs() async throws {
    let site = try PointTester()
    try await site.fill()
    let state = try await site.call(.get, "/dashboard/state.json").json
    let collection = state["collections"][0]
    #expect(collection["name"] == .string("c") && collection["points"] == .integer(4) && collection["optimizer"] == .string("idle"))
    #expect(collection["memory"]["vectors"] == .integer(4 * 2 * 4))
    #expect(collection["diskBytes"].double ?? 0 > 0)
    let metrics = try await site.call(.get, "/metrics").text
    #expect(metrics.contains("collection_memory_bytes{id=\"c\",part=\"vectors\"} 32"))
  }

  /// Without a key a stranger sees the frame of the board and nothing in it.
  @Test func theBoardIsEmptyForStrangers() async throws {
    let site = try PointTester(options: SiteOptions(keys: AccessKeys(full: "secret")))
    #expect(try await site.call(.get, "/dashboard").status == 200)
    #expect(try await site.call(.get, "/dashboard/state.json").status == 401)
    #expect(try await site.call(.get, "/dashboard/state.json", headers: [HTTPField.Name("api-key")!: "secret"]).status == 200)
  }
}
