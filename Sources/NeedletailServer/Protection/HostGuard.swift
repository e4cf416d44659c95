internal import HTTPTypes
internal import Hummingbird

/// Refuses requests that reached the local machine under somebody else's name.
///
/// A page of another site can let its own host name resolve to 127.0.0.1 and would then share the origin of this server
/// (DNS rebinding). The browser still sends the foreign name as `Host`, which gives it away. A page may also send changes
/// to this server openly, without being able to read the answers; the browser names the page's host as `Origin`.
struct HostGuard<Context: RequestContext>: RouterMiddleware {
  private let allowed: Set<String>?

  /// Guards a server bound to `host`. Bound to the loopback it answers for the local machine only; bound to any other
  /// address it is meant to be reached under names that it cannot know, and lets everything pass.
  init(boundTo host: String) {
    let loopback: Set<String> = ["localhost", "127.0.0.1", "[::1]", "::1"]
    allowed = loopback.contains(host.lowercased()) ? loopback : nil
  }

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    if let allowed {
      let authority = request.head.authority ?? ""
      guard allowed.contains(Self.host(of: authority)) else { throw ServerError.foreignHost(authority) }
      if request.method != .get, request.method != .head, let origin = request.headers[.origin] {
        let host = origin.split(separator: "/").last.map(String.init) ?? ""
        guard allowed.contains(Self.host(of: host)) else { throw ServerError.foreignHost(host) }
      }
    }
    return try await next(request, context)
  }

  /// The authority without its port, in lower case.
  static func host(of authority: String) -> String {
    let authority = authority.lowercased()
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return authority }
      let rest = authority[authority.index(after: end)...]
      return rest.isEmpty || rest.hasPrefix(":") ? String(authority[...end]) : authority
    }
    return authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init) ?? ""
  }
}
