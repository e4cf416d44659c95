public import NeedletailCore

/// What can be wrong with a pipeline.
public enum PipelineError: Problem, Hashable {
  /// The file cannot be read.
  case unreadable(path: String, reason: String)
  /// The file is not a pipeline; `place` names the key.
  case malformed(path: String, place: String, reason: String)
  /// A part asks for what makes no sense.
  case invalid(part: String, reason: String)
  /// It names a reranker or a retriever that nobody handed over.
  case missing(kind: String, name: String)

  public var category: ProblemCategory {
    switch self {
    case .unreadable, .missing: .notFound
    case .malformed, .invalid: .invalidRequest
    }
  }

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "cannot read the pipeline \(path): \(reason)"
    case .malformed(let path, let place, let reason):
      place.isEmpty ? "\(path) is not a pipeline: \(reason)" : "\(path) is not a pipeline: \(place): \(reason)"
    case .invalid(let part, let reason): "the pipeline's \(part): \(reason)"
    case .missing(let kind, let name): "the pipeline wants the \(kind) \"\(name)\", which is not there"
    }
  }
}
