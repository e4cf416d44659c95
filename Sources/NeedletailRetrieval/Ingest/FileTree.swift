#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// What the file system says about one path. The face of the C functions that Foundation hides or slows down.
struct FileStatus: Hashable {
  enum Kind { case file, directory, link, other }

  var kind: Kind
  /// In bytes.
  var size: Int64
  /// Nanoseconds since 1970.
  var modified: Int64
  /// Tells directories apart whatever path leads to them.
  var identity: Identity

  struct Identity: Hashable {
    var device: UInt64
    var node: UInt64
  }

  /// Looks at a path, at the end of links if `followingLinks`; the error number of the system on failure.
  static func of(_ path: String, followingLinks: Bool) -> Result<FileStatus, FileSystemFailure> {
    var raw = stat()
    let result = unsafe followingLinks ? stat(path, &raw) : lstat(path, &raw)
    guard result == 0 else { return .failure(FileSystemFailure(code: errno)) }
    #if canImport(Darwin)
      let time = raw.st_mtimespec
    #else
      let time = raw.st_mtim
    #endif
    let kind: Kind =
      switch raw.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .directory
      case S_IFLNK: .link
      default: .other
      }
    return .success(
      FileStatus(
        kind: kind, size: Int64(raw.st_size), modified: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec),
        identity: Identity(device: UInt64(truncatingIfNeeded: raw.st_dev), node: UInt64(raw.st_ino))))
  }
}

/// A refusal of the file system.
struct FileSystemFailure: Error, Hashable {
  var code: Int32
  var reason: String { unsafe String(cString: strerror(code)) }
  var isMissing: Bool { code == ENOENT || code == ENOTDIR }
}

/// The names in a directory.
enum DirectoryListing {
  /// Names sorted by their bytes, without `.` and `..`; nil stands for a name that is not UTF-8.
  static func names(in path: String) -> Result<[String?], FileSystemFailure> {
    guard let directory = unsafe opendir(path) else { return .failure(FileSystemFailure(code: errno)) }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    var unreadable = 0
    while let entry = unsafe readdir(directory) {
      let capacity = unsafe MemoryLayout.size(ofValue: entry.pointee.d_name)
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: capacity) { unsafe String(validatingCString: $0) }
      }
      guard let name else {
        unreadable += 1
        continue
      }
      if name != ".", name != ".." { names.append(name) }
    }
    names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return .success(names + Array(repeating: nil, count: unreadable))
  }

  /// The path without links, `.` and `..`; the error number of the system on failure.
  static func resolved(_ path: String) -> Result<String, FileSystemFailure> {
    guard let resolved = unsafe realpath(path, nil) else { return .failure(FileSystemFailure(code: errno)) }
    defer { unsafe free(resolved) }
    return .success(unsafe String(cString: resolved))
  }
}
