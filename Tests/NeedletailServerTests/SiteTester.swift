import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NeedletailServer

/// A site over a sample library, without a network.
struct SiteTester: Sendable {
  let site: SearchSite

  static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  init(_ service: SearchService = SampleLibrary.birds.service()) {
    site = SearchSite(service: service, logger: Self.silent)
  }

  init(_ site: SearchSite) {
    self.site = site
  }

  struct Reply: Sendable {
    let status: Int
    let text: String
    let headers: HTTPFields
  }

  /// What the site replies to a GET request that names `host` and came to the address `bound`.
  func get(
    _ uri: String, headers: HTTPFields = [:], host: String = "localhost", boundTo bound: String = "127.0.0.1"
  ) async throws -> Reply {
    let responder = try site.router(boundTo: bound).buildResponder()
    let head = HTTPRequest(method: .get, scheme: "http", authority: host, path: uri, headerFields: headers)
    let context = BasicRequestContext(
      source: ApplicationRequestContextSource(channel: NIOAsyncTestingChannel(), logger: Self.silent))
    let response = try await responder.respond(to: Request(head: head, body: .init(buffer: ByteBuffer())), context: context)
    let collector = BodyCollector()
    try await response.body.write(collector)
    return Reply(
      status: response.status.code, text: String(buffer: collector.bytes.withLockedValue { $0 }),
      headers: response.headers)
  }

  /// The text of the reply to a GET request.
  func text(_ uri: String) async throws -> String { try await get(uri).text }
}

struct BodyCollector: ResponseBodyWriter {
  let bytes = NIOLockedValueBox(ByteBuffer())

  func write(_ buffer: ByteBuffer) async throws {
    _ = bytes.withLockedValue { $0.writeImmutableBuffer(buffer) }
  }

  consuming func finish(_ trailers: HTTPFields?) async throws {}
}
