/// A file, or a part of one, that was passed over, and why.
public struct IngestProblem: Hashable, Codable, Sendable, CustomStringConvertible {
  public var path: String
  /// A sentence for people.
  public var reason: String
  /// True for files that are no documents in the first place: binary files, too large ones.
  public var isExpected: Bool

  public init(path: String, reason: String, isExpected: Bool = false) {
    self.path = path
    self.reason = reason
    self.isExpected = isExpected
  }

  init(path: String, _ problem: ReadingProblem) {
    self.init(path: path, reason: problem.description, isExpected: problem == .binary)
  }

  public var description: String { "\(path): \(reason)" }
}

/// What an indexing run did. Counts are of documents; a file of records holds many.
public struct IngestReport: Hashable, Codable, Sendable {
  /// Documents that were not in the collection before.
  public var added = 0
  /// Documents whose contents changed.
  public var updated = 0
  /// Documents that are as they were.
  public var unchanged = 0
  /// Documents whose file or record is gone.
  public var removed = 0
  /// Files that could not be read, wholly or in part.
  public var problems: [IngestProblem] = []
  /// Passages written.
  public var passages = 0
  /// Tokens embedded.
  public var tokens = 0
  /// Wall-clock time.
  public var seconds = 0.0

  public init() {}
}

/// How far an indexing run is.
public struct IngestProgress: Hashable, Sendable {
  public enum Phase: String, Codable, Hashable, Sendable {
    /// Looking for files.
    case scanning
    /// Reading, embedding and writing.
    case indexing
    /// Removing what is gone.
    case removing
    /// Everything is written.
    case finished
  }

  public var phase = Phase.scanning
  public var filesFound = 0
  /// Files that are written, found unchanged, or passed over.
  public var filesDone = 0
  /// Bytes of all files found.
  public var bytesFound: Int64 = 0
  public var bytesDone: Int64 = 0
  /// Passages embedded.
  public var passagesDone = 0
  /// The file that is being read.
  public var currentPath: String?

  public init() {}
}
