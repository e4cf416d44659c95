/// What kind of failure an error reports; the exit code of the command line and the status of the server follow from it.
public enum ProblemCategory: String, Sendable, CaseIterable {
  /// The request cannot be carried out as it was asked; the caller has to change it.
  case invalidRequest
  /// What was named does not exist.
  case notFound
  /// Somebody else holds, or already made, what was asked for.
  case conflict
  /// A resource is missing for now: disk space, a program, a model that was not fetched.
  case unavailable
  /// Stored data is damaged.
  case corrupted
  /// The caller gave up.
  case cancelled
  /// A defect of the product.
  case `internal`
}

/// An error made for people: it says what happened, where, and what to do about it.
///
/// Every error type of the product conforms. `description` is one or two plain sentences without a trailing newline.
public protocol Problem: Error, CustomStringConvertible {
  var category: ProblemCategory { get }
}

extension ProblemCategory {
  /// The exit code of the command line (`sysexits.h` where it has a fitting one).
  public var exitCode: Int32 {
    switch self {
    case .invalidRequest: 64
    case .corrupted: 65
    case .notFound: 66
    case .unavailable: 69
    case .internal: 70
    case .conflict: 75
    case .cancelled: 130
    }
  }
}
