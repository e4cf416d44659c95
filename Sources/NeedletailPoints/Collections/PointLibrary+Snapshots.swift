internal import Crypto
public import Foundation
internal import GRDB
internal import NeedletailCore
internal import NeedletailStore

/// A copy of a collection as of one moment, in a file: its database, which holds everything.
public struct PointSnapshotFile: Hashable, Sendable {
  public var name: String
  public var path: String
  public var created: Date
  public var bytes: Int
  /// SHA-256 of the file, in hexadecimal digits.
  public var checksum: String
}

extension PointLibrary {
  func snapshotFolder(of collection: PointCollection) -> String {
    "\(folder)/snapshots/\(collection.folder.split(separator: "/").last ?? "")"
  }

  /// Where the copies of all collections are.
  public var snapshotsFolder: String { folder + "/snapshots" }

  /// Copies a collection as it is now.
  public func createSnapshot(of name: String) throws(PointError) -> PointSnapshotFile {
    let collection = try collection(name)
    let target = snapshotFolder(of: collection)
    do {
      try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
      let readable = collection.name.map { $0 == "/" || $0 == "\\" ? "_" : $0 }
      // Copies of a collection are made one after the other, so that none is given the name of another that is being made.
      let path = try collection.database.writeNow { db in
        let path = Self.unused("\(target)/\(String(readable))-\(collection.snapshot().operation)-\(Self.timestamp(Date()))")
        try db.execute(sql: "VACUUM INTO ?", arguments: [path])
        return path
      }
      for path in [path, target, target + "/..", target + "/../.."] { FileSystem.synchronise(path) }
      return try Self.describe(path)
    } catch {
      throw .store(StoreError(error, at: target))
    }
  }

  /// A path that begins so and that no copy has: two may be made within the same second, and clocks are set back.
  static func unused(_ beginning: String) -> String {
    var path = beginning + ".snapshot"
    var number = 2
    while FileSystem.size(of: path) != nil {
      path = "\(beginning)-\(number).snapshot"
      number += 1
    }
    return path
  }

  /// The copies of a collection, in order of their names.
  public func snapshots(of name: String) throws(PointError) -> [PointSnapshotFile] {
    let folder = snapshotFolder(of: try collection(name))
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    return names.compactMap { try? Self.describe("\(folder)/\($0)") }
  }

  /// One copy.
  ///
  /// - Throws: `PointError.notFound`, also for a name that would lead elsewhere.
  public func snapshot(_ file: String, of name: String) throws(PointError) -> PointSnapshotFile {
    let path = "\(snapshotFolder(of: try collection(name)))/\(file)"
    guard !file.contains("/"), file != "..", file != ".", let found = try? Self.describe(path) else {
      throw .notFound("Snapshot \(file) not found")
    }
    return found
  }

  public func removeSnapshot(_ file: String, of name: String) throws(PointError) {
    let found = try snapshot(file, of: name)
    do {
      try FileManager.default.removeItem(atPath: found.path)
    } catch {
      throw .store(.cannotAccess(path: found.path, reason: error.localizedDescription))
    }
  }

  /// Puts a copy in place of a collection, or makes the collection of it.
  ///
  /// - Parameters:
  ///   - name: the collection.
  ///   - path: the snapshot's file.
  ///   - checksum: SHA-256 of the file, if it has to be checked.
  /// - Throws: `PointError.badRequest`; nothing was changed then.
  public func restore(_ name: String, from path: String, checksum: String? = nil) throws(PointError) {
    guard FileManager.default.fileExists(atPath: path) else { throw .badRequest("Snapshot file \"\(path)\" does not exist") }
    if let checksum, let found = try? Self.describe(path), found.checksum != checksum.lowercased() {
      throw .badRequest("Snapshot checksum mismatch: expected \(checksum), got \(found.checksum)")
    }
    try replace(name, byCopyAt: path)
  }

  /// A time as it stands in names of files.
  static func timestamp(_ date: Date) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "UTC")
    formatter.dateFormat = "yyyy-MM-dd-HH-mm-ss"
    return formatter.string(from: date)
  }

  static func describe(_ path: String) throws -> PointSnapshotFile {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    var hash = SHA256()
    let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { hash.update(data: piece) }
    try handle.close()
    return PointSnapshotFile(
      name: path.split(separator: "/").last.map(String.init) ?? "", path: path, created: attributes[.modificationDate] as? Date ?? Date(),
      bytes: attributes[.size] as? Int ?? 0, checksum: hash.finalize().map { String(format: "%02x", $0) }.joined())
  }
}

extension PointCollection {
  /// Gives a copied database another name. Its graphs are not copied with it.
  static func rename(to name: String, folder: String) throws {
    let database = try CollectionDatabase.writing(path: databasePath(folder), schema: .points)
    try database.writeNow { db in
      try db.execute(sql: "UPDATE collection SET name = ?", arguments: [name])
      try db.execute(sql: "DELETE FROM graph")
    }
    try database.close()
  }
}
