internal import HTTPTypes
internal import Hummingbird

/// The tools over HTTP (the protocol's "streamable" transport, every answer a single JSON document).
struct ContextRoute: Sendable {
  let server: ContextServer
  let bodyLimit: Int

  func add(to router: Router<BasicRequestContext>) {
    router.post("/mcp") { request, _ -> Response in
      let message = try await request.bytes(upTo: bodyLimit)
      guard let answer = await server.answer(message) else { return Response(status: .accepted) }
      return .points(ByteBuffer(bytes: answer))
    }
    // There is nothing that the server would say unasked, and no session to end.
    router.get("/mcp") { _, _ in Response(status: .methodNotAllowed, headers: [.allow: "POST"]) }
    router.delete("/mcp") { _, _ in Response(status: .methodNotAllowed, headers: [.allow: "POST"]) }
  }
}
