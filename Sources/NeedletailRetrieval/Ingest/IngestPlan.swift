internal import Foundation
internal import NeedletailStore

/// A path to index and the root its documents belong to.
struct IngestTarget: Hashable, Sendable {
  /// Absolute, without links.
  var path: String
  /// The path itself, or a root known from before that lies above it.
  var root: String

  /// Resolves paths, leaves out those inside of others, and joins them to the roots a collection has already.
  static func targets(for paths: [String], roots: [String]) throws(RetrievalError) -> [IngestTarget] {
    var resolved: [String] = []
    for path in paths {
      switch DirectoryListing.resolved(path) {
      case .success(let absolute): resolved.append(absolute)
      case .failure(let failure): throw .pathNotReadable(path: path, reason: failure.reason)
      }
    }
    var targets: [IngestTarget] = []
    for path in Set(resolved).sorted() where !targets.contains(where: { path.isInside($0.path) }) {
      let above = roots.filter { path == $0 || path.isInside($0) }.min { $0.utf8.count < $1.utf8.count }
      targets.append(IngestTarget(path: path, root: above ?? path))
    }
    return targets
  }

  /// The path of a file below as seen from the root.
  func relativePath(of file: FoundFile) -> String {
    guard root != path, file.path.isInside(root) else { return file.relativePath }
    return String(file.path.dropFirst(root == "/" ? 1 : root.count + 1))
  }
}

extension String {
  /// True if this path is below the other one.
  func isInside(_ directory: String) -> Bool { hasPrefix(directory == "/" ? "/" : directory + "/") && self != directory }
}

/// What a collection holds of the files below some paths.
struct KnownDocuments: Sendable {
  private let fingerprints: [String: Fingerprint]
  /// Sorted, to find the records of a file.
  private let ids: [String]

  init(_ fingerprints: [String: Fingerprint]) {
    self.fingerprints = fingerprints
    ids = fingerprints.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  subscript(id: String) -> Fingerprint? { fingerprints[id] }

  /// The documents of one file: itself and its records.
  func ids(ofFile path: String) -> [String] {
    (fingerprints[path] == nil ? [] : [path]) + ids(withPrefix: path + "#")
  }

  /// The documents below a path, itself included.
  func ids(below path: String) -> [String] {
    ids(ofFile: path) + ids(withPrefix: path == "/" ? "/" : path + "/")
  }

  private func ids(withPrefix prefix: String) -> ArraySlice<String> {
    var low = 0
    var high = ids.count
    while low < high {
      let middle = (low + high) / 2
      if ids[middle].utf8.lexicographicallyPrecedes(prefix.utf8) { low = middle + 1 } else { high = middle }
    }
    return ids[low...].prefix { $0.utf8.starts(with: prefix.utf8) }
  }
}

extension Fingerprint {
  /// Of a document that is not the last of its file. Only the last one bears the size and time of the file, and it is written
  /// last: so a file counts as read only when all of it is in the collection.
  static func partial(hash: String) -> Fingerprint { Fingerprint(size: 0, modified: 0, hash: hash) }

  /// True if the file looks as it did when this was made.
  func matches(_ file: FoundFile) -> Bool { size == file.size && modified == file.modified }
}
