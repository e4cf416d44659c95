internal import HTTPTypes
internal import Hummingbird

/// Adds to every response the headers that confine what a browser does with it.
///
/// Scripts and styles come from this server's own files only, so that a text which found a gap in the escaping would
/// still not run; nothing may frame the page, and no address of it leaks to another site.
struct SecurityHeaders<Context: RequestContext>: RouterMiddleware {
  static var policy: String {
    """
    default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'
    """
  }

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    var response = try await next(request, context)
    response.headers[.contentSecurityPolicy] = Self.policy
    response.headers[.xContentTypeOptions] = "nosniff"
    response.headers[.referrerPolicy] = "no-referrer"
    response.headers[.crossOriginResourcePolicy] = "same-origin"
    response.headers[.crossOriginOpenerPolicy] = "same-origin"
    if response.headers[.cacheControl] == nil {
      response.headers[.cacheControl] = "private, no-cache"
    }
    return response
  }
}

extension HTTPField.Name {
  // Literals that are valid field names; the failable initialiser refuses spaces and the like only.
  fileprivate static let referrerPolicy = Self("Referrer-Policy")!
  fileprivate static let crossOriginOpenerPolicy = Self("Cross-Origin-Opener-Policy")!
}
