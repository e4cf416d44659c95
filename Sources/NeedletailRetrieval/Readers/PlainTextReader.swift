internal import NeedletailCore
internal import NeedletailText

/// Reads files that are nothing but text.
public struct PlainTextReader: DocumentReader {
  private let limits: ReadingLimits

  public init(limits: ReadingLimits = ReadingLimits()) { self.limits = limits }

  public func read(_ file: SourceFile, receive: (ReadDocument) async throws -> Void) async throws {
    let text = try TextDecoding.decode(try file.contents(limit: limits.textBytes))
    try await receive(ReadDocument(title: file.name, text: text))
  }
}

/// Reads source code and configuration; the language goes to the payload field `language`.
public struct SourceCodeReader: DocumentReader {
  private let limits: ReadingLimits
  private let language: String

  public init(limits: ReadingLimits = ReadingLimits(), language: String) {
    self.limits = limits
    self.language = language
  }

  public func read(_ file: SourceFile, receive: (ReadDocument) async throws -> Void) async throws {
    let text = try TextDecoding.decode(try file.contents(limit: limits.textBytes))
    try await receive(ReadDocument(title: file.name, text: text, structure: .code, payload: ["language": .string(language)]))
  }
}
