internal import HTTPTypes
internal import Hummingbird
internal import ServiceLifecycle
internal import Synchronization

/// Whether the server is being stopped: what is under way is answered, what comes is refused.
final class DrainState: Sendable {
  private let flag = Atomic(false)

  var isDraining: Bool { flag.load(ordering: .acquiring) }
  func begin() { flag.store(true, ordering: .releasing) }
}

/// Refuses what comes once the server is being stopped, so that whoever sends requests turns to another server. That the
/// process lives is still said; that it is ready is not.
struct DrainGuard<Context: RequestContext>: RouterMiddleware {
  let state: DrainState

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard state.isDraining, request.uri.path != "/livez", request.uri.path != "/metrics" else { return try await next(request, context) }
    return Response(
      status: .serviceUnavailable, headers: [.contentType: "application/json", .retryAfter: "5", .connection: "close"],
      body: .init(byteBuffer: ByteBuffer(string: #"{"status":{"error":"The server is stopping; ask another one, or again in a moment."},"time":0}"#)))
  }
}

/// Says that the server is being stopped, and gives those who ask for readiness the time to notice before the door is closed.
///
/// Services are stopped in reverse order, so this one comes after the server.
struct DrainService: Service {
  let state: DrainState
  let notice: Duration

  func run() async throws {
    try? await gracefulShutdown()
    state.begin()
    if notice > .zero { try? await Task.sleep(for: notice) }
  }
}
