internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// The keys that requests have to carry; without any, everybody may do everything.
public struct AccessKeys: Hashable, Sendable {
  /// Allows everything.
  public var full: String?
  /// Allows reading.
  public var reading: String?

  public init(full: String? = nil, reading: String? = nil) {
    self.full = full
    self.reading = reading
  }

  var areRequired: Bool { full != nil || reading != nil }
}

/// Lets requests pass that carry a key (`api-key: K` or `Authorization: Bearer K`) that allows them, or a token that was
/// signed with the key that allows everything.
struct KeyGuard<Context: RequestContext>: RouterMiddleware {
  let keys: AccessKeys

  /// What may be seen without a key: whether the server lives, and pages without contents of collections.
  private static var open: Set<String> { ["/healthz", "/livez", "/readyz", "/dashboard", "/docs", "/openapi.json"] }
  /// Requests that read although they are no GET.
  private static var readingEnds: [String] {
    ["/points", "/scroll", "/count", "/facet", "/query", "/query/batch", "/query/groups", "/pairs", "/offsets", "/search", "/search/batch", "/search/groups",
     "/recommend", "/recommend/batch", "/recommend/groups", "/discover", "/discover/batch", "/v1/embeddings", "/v1/rerank", "/embed", "/rerank", "/embed_sparse"]
  }

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let path = request.uri.path
    guard keys.areRequired, !Self.open.contains(path), !path.hasPrefix("/assets/"), !request.asksForVersion else { return try await next(request, context) }
    guard let key = Self.key(of: request) else {
      return Self.refusal(.unauthorized, "Must provide an API key or an Authorization bearer token")
    }
    if let full = keys.full, Self.isEqual(key, full) {
      RequestIdentity.current?.set("key")
      return try await next(request, context)
    }
    let isReading = Self.reads(request.method, path)
    if let reading = keys.reading, Self.isEqual(key, reading) {
      RequestIdentity.current?.set("read-only key")
      guard isReading else { return Self.refusal(.forbidden, "Forbidden: Write access is required") }
      return try await next(request, context)
    }
    guard let full = keys.full, let token = AccessToken(key, key: full, now: Date()) else {
      return Self.refusal(.unauthorized, "Invalid API key or JWT")
    }
    RequestIdentity.current?.set("token \(token.subject ?? "")".trimmingCharacters(in: .whitespaces))
    if let refusal = token.scope.refusal(ofPath: PointCall.segments(of: path), isReading: isReading) {
      return Self.refusal(.forbidden, "Forbidden: \(refusal)")
    }
    return try await AccessScope.$current.withValue(token.scope) { try await next(request, context) }
  }

  private static func key(of request: Request) -> String? {
    if let name = HTTPField.Name("api-key"), let key = request.headers[name] { return key }
    guard let value = request.headers[.authorization], value.lowercased().hasPrefix("bearer ") else { return nil }
    return String(value.dropFirst(7))
  }

  static func reads(_ method: HTTPRequest.Method, _ path: String) -> Bool {
    if method == .get || method == .head || method == .options { return true }
    let trimmed = path.hasSuffix("/") ? String(path.dropLast()) : path
    return method == .post && readingEnds.contains(where: trimmed.hasSuffix)
  }

  /// Compares in a time that does not depend on where the first difference is.
  private static func isEqual(_ left: String, _ right: String) -> Bool {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static func refusal(_ status: HTTPResponse.Status, _ text: String) -> Response {
    Response(status: status, headers: [.contentType: "text/plain"], body: .init(byteBuffer: ByteBuffer(string: text)))
  }
}
