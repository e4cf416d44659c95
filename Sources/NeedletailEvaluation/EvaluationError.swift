public import NeedletailCore
public import NeedletailNumerics

/// Why something cannot be evaluated.
public enum EvaluationError: Problem, Hashable {
  /// A file cannot be read.
  case file(FileError)
  /// A file cannot be written.
  case cannotWrite(path: String, reason: String)
  /// A line of a file is not what its format promises; lines count from 1.
  case malformedLine(path: String, line: Int, reason: String)
  /// A file of the benchmark is missing.
  case missingFile(path: String, advice: String)
  /// There is no such measure.
  case unknownMeasure(name: String)
  /// A ranking cannot be judged: a document twice, a score that is not a number, an identifier with white space.
  case malformedRun(query: String, reason: String)
  /// Two evaluations cannot be compared.
  case incomparable(reason: String)
  /// A relevance pattern that nothing can be optimised for.
  case invalidPattern(reason: String)

  public var category: ProblemCategory {
    switch self {
    case .file(.cannotOpen), .missingFile: .notFound
    case .file(.cannotWrite), .cannotWrite: .unavailable
    case .file(.malformed), .malformedLine: .corrupted
    case .unknownMeasure, .malformedRun, .incomparable, .invalidPattern: .invalidRequest
    }
  }

  public var description: String {
    switch self {
    case .file(let error): "\(error)."
    case .cannotWrite(let path, let reason): "\(path) cannot be written: \(reason). Choose another place."
    case .malformedLine(let path, let line, let reason): "\(path):\(line): \(reason). Correct the line, or get the file again."
    case .missingFile(let path, let advice): "\(path) is missing. \(advice)"
    case .unknownMeasure(let name):
      "There is no measure \(name). Known are nDCG, AP and RR, with or without a cut-off such as nDCG@10, "
        + "and R, P, Success, R_cap and Judged with one, such as R@100; Rprec, F1 and RBP(p=0.8)."
    case .malformedRun(let query, let reason): "The ranking of query \(query) cannot be judged: \(reason)."
    case .incomparable(let reason): "The evaluations cannot be compared: \(reason)."
    case .invalidPattern(let reason): "The relevance pattern cannot be used: \(reason)."
    }
  }
}
