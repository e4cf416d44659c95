public import NeedletailCore

/// What can go wrong while text is taken apart: always the description of a tokenizer or analyser, never the text itself.
public enum TextError: Problem, Hashable {
  /// The file is missing or cannot be read.
  case unreadable(file: String, reason: String)
  /// The file is not what its format promises; `key` is the path inside it, "model.vocab" say.
  case malformed(file: String, key: String, reason: String)
  /// The file is sound, but asks for a method that is not implemented.
  case unsupported(file: String, key: String, value: String, supported: String)
  /// No stemmer, or no stop words, exist for the language.
  case unknownLanguage(String, known: [String])

  public var category: ProblemCategory {
    switch self {
    case .unreadable: .notFound
    case .malformed: .corrupted
    case .unsupported, .unknownLanguage: .invalidRequest
    }
  }

  public var description: String {
    switch self {
    case .unreadable(let file, let reason):
      "Cannot read \(file): \(reason)."
    case .malformed(let file, let key, let reason):
      "\(file) is not a valid tokenizer description: \(key.isEmpty ? "the file" : "\"\(key)\"") \(reason). Fetch the model again."
    case .unsupported(let file, let key, let value, let supported):
      "\(file) asks for \"\(key)\" = \(value), which is not supported; supported: \(supported). Choose another model."
    case .unknownLanguage(let language, let known):
      "There is no analyser for \"\(language)\"; known languages: \(known.joined(separator: ", "))."
    }
  }
}
