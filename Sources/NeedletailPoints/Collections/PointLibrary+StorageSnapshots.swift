internal import Foundation
internal import GRDB
internal import NeedletailCore
internal import NeedletailStore
internal import Synchronization

/// Copies of everything: an archive (tar) of the copies of all collections, with `storage.json`, which says what is what.
extension PointLibrary {
  private static let description = "storage.json"
  private static let prefix = "full-snapshot-"

  /// Copies all collections and their aliases into one file. Each collection is as it was at one moment.
  public func createStorageSnapshot() throws(PointError) -> PointSnapshotFile {
    let scratch = "\(snapshotsFolder)/.\(UUID().uuidString)"
    do {
      try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: scratch) }
      var members: [(name: String, path: String)] = []
      var files: [String: String] = [:]
      for (number, name) in names.enumerated() {
        // Removed meanwhile: it is not part of the whole any more.
        guard let collection = try? collection(name) else { continue }
        let file = "collection-\(number).snapshot"
        try collection.database.writeNow { db in try db.execute(sql: "VACUUM INTO ?", arguments: ["\(scratch)/\(file)"]) }
        files[name] = file
        members.append((file, "\(scratch)/\(file)"))
      }
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("version") { $0.integer(1) }
        writer.member("collections") { $0.payload(files.mapValues { .string($0) }) }
        writer.member("aliases") { $0.payload(aliases.filter { files[$0.value] != nil }.mapValues { .string($0) }) }
      }
      try Data(writer.bytes).write(to: URL(fileURLWithPath: "\(scratch)/\(Self.description)"))
      try SnapshotArchive.write([(Self.description, "\(scratch)/\(Self.description)")] + members, to: "\(scratch)/archive")
      let path = try naming.withLock { _ in
        let path = Self.unused("\(snapshotsFolder)/\(Self.prefix)\(Self.timestamp(Date()))")
        try FileSystem.move("\(scratch)/archive", to: path)
        return path
      }
      FileSystem.synchronise(snapshotsFolder)
      return try Self.describe(path)
    } catch {
      throw .store(StoreError(error, at: snapshotsFolder))
    }
  }

  /// The copies of everything, in order of their names.
  public var storageSnapshots: [PointSnapshotFile] {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: snapshotsFolder)) ?? []).sorted()
    return names.filter { $0.hasPrefix(Self.prefix) && $0.hasSuffix(".snapshot") }.compactMap { try? Self.describe("\(snapshotsFolder)/\($0)") }
  }

  /// One of them.
  ///
  /// - Throws: `PointError.notFound`, also for a name that would lead elsewhere.
  public func storageSnapshot(_ file: String) throws(PointError) -> PointSnapshotFile {
    guard file.hasPrefix(Self.prefix), file.hasSuffix(".snapshot"), !file.contains("/"), let found = try? Self.describe("\(snapshotsFolder)/\(file)") else {
      throw .notFound("Snapshot \(file) not found")
    }
    return found
  }

  public func removeStorageSnapshot(_ file: String) throws(PointError) {
    let found = try storageSnapshot(file)
    do {
      try FileManager.default.removeItem(atPath: found.path)
    } catch {
      throw .store(.cannotAccess(path: found.path, reason: error.localizedDescription))
    }
  }

  /// Puts back everything that is in a copy; collections that are not in it stay.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - replacing: whether collections that exist are replaced; otherwise they are an error.
  /// - Throws: `PointError`. What was put back before the error stays.
  public func restoreStorage(from path: String, replacing: Bool = false) throws(PointError) {
    let scratch = "\(folder)/snapshots/.\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    do {
      try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
      let members = Dictionary(uniqueKeysWithValues: try SnapshotArchive.members(of: path).map { ($0.name, $0) })
      guard let description = members[Self.description], description.range.count < 64 << 20 else {
        throw PointError.badRequest("\(path) is no snapshot of a whole storage")
      }
      try SnapshotArchive.extract(description, of: path, to: "\(scratch)/\(Self.description)")
      let text = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(scratch)/\(Self.description)")))
      guard let fields = (try? JSONReader.read(text))?.members, let files = fields["collections"]?.members?.compactMapValues(\.string) else {
        throw PointError.badRequest("the snapshot of the storage is damaged: \(Self.description) cannot be read")
      }
      let existing = Set(names)
      if !replacing, let name = files.keys.sorted().first(where: existing.contains) {
        throw PointError.exists("Collection `\(name)` already exists!")
      }
      for (name, file) in files.sorted(by: { $0.key < $1.key }) {
        guard let member = members[file] else { throw PointError.badRequest("the snapshot of the storage is damaged: \(file) is missing") }
        let copy = "\(scratch)/collection.snapshot"
        try? FileManager.default.removeItem(atPath: copy)
        try SnapshotArchive.extract(member, of: path, to: copy)
        try restore(name, from: copy)
      }
      try change((fields["aliases"]?.members ?? [:]).compactMap { alias, node in node.string.map { .create(alias: alias, collection: $0) } })
    } catch let error as PointError {
      throw error
    } catch {
      throw .store(StoreError(error, at: path))
    }
  }
}
