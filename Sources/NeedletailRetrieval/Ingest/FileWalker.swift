internal import Foundation

/// A file that the walk came across.
package struct FoundFile: Hashable, Sendable {
  /// Absolute, without links in the part above the root.
  package var path: String
  /// From the root; the name of the file if the root is a file itself.
  package var relativePath: String
  /// In bytes.
  package var size: Int64
  /// Nanoseconds since 1970.
  package var modified: Int64
}

/// What a walk found below one root.
package struct FileWalk: Sendable {
  /// Sorted by the bytes of the names, level by level.
  package var files: [FoundFile] = []
  package var problems: [IngestProblem] = []
  /// Directories that could not be looked into: nothing is known of what is below them.
  package var unknownDirectories: [String] = []
}

/// Lists the files to index below a root.
package struct FileWalker: Sendable {
  private let options: FileSelection

  package init(options: FileSelection = FileSelection()) { self.options = options }

  /// Walks over a directory, or takes a single file as it is, whatever the rules say about it.
  ///
  /// - Parameter root: absolute and without links.
  /// - Parameter found: called now and then with the number of files so far.
  package func walk(_ root: String, found: (Int) -> Void = { _ in }) throws -> FileWalk {
    var walk = FileWalk()
    switch FileStatus.of(root, followingLinks: true) {
    case .failure(let failure): throw RetrievalError.pathNotReadable(path: root, reason: failure.reason)
    case .success(let status) where status.kind == .directory:
      let top = Directory(path: root, relativePath: "", rules: rulesAbove(root), ancestors: [status.identity])
      try visit(top, into: &walk, found: found)
    case .success(let status):
      let name = root.split(separator: "/").last.map(String.init) ?? root
      walk.files = [FoundFile(path: root, relativePath: name, size: status.size, modified: status.modified)]
    }
    return walk
  }

  private struct Directory {
    var path: String
    var relativePath: String
    /// Rules in force, with paths from the top of the repository.
    var rules: ScopedRules
    /// The directories on the way here; one that comes again is a loop of links.
    var ancestors: Set<FileStatus.Identity>
  }

  /// Rules and where the walk stands as seen from their top.
  private struct ScopedRules {
    var rules = IgnoreRules()
    /// The path from the top of the rules to the directory, "" for the top itself.
    var prefix = ""

    func path(of name: String) -> String { prefix.isEmpty ? name : "\(prefix)/\(name)" }
  }

  private func visit(_ directory: Directory, into walk: inout FileWalk, found: (Int) -> Void) throws {
    try Task.checkCancellation()
    let names: [String?]
    switch DirectoryListing.names(in: directory.path) {
    case .success(let listed): names = listed
    case .failure(let failure):
      walk.problems.append(IngestProblem(path: directory.path, .unreadable(reason: failure.reason)))
      walk.unknownDirectories.append(directory.path)
      return
    }
    var here = directory
    here.rules = adding(rulesIn: directory.path, names: names, to: directory.rules)
    for name in names {
      guard let name else {
        walk.problems.append(IngestProblem(path: directory.path, .nameNotUTF8))
        continue
      }
      try visit(name, of: here, into: &walk, found: found)
    }
    found(walk.files.count)
  }

  private func visit(_ name: String, of directory: Directory, into walk: inout FileWalk, found: (Int) -> Void) throws {
    if !options.includesHidden, name.hasPrefix(".") { return }
    if name == ".git" { return }
    let path = directory.path == "/" ? "/\(name)" : "\(directory.path)/\(name)"
    let status: FileStatus
    switch self.status(of: path) {
    case .success(let found): status = found
    case .failure(let failure):
      // What is gone by now, or is a link to nowhere, is not there.
      if !failure.isMissing { walk.problems.append(IngestProblem(path: path, .unreadable(reason: failure.reason))) }
      return
    }
    guard status.kind == .file || status.kind == .directory else { return }
    let isDirectory = status.kind == .directory
    if directory.rules.rules.excludes(directory.rules.path(of: name), isDirectory: isDirectory) { return }
    let relativePath = directory.relativePath.isEmpty ? name : "\(directory.relativePath)/\(name)"
    guard isDirectory else {
      walk.files.append(FoundFile(path: path, relativePath: relativePath, size: status.size, modified: status.modified))
      return
    }
    guard !directory.ancestors.contains(status.identity), directory.ancestors.count < 256 else { return }
    var rules = directory.rules
    rules.prefix = rules.path(of: name)
    try visit(
      Directory(path: path, relativePath: relativePath, rules: rules, ancestors: directory.ancestors.union([status.identity])),
      into: &walk, found: found)
  }

  private func status(of path: String) -> Result<FileStatus, FileSystemFailure> {
    FileStatus.of(path, followingLinks: options.followsLinks)
  }

  private func adding(rulesIn path: String, names: [String?], to scoped: ScopedRules) -> ScopedRules {
    guard options.respectsIgnoreFiles else { return scoped }
    var result = scoped
    for file in Self.ignoreFiles where names.contains(file) {
      if let text = Self.text(ofRules: "\(path)/\(file)") { result.rules = result.rules.adding(text, directory: scoped.prefix) }
    }
    return result
  }

  /// The rules of the directories between the top of the git repository around the root and the root itself.
  private func rulesAbove(_ root: String) -> ScopedRules {
    guard options.respectsIgnoreFiles else { return ScopedRules() }
    var components = root.split(separator: "/").map(String.init)
    var below: [String] = []
    func path() -> String { "/" + components.joined(separator: "/") }
    while !FileManager.default.fileExists(atPath: path() + "/.git") {
      guard let last = components.popLast() else { return ScopedRules() }
      below.insert(last, at: 0)
    }
    var scoped = ScopedRules()
    if let text = Self.text(ofRules: path() + "/.git/info/exclude") { scoped.rules = scoped.rules.adding(text, directory: "") }
    for name in below {
      scoped = adding(rulesIn: path(), names: Self.ignoreFiles, to: scoped)
      scoped.prefix = scoped.path(of: name)
      components.append(name)
    }
    return scoped
  }

  private static let ignoreFiles = [".gitignore", ".needletailignore"]

  private static func text(ofRules path: String) -> String? {
    guard let bytes = try? SourceFile(path: path).contents(limit: 1 << 20) else { return nil }
    return try? TextDecoding.decode(bytes)
  }
}
