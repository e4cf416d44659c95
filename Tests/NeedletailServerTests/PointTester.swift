import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NeedletailCore
import NeedletailPoints
import NeedletailServer
import NeedletailStore

/// The interface for points over a data directory that vanishes with the test, without a network.
final class PointTester: Sendable {
  let folder: URL
  private let responder: any HTTPResponder<BasicRequestContext>
  private let service: PointService

  init(options: SiteOptions = SiteOptions()) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("needletail-interface-\(UUID().uuidString)")
    service = PointService(DataDirectory(path: folder.path), models: options.models)
    let site = SearchSite(service: SampleLibrary.birds.service(), points: service, options: options, logger: SiteTester.silent)
    responder = try site.router().buildResponder()
  }

  deinit {
    service.close()
    try? FileManager.default.removeItem(at: folder)
  }

  struct Reply: Sendable {
    let status: Int
    let text: String
    let headers: HTTPFields
    /// The JSON of the reply.
    var json: JSONNode { (try? JSONReader.read(text)) ?? .null }
    /// What the envelope of a success holds.
    var result: JSONNode { json.members?["result"] ?? .null }
    /// The message of a refusal.
    var error: String { json.members?["status"]?.members?["error"]?.string ?? "" }
  }

  func call(_ method: HTTPRequest.Method, _ path: String, _ body: String = "", headers: HTTPFields = [:]) async throws -> Reply {
    let head = HTTPRequest(method: method, scheme: "http", authority: "localhost", path: path, headerFields: headers)
    let context = BasicRequestContext(source: ApplicationRequestContextSource(channel: NIOAsyncTestingChannel(), logger: SiteTester.silent))
    let response = try await responder.respond(to: Request(head: head, body: .init(buffer: ByteBuffer(string: body))), context: context)
    let collector = BodyCollector()
    try await response.body.write(collector)
    return Reply(status: response.status.code, text: String(buffer: collector.bytes.withLockedValue { $0 }), headers: response.headers)
  }

  /// Makes the collection `c` with four points in the plane.
  func fill() async throws {
    _ = try await call(.put, "/collections/c", #"{"vectors":{"size":2,"distance":"Dot"}}"#)
    _ = try await call(
      .put, "/collections/c/points?wait=true",
      """
      {"points":[{"id":1,"vector":[1,0],"payload":{"city":"Berlin","n":1,"price":3.5}},{"id":2,"vector":[0,1],"payload":{"city":"Paris","n":2}},
       {"id":3,"vector":[0.5,0.5],"payload":{"city":["Berlin","Rome"],"price":1}},{"id":"00000000-0000-0000-0000-000000000009","vector":[-1,0]}]}
      """)
  }
}

extension JSONNode {
  /// A member of an object, or null.
  subscript(name: String) -> JSONNode { members?[name] ?? .null }
  /// An element of a list, or null.
  subscript(number: Int) -> JSONNode { elements.flatMap { $0.indices.contains(number) ? $0[number] : nil } ?? .null }
}

/// A JSON text that is written in a test.
func json(_ text: String) -> JSONNode { (try? JSONReader.read(text)) ?? .string("no JSON: \(text)") }
