internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NeedletailCore

/// Turns errors into answers: JSON for programs, a page for people.
struct ErrorAnswers<Context: RequestContext>: RouterMiddleware {
  let templates: Templates

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      let problem = ReportedProblem(error, path: request.uri.path)
      if problem.status.code >= 500 {
        context.logger.error("request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
      }
      return try answer(problem, to: request)
    }
  }

  private func answer(_ problem: ReportedProblem, to request: Request) throws -> Response {
    let path = request.uri.path
    let isForPrograms = path.hasPrefix("/api") || path == "/livez" || path == "/readyz"
    if isForPrograms {
      return try .json(ErrorAnswer(problem), status: problem.status)
    }
    return .html(try templates.render("error", ProblemPage(problem)), status: problem.status)
  }
}

/// The JSON of a failed request.
struct ErrorAnswer: Encodable {
  struct Content: Encodable {
    let category: String
    let message: String
  }

  let error: Content

  init(_ problem: ReportedProblem) {
    error = Content(category: problem.category.rawValue, message: problem.message)
  }
}
