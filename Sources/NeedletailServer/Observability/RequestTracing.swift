internal import HTTPTypes
internal import Hummingbird
internal import Tracing

/// The steps of a request as spans, where spans are recorded; where they are not, a step costs a look at a task-local value.
enum RequestTracing {
  /// What records the spans of this request.
  @TaskLocal static var tracer: (any Tracer)?

  /// Runs a step.
  static func step<Value>(_ name: String, _ body: () throws -> Value) rethrows -> Value {
    guard let tracer else { return try body() }
    return try tracer.withAnySpan(name, ofKind: .internal) { _ in try body() }
  }

  /// Runs a step that waits.
  static func step<Value: Sendable>(_ name: String, _ body: () async throws -> Value) async rethrows -> Value {
    guard let tracer else { return try await body() }
    return try await tracer.withAnySpan(name, ofKind: .internal) { _ in try await body() }
  }

  /// The fields that tell a program that is called what it is called for.
  static var outgoing: HTTPFields {
    var fields = HTTPFields()
    if let context = InstrumentationContext.current { tracer?.inject(context, into: &fields, using: HeaderFields()) }
    return fields
  }

  /// What records spans if nobody says: the tracer that the program was set up with, if it was.
  static var standard: (any Tracer)? {
    let tracer = InstrumentationSystem.tracer
    return tracer is NoOpTracer ? nil : tracer
  }
}

/// Makes each request a span, within that of the program that sent it (`traceparent`), and tells in `traceresponse` which one it is.
struct TraceMiddleware<Context: RequestContext>: RouterMiddleware {
  let tracer: any Tracer

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    var caller = InstrumentationContext.topLevel
    tracer.extract(request.headers, into: &caller, using: HeaderFields())
    let endpoint = RequestStatistics.endpoint(request.uri.path)
    let span = tracer.startAnySpan("\(request.method.rawValue) \(endpoint)", context: caller, ofKind: .server)
    defer { span.end() }
    span.updateAttributes { attributes in
      attributes["http.request.method"] = request.method.rawValue
      attributes["http.route"] = endpoint
      attributes["url.path"] = request.uri.path
    }
    do {
      var response = try await RequestTracing.$tracer.withValue(tracer) {
        try await InstrumentationContext.$current.withValue(span.context) { try await next(request, context) }
      }
      span.attributes["http.response.status_code"] = response.status.code
      if response.status.code >= 500 { span.setStatus(SpanStatus(code: .error)) }
      if let trace = span.context.trace, let name = HTTPField.Name("traceresponse") { response.headers[name] = trace.header }
      return response
    } catch {
      span.recordError(error)
      throw error
    }
  }
}
