public import NeedletailCore
public import NeedletailModels
public import NeedletailNumerics

/// Why a training cannot begin or go on.
public enum TrainingError: Problem, Hashable {
  /// A recipe says something impossible, or has a key that nobody knows.
  case recipe(path: String, reason: String)
  /// A file that the recipe names is missing.
  case missingFile(path: String, advice: String)
  /// A line of a file of examples is not what its format promises; lines count from 1.
  case malformedLine(path: String, line: Int, reason: String)
  /// The examples do not suit the objective.
  case unsuitableData(reason: String)
  /// Loss or gradient is no number any more.
  case diverged(step: Int, what: String, kept: String)
  /// A step takes more memory than the recipe allows, in bytes.
  case overBudget(needed: Int, allowed: Int)
  /// The run folder belongs to another training, or its checkpoint is damaged.
  case checkpoint(path: String, reason: String)
  /// A file cannot be read or written.
  case file(FileError)
  /// The model cannot be used.
  case model(ModelError)
  /// Shapes of tensors do not fit: a defect, or weights that do not belong to their configuration.
  case tensor(TensorError)

  public var category: ProblemCategory {
    switch self {
    case .recipe, .unsuitableData, .overBudget: .invalidRequest
    case .missingFile: .notFound
    case .malformedLine: .corrupted
    case .diverged: .unavailable
    case .checkpoint: .conflict
    case .file(.cannotOpen): .notFound
    case .file(.malformed): .corrupted
    case .file(.cannotWrite): .unavailable
    case .model(let error): error.category
    case .tensor: .internal
    }
  }

  public var description: String {
    switch self {
    case .recipe(let path, let reason): "\(path): \(reason)."
    case .missingFile(let path, let advice): "\(path) is missing. \(advice)"
    case .malformedLine(let path, let line, let reason): "\(path):\(line): \(reason). Correct the line, or get the file again."
    case .unsuitableData(let reason): "\(reason)."
    case .diverged(let step, let what, let kept):
      "\(what) is not a number at step \(step). Lower `optimizer.rate`, raise `optimizer.warmup`, or set `optimizer.clip` to 1. \(kept)"
    case .overBudget(let needed, let allowed):
      "A step takes \(needed >> 20) MiB where `memory_mib` allows \(allowed >> 20). Lower `batch.size`, or set `batch.texts_at_a_time`, which "
        + "gives the same gradient in less memory."
    case .checkpoint(let path, let reason): "\(path): \(reason). Choose another `output`, or remove that folder to begin anew."
    case .file(let error): "\(error)."
    case .model(let error): error.description
    case .tensor(let error): "\(error)."
    }
  }
}
