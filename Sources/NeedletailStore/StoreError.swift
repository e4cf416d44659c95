internal import GRDB
public import NeedletailCore
internal import NeedletailIndex
internal import NeedletailNumerics

/// What can go wrong in the store, with the values a person needs to mend it.
public enum StoreError: Problem, Hashable {
  /// The name cannot be one of a collection.
  case invalidName(String)
  /// There is no such collection in the data directory.
  case noCollection(name: String, path: String)
  /// The collection exists, made with other settings than the ones asked for.
  case settingsDiffer(name: String, reason: String)
  /// Another process holds the collection for writing.
  case writerElsewhere(name: String, process: Int32?)
  /// The collection was opened for reading, or its folder may not be written to.
  case readOnly(path: String)
  /// The collection was closed.
  case closed(name: String)
  /// A document cannot be stored as it was given.
  case invalidDocument(id: String, reason: String)
  /// A search or a listing cannot be carried out as it was asked for.
  case invalidQuery(reason: String)
  /// The filter has no meaning.
  case invalidFilter(reason: String)
  /// The text of a filter cannot be read; `position` counts characters from 0.
  case filterSyntax(text: String, position: Int, reason: String)
  /// The file system or the quota is full. Nothing of the failed request was kept, everything before it was.
  case diskFull(path: String)
  /// The file has a format of a later version of Needletail.
  case madeByNewerVersion(path: String, found: Int, supported: Int)
  /// The SQLite file is damaged.
  case databaseDamaged(path: String, reason: String)
  /// SQLite or the file system refused.
  case cannotAccess(path: String, reason: String)
  /// An index could not be built or searched.
  case index(reason: String)
  /// The task was cancelled; nothing of the request was kept.
  case cancelled

  public var category: ProblemCategory {
    switch self {
    case .invalidName, .invalidDocument, .invalidQuery, .invalidFilter, .filterSyntax: .invalidRequest
    case .noCollection: .notFound
    case .settingsDiffer, .writerElsewhere: .conflict
    case .readOnly, .closed, .diskFull, .madeByNewerVersion, .cannotAccess: .unavailable
    case .databaseDamaged: .corrupted
    case .index: .internal
    case .cancelled: .cancelled
    }
  }

  public var description: String {
    switch self {
    case .invalidName(let name):
      "\"\(name)\" cannot name a collection: use 1 to 64 letters, digits, \".\", \"_\" or \"-\", a letter or digit first"
    case .noCollection(let name, let path):
      "there is no collection \"\(name)\" in \(path); index something into it first (needletail index PATH), or choose another with --collection"
    case .settingsDiffer(let name, let reason):
      "the collection \"\(name)\" exists with other settings: \(reason); choose another name or remove the collection"
    case .writerElsewhere(let name, let process):
      "the collection \"\(name)\" is being written by \(process.map { "process \($0)" } ?? "another process"); "
        + "wait until it is done, or open the collection for reading"
    case .readOnly(let path):
      "\(path) cannot be written to: it was opened for reading, or the permissions forbid it"
    case .closed(let name):
      "the collection \"\(name)\" was closed; open it again"
    case .invalidDocument(let id, let reason):
      "the document \"\(id)\" cannot be stored: \(reason)"
    case .invalidQuery(let reason):
      "the request cannot be carried out: \(reason)"
    case .invalidFilter(let reason):
      "the filter cannot be used: \(reason)"
    case .filterSyntax(let text, let position, let reason):
      "the filter cannot be read at character \(position + 1): \(reason): \(Self.mark(text, at: position))"
    case .diskFull(let path):
      "there is no space left for \(path); free some and repeat what failed, everything acknowledged before is safe"
    case .madeByNewerVersion(let path, let found, let supported):
      "\(path) was made by a newer version of Needletail (format \(found), this version reads up to \(supported)); update Needletail"
    case .databaseDamaged(let path, let reason):
      "the database \(path) is damaged (\(reason)); restore it from a backup, or remove the collection and index its sources again"
    case .cannotAccess(let path, let reason):
      "cannot use \(path): \(reason)"
    case .index(let reason):
      "an index failed: \(reason)"
    case .cancelled:
      "cancelled; nothing of the request was kept"
    }
  }

  /// The surroundings of a position with a mark in front of it.
  private static func mark(_ text: String, at position: Int) -> String {
    let before = text.prefix(position).suffix(40)
    let after = text.dropFirst(position).prefix(40)
    return "\(before)⟨here⟩\(after)"
  }
}

extension StoreError {
  /// Translates what SQLite, the files or the indexes threw while working on `path`.
  package init(_ error: any Error, at path: String) {
    switch error {
    case let error as StoreError: self = error
    case let error as DatabaseError: self.init(database: error, at: path)
    case let error as FileError: self.init(file: error, at: path)
    case let error as IndexError: self = error.category == .invalidRequest ? .invalidQuery(reason: "\(error)") : .index(reason: "\(error)")
    case is CancellationError: self = .cancelled
    default: self = .cannotAccess(path: path, reason: "\(error)")
    }
  }

  private init(database error: DatabaseError, at path: String) {
    let message = error.message ?? "\(error.resultCode)"
    switch error.resultCode {
    case .SQLITE_FULL: self = .diskFull(path: path)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .databaseDamaged(path: path, reason: message)
    case .SQLITE_READONLY, .SQLITE_PERM: self = .readOnly(path: path)
    case .SQLITE_INTERRUPT, .SQLITE_ABORT: self = .cancelled
    default: self = .cannotAccess(path: path, reason: message)
    }
  }

  private init(file error: FileError, at path: String) {
    switch error {
    case .cannotWrite(let file, let code) where FileSystem.isFull(code): self = .diskFull(path: file)
    case .cannotWrite(let file, let code) where FileSystem.isForbidden(code): self = .readOnly(path: file)
    case .cannotWrite(let file, _), .cannotOpen(let file, _): self = .cannotAccess(path: file, reason: "\(error)")
    case .malformed(let file, _, let reason): self = .cannotAccess(path: file, reason: reason)
    }
  }
}
