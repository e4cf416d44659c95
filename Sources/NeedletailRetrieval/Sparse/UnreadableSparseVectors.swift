public import NeedletailCore

/// Why a file does not hold sparse vectors.
public struct UnreadableSparseVectors: Problem, Hashable {
  public var path: String
  /// Counted from 1; nil if the reason is not one line.
  public var line: Int?
  public var reason: String

  public init(path: String, line: Int?, reason: String) {
    self.path = path
    self.line = line
    self.reason = reason
  }

  public var category: ProblemCategory { .invalidRequest }

  public var description: String {
    "sparse vectors cannot be read from \(path)\(line.map { ":\($0)" } ?? ""): \(reason)"
  }
}
