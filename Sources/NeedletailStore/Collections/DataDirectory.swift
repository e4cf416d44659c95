internal import Foundation

/// The folder Needletail keeps models and collections in.
///
/// ```
/// PATH/models/…                              registered models
/// PATH/collections/NAME/collection.sqlite    the truth of one collection
/// PATH/collections/NAME/indexes/…            what can be built again from it
/// PATH/collections/NAME/writer.lock          held by the one process that writes
/// ```
public struct DataDirectory: Hashable, Sendable {
  /// Where it is; it need not exist yet.
  public let path: String

  public init(path: String) {
    self.path = path
  }

  /// The directory of the user: `NEEDLETAIL_DATA` if set; otherwise `needletail` in `XDG_DATA_HOME` or `~/.local/share`,
  /// and `~/Library/Application Support/Needletail` on macOS.
  ///
  /// - Parameter environment: the variables to look at; nil for those of this process.
  public static func standard(environment: [String: String]? = nil) -> DataDirectory {
    let environment = environment ?? ProcessInfo.processInfo.environment
    if let path = environment["NEEDLETAIL_DATA"], !path.isEmpty { return DataDirectory(path: path) }
    let home = environment["HOME"] ?? NSHomeDirectory()
    #if os(macOS)
      return DataDirectory(path: home + "/Library/Application Support/Needletail")
    #else
      // The XDG specification tells to ignore relative paths.
      if let shared = environment["XDG_DATA_HOME"], shared.hasPrefix("/") { return DataDirectory(path: shared + "/needletail") }
      return DataDirectory(path: home + "/.local/share/needletail")
    #endif
  }

  /// Where models are registered.
  public var modelsPath: String { path + "/models" }

  /// The folder of a collection.
  ///
  /// - Throws: `StoreError.invalidName`.
  public func collectionPath(_ name: String) throws(StoreError) -> String {
    guard Self.isCollectionName(name) else { throw .invalidName(name) }
    return "\(path)/collections/\(name)"
  }

  /// Whether the name can be one of a collection; such a name cannot lead out of the directory.
  public static func isCollectionName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard let first = bytes.first, bytes.count <= 64, isLetterOrDigit(first) else { return false }
    return bytes.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
  }

  /// The names of the collections, in order. A directory that does not exist has none.
  public func collectionNames() throws(StoreError) -> [String] {
    let folder = path + "/collections"
    guard FileManager.default.fileExists(atPath: folder) else { return [] }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder)
        .filter { Self.isCollectionName($0) && FileManager.default.fileExists(atPath: "\(folder)/\($0)/\(CollectionFiles.databaseName)") }
        .sorted()
    } catch {
      throw StoreError.cannotAccess(path: folder, reason: error.localizedDescription)
    }
  }

  /// Removes a collection with everything in it.
  ///
  /// - Throws: `StoreError.noCollection`, or `writerElsewhere` while a process writes to it.
  public func removeCollection(_ name: String) throws(StoreError) {
    let files = CollectionFiles(folder: try collectionPath(name))
    guard files.exists else { throw .noCollection(name: name, path: path) }
    let lock = try WriterLock(path: files.lock, collection: name)
    do {
      try FileManager.default.removeItem(atPath: files.folder)
    } catch {
      throw StoreError.cannotAccess(path: files.folder, reason: error.localizedDescription)
    }
    lock.release()
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: false
    }
  }
}

/// The files of one collection.
struct CollectionFiles: Sendable {
  static let databaseName = "collection.sqlite"

  let folder: String
  var database: String { "\(folder)/\(Self.databaseName)" }
  var indexes: String { folder + "/indexes" }
  var lock: String { folder + "/writer.lock" }
  var exists: Bool { FileSystem.size(of: database) != nil }

  /// Makes the folders.
  func create() throws(StoreError) {
    do {
      try FileManager.default.createDirectory(atPath: indexes, withIntermediateDirectories: true)
    } catch {
      guard FileSystem.isWritable(folder: folder) || FileSystem.size(of: folder) == nil else { throw StoreError.readOnly(path: folder) }
      throw StoreError.cannotAccess(path: folder, reason: error.localizedDescription)
    }
  }
}
