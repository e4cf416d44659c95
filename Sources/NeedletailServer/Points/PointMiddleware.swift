internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NeedletailPoints
internal import NeedletailStore

/// Answers requests to the interface for points and lets the others pass.
struct PointMiddleware<Context: RequestContext>: RouterMiddleware {
  let interface: PointInterface
  let executor: SearchExecutor
  let bodyLimit: Int

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let segments = PointCall.segments(of: request.uri.path)
    guard isOurs(segments, request) else { return try await next(request, context) }
    let start = ContinuousClock.now
    let answer: Result<PointAnswer?, any Error>
    do {
      let body = try await body(of: request)
      let call = PointCall(method: request.method, segments: segments, query: QueryParameters(request.uri.query), body: body)
      let interface = interface
      answer = .success(try await executor.run { try await interface.answer(call) })
    } catch {
      answer = .failure(error)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    switch answer {
    case .success(let answer?): return try response(answer, seconds)
    case .success(nil): return Response(status: .notFound)
    case .failure(let error):
      let refusal = PointRefusal(error)
      if refusal.status.code >= 500 {
        context.logger.error("request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
      }
      return refusal.response(seconds)
    }
  }

  /// The page of the site and its own interface stay where they are. At the root, programs that say what they accept get
  /// the version that clients ask for.
  private func isOurs(_ segments: [String], _ request: Request) -> Bool {
    switch segments.first {
    case nil: request.asksForVersion
    case "collections", "aliases", "snapshots", "healthz", "livez", "readyz", "issues", "quotas", "cluster": true
    default: false
    }
  }

  private func body(of request: Request) async throws -> [UInt8] {
    do {
      return try await request.bytes(upTo: bodyLimit)
    } catch let error as HTTPError where error.status == .contentTooLarge {
      throw tooLarge
    }
  }

  private var tooLarge: PointError { .badRequest("the body is larger than \(bodyLimit >> 20) MiB; send less at a time, or start the server with --body-limit") }

  private func response(_ answer: PointAnswer, _ seconds: Double) throws -> Response {
    switch answer {
    case .result(let text):
      var buffer = ByteBuffer()
      buffer.reserveCapacity(text.bytes.count + 64)
      buffer.writeString("{\"result\":")
      buffer.writeBytes(text.bytes)
      buffer.writeString(",\"status\":\"ok\",\"time\":\(seconds)}")
      return .points(buffer)
    case .accepted: return .points(ByteBuffer(string: "{\"status\":\"accepted\",\"time\":\(seconds)}"), status: .accepted)
    case .bare(let text): return .points(ByteBuffer(bytes: text.bytes))
    case .text(let text): return Response(status: .ok, headers: [.contentType: "text/plain"], body: .init(byteBuffer: ByteBuffer(string: text)))
    case .file(let path, let name):
      let contents = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
      return Response(
        status: .ok, headers: [.contentType: "application/octet-stream", .contentDisposition: "attachment; filename=\"\(name)\""],
        body: .init(byteBuffer: ByteBuffer(bytes: contents)))
    }
  }
}

extension Request {
  /// Whether a program asks at the root what it speaks to, rather than a person for the page.
  var asksForVersion: Bool {
    uri.path == "/" && uri.query == nil && headers[.accept].map { !$0.contains("text/html") } ?? false
  }
}

extension Response {
  static func points(_ buffer: ByteBuffer, status: HTTPResponse.Status = .ok) -> Response {
    Response(status: status, headers: [.contentType: "application/json"], body: .init(byteBuffer: buffer))
  }
}

/// A failure in the envelope that clients of the interface for points expect.
struct PointRefusal {
  let status: HTTPResponse.Status
  let message: String
  var retrySeconds: Int?

  init(_ error: any Error) {
    switch error {
    case let error as PointError:
      message = error.description
      switch error {
      case .wrongInput, .badRequest, .format, .strict: status = .badRequest
      case .validation: status = .unprocessableContent
      case .notFound: status = .notFound
      case .exists: status = .conflict
      case .forbidden: status = .forbidden
      case .rateLimited(_, let seconds):
        status = .tooManyRequests
        retrySeconds = seconds
      case .store(.diskFull(_)): status = .init(code: 507, reasonPhrase: "Insufficient Storage")
      case .store(let error): status = error.category.status
      }
    default:
      let problem = ReportedProblem(error, path: "")
      status = problem.status
      message = problem.status.code >= 500 ? "Service internal error: \(problem.message)" : "Bad request: \(problem.message)"
    }
  }

  func response(_ seconds: Double) -> Response {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("status") { $0.object { $0.member("error") { $0.string(message) } } }
      writer.member("time") { $0.double(seconds) }
    }
    var response = Response.points(ByteBuffer(bytes: writer.bytes), status: status)
    if let retrySeconds { response.headers[.retryAfter] = "\(retrySeconds)" }
    return response
  }
}
