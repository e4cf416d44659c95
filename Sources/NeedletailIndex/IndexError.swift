public import NeedletailCore
public import NeedletailNumerics

/// What can go wrong with an index.
public enum IndexError: Problem, Hashable {
  /// A query or a batch has rows of another length than the index.
  case dimensionMismatch(expected: Int, found: Int)
  /// A vector that cannot be compared: a component is not a finite number, or the length overflows. `row` is nil for a
  /// query.
  case unusableVector(row: Int?, reason: String)
  /// A parameter outside its range.
  case invalidParameter(String)
  /// The index file is damaged, or not an index file. It is a cache: delete it and build it again.
  case corrupted(path: String, reason: String)
  /// The index file was written by a newer release.
  case unsupportedVersion(path: String, version: Int)
  /// The file system refused.
  case file(FileError)

  public var category: ProblemCategory {
    switch self {
    case .dimensionMismatch, .unusableVector, .invalidParameter: .invalidRequest
    case .corrupted, .unsupportedVersion: .corrupted
    case .file(.malformed): .corrupted
    case .file: .unavailable
    }
  }

  public var description: String {
    switch self {
    case .dimensionMismatch(let expected, let found):
      "the index holds vectors of \(expected) components, this one has \(found); use the encoder that it was built with"
    case .unusableVector(let row?, let reason): "vector \(row) cannot be indexed: \(reason)"
    case .unusableVector(nil, let reason): "the query vector cannot be searched for: \(reason)"
    case .invalidParameter(let reason): reason
    case .corrupted(let path, let reason): "\(path) is damaged (\(reason)); delete it and build the index again"
    case .unsupportedVersion(let path, let version):
      "\(path) has format version \(version), which this release cannot read; delete it and build the index again"
    case .file(let error): error.description
    }
  }
}
