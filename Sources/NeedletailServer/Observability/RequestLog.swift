internal import HTTPTypes
internal import Hummingbird
internal import Logging

/// Writes one line per request: what was asked for, the status and the time. Queries stay out of it, since what people
/// search for is theirs.
struct RequestLog<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let clock = ContinuousClock()
    let start = clock.now
    let response = try await next(request, context)
    context.logger.info(
      "request",
      metadata: [
        "method": "\(request.method.rawValue)",
        "path": "\(request.uri.path)",
        "status": "\(response.status.code)",
        "milliseconds": "\((clock.now - start) / .milliseconds(1))",
      ])
    return response
  }
}
