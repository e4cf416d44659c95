internal import HTTPTypes
internal import Hummingbird
internal import NeedletailCore

extension ProblemCategory {
  /// The status of a response that reports a problem of the category.
  var status: HTTPResponse.Status {
    switch self {
    case .invalidRequest: .badRequest
    case .notFound: .notFound
    case .conflict: .conflict
    case .unavailable: .serviceUnavailable
    case .corrupted, .internal: .internalServerError
    case .cancelled: .init(code: 499, reasonPhrase: "Client Closed Request")
    }
  }
}

/// A failure in the form in which it is told to a client.
struct ReportedProblem: Hashable, Sendable {
  let category: ProblemCategory
  let message: String
  let status: HTTPResponse.Status

  /// Reports what the product's own errors say of themselves. Of others it says nothing, since their texts are made for
  /// developers; they are in the log.
  init(_ error: any Error, path: String) {
    switch error {
    case let problem as any Problem:
      category = problem.category
      message = problem.description
      status = if case ServerError.foreignHost = problem { .misdirectedRequest } else { category.status }
    case let error as HTTPError where error.status == .notFound:
      category = .notFound
      message = ServerError.unknownAddress(path).description
      status = .notFound
    case let error as HTTPError where error.status.code < 500:
      category = .invalidRequest
      message = error.body ?? error.status.reasonPhrase
      status = error.status
    case is CancellationError:
      category = .cancelled
      message = "The request was given up."
      status = category.status
    default:
      category = .internal
      message = "Something went wrong here; the log of the server says what."
      status = category.status
    }
  }
}
