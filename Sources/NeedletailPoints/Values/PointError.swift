public import NeedletailCore
public import NeedletailStore

/// What can go wrong with points, in the words that programs written for such servers look for.
public enum PointError: Problem, Hashable {
  /// The request has a meaning, but not for this collection.
  case wrongInput(String)
  /// The request has no meaning.
  case badRequest(String)
  /// The request is not the JSON that the address takes.
  case format(String)
  /// Fields with values they must not have: path of the field and what it must be.
  case validation([String])
  case notFound(String)
  /// What is to be made exists already.
  case exists(String)
  case forbidden(String)
  /// A rule of the collection's strict mode forbids it.
  case strict(String)
  /// Too many requests in too little time; try again after so many seconds.
  case rateLimited(String, seconds: Int)
  /// The store failed.
  case store(StoreError)

  public var category: ProblemCategory {
    switch self {
    case .wrongInput, .badRequest, .format, .validation, .strict: .invalidRequest
    case .notFound: .notFound
    case .exists: .conflict
    case .forbidden: .invalidRequest
    case .rateLimited: .unavailable
    case .store(let error): error.category
    }
  }

  public var description: String {
    switch self {
    case .wrongInput(let text): "Wrong input: \(text)"
    case .badRequest(let text): "Bad request: \(text)"
    case .format(let text): "Format error in JSON body: \(text)"
    case .validation(let fields): "Validation error in JSON body: [\(fields.joined(separator: "; "))]"
    case .notFound(let text): "Not found: \(text)"
    case .exists(let text): "Wrong input: \(text)"
    case .forbidden(let text): "Forbidden: \(text)"
    case .strict(let text): "Bad request: \(text)"
    case .rateLimited(let text, _): "Rate limiting exceeded: \(text)"
    case .store(let error): "Service internal error: \(error)"
    }
  }

  static func noCollection(_ name: String) -> PointError { .notFound("Collection `\(name)` doesn't exist!") }
  static func noVector(_ name: String) -> PointError { .wrongInput("Not existing vector name error: \(name)") }
  static func noPoint(_ id: PointID) -> PointError { .notFound("No point with id \(id) found") }
}
