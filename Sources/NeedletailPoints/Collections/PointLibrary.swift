internal import Foundation
internal import NeedletailCore
internal import NeedletailNumerics
public import NeedletailStore
internal import Synchronization

/// All collections of points in a data directory, and their aliases.
///
/// ```
/// PATH/points/NUMBER-NAME/collection.sqlite   the truth of one collection
/// PATH/points/NUMBER-NAME/indexes/…           what can be built again from it
/// PATH/points/aliases.json                    other names of collections
/// PATH/points/snapshots/NUMBER-NAME/…         copies
/// PATH/points/writer.lock                     held by the one process that has them open
/// ```
///
/// A collection that cannot be read is set aside and named in `notices`; the others serve on.
public final class PointLibrary: Sendable {
  struct Shelf {
    var collections: [String: PointCollection] = [:]
    var aliases: [String: String] = [:]
    var lastNumber = 0
    /// What is wrong with collections that could not be opened, by the readable part of their folders' names.
    var damaged: [String: String] = [:]
  }

  let folder: String
  let noticed = Notices()
  /// Nil where nothing may be written: collections can be read and searched then, and changes are refused.
  private let lock: WriterLock?
  private let shelf = Mutex(Shelf())
  private let memoryBudget: Int?
  /// Held while a copy of everything gets a name that no other has.
  let naming = Mutex(())

  /// What was noticed and mended, here and in the collections.
  public var notices: [String] { noticed.all + shelf.withLock { $0.collections.values.flatMap(\.notices) } }

  /// Opens all collections of a directory, which need not exist yet.
  ///
  /// - Parameters:
  ///   - directory: where they are.
  ///   - memoryBudget: bytes that a collection may take in memory unless its settings say; nil for as much as there is.
  /// - Throws: `StoreError.writerElsewhere` while another process has them open.
  public init(_ directory: DataDirectory, memoryBudget: Int? = nil) throws(StoreError) {
    self.memoryBudget = memoryBudget
    folder = directory.path + "/points"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw .cannotAccess(path: folder, reason: error.localizedDescription)
    }
    for path in [directory.path, directory.path + "/.."] { FileSystem.synchronise(path) }
    do throws(StoreError) {
      lock = try WriterLock(path: folder + "/writer.lock", collection: "points")
    } catch .readOnly {
      lock = nil
      noticed.add("nothing may be written to \(folder); its collections can be read and searched only")
    }
    openAll()
  }

  private func openAll() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let numbered = names.compactMap { name in Int(name.prefix { $0 != "-" }).map { (number: $0, name: name) } }
    shelf.withLock { shelf in
      for (number, name) in numbered.sorted(by: { $0.number < $1.number }) {
        let path = "\(folder)/\(name)"
        if name.hasSuffix(Self.removedSuffix) || name.hasSuffix(Self.partialSuffix) {
          try? FileManager.default.removeItem(atPath: path)
          continue
        }
        shelf.lastNumber = max(shelf.lastNumber, number)
        guard !name.hasSuffix(Self.damagedSuffix) else { continue }
        do throws(StoreError) {
          if let collection = try PointCollection.open(folder: path, isReadOnly: lock == nil, standardBudget: memoryBudget) {
            // A copy was put in the place of an older one, and the power went before that was removed.
            if let older = shelf.collections.updateValue(collection, forKey: collection.name) {
              older.close()
              try? FileManager.default.removeItem(atPath: older.folder)
            }
          } else {
            try? FileManager.default.removeItem(atPath: path)
          }
        } catch {
          noticed.add("a collection in \(name) cannot be opened and was left out: \(error)")
          shelf.damaged[String(name.drop { $0 != "-" }.dropFirst())] = "\(error)"
        }
      }
      let stored = (try? String(contentsOfFile: aliasPath, encoding: .utf8)).flatMap { try? JSONReader.read($0) }?.members ?? [:]
      // Aliases of a collection that is left out stay: it may be mended.
      shelf.aliases = stored.compactMapValues(\.string).filter { shelf.collections[$0.value] != nil || shelf.damaged[Self.readable($0.value)] != nil }
    }
  }

  private func checkIsWritable() throws(PointError) {
    guard lock != nil else { throw .store(.readOnly(path: folder)) }
  }

  private static let removedSuffix = ".removed"
  private static let partialSuffix = ".partial"
  private static let damagedSuffix = ".damaged"
  private var aliasPath: String { folder + "/aliases.json" }

  // MARK: collections

  /// The names of the collections, in order.
  public var names: [String] { shelf.withLock { $0.collections.keys.sorted() } }

  /// The collection of a name or an alias.
  ///
  /// - Throws: `PointError.notFound`.
  public func collection(_ name: String) throws(PointError) -> PointCollection {
    let found = shelf.withLock { shelf in shelf.collections[name] ?? shelf.aliases[name].flatMap { shelf.collections[$0] } }
    guard let found else {
      if let flaw = shelf.withLock({ $0.damaged[Self.readable($0.aliases[name] ?? name)] }) {
        throw .store(.databaseDamaged(path: name, reason: "\(flaw) Its files are kept. Recover it from a snapshot, or create it anew"))
      }
      throw .noCollection(name)
    }
    return found
  }

  /// Makes a collection.
  ///
  /// - Throws: `PointError.exists`, `wrongInput` if it is the name of an alias.
  @discardableResult
  public func create(_ name: String, _ settings: PointCollectionSettings) throws(PointError) -> PointCollection {
    try checkIsWritable()
    let result = shelf.withLock { shelf -> Result<PointCollection, PointError> in
      guard shelf.collections[name] == nil else { return .failure(.exists("Collection `\(name)` already exists!")) }
      guard shelf.aliases[name] == nil else {
        return .failure(.wrongInput("Can't create collection with name \(name). Alias with the same name already exists"))
      }
      do throws(StoreError) {
        let collection = try PointCollection.create(name, settings, folder: nextFolder(for: name, &shelf), standardBudget: memoryBudget)
        shelf.collections[name] = collection
        shelf.damaged[Self.readable(name)] = nil
        return .success(collection)
      } catch {
        return .failure(.store(error))
      }
    }
    return try result.get()
  }

  /// A folder that does not exist; the readable part of its name is for people, the name that counts is in the database.
  private func nextFolder(for name: String, _ shelf: inout Shelf) -> String {
    shelf.lastNumber += 1
    return "\(folder)/\(shelf.lastNumber)-\(Self.readable(name))"
  }

  private static func readable(_ name: String) -> String {
    let readable = name.unicodeScalars.map { $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "_") ? Character($0) : "_" }
    return String(readable.prefix(60))
  }

  /// Removes a collection with its aliases; false if there is none.
  public func remove(_ name: String) throws(PointError) -> Bool {
    try checkIsWritable()
    let removed = shelf.withLock { shelf -> PointCollection? in
      let name = shelf.collections[name] == nil ? shelf.aliases[name] ?? name : name
      guard let collection = shelf.collections.removeValue(forKey: name) else { return nil }
      shelf.aliases = shelf.aliases.filter { $0.value != name }
      try? save(shelf.aliases)
      return collection
    }
    guard let removed else { return false }
    removed.close()
    // Renamed first: what is left of an interrupted removal is removed when the library is opened.
    try? FileManager.default.moveItem(atPath: removed.folder, toPath: removed.folder + Self.removedSuffix)
    FileSystem.synchronise(folder)
    try? FileManager.default.removeItem(atPath: removed.folder + Self.removedSuffix)
    try? FileManager.default.removeItem(atPath: snapshotFolder(of: removed))
    return true
  }

  /// Puts an opened copy in place of a collection.
  func replace(_ name: String, byCopyAt source: String) throws(PointError) {
    try checkIsWritable()
    let result = shelf.withLock { shelf -> Result<PointCollection?, PointError> in
      let target = nextFolder(for: name, &shelf)
      // Until it has its name inside, too, it must not be taken for what it is a copy of.
      let partial = target + Self.partialSuffix
      do {
        try FileManager.default.createDirectory(atPath: partial + "/indexes", withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: source, toPath: PointCollection.databasePath(partial))
        try PointCollection.rename(to: name, folder: partial)
        FileSystem.synchronise(PointCollection.databasePath(partial))
        FileSystem.synchronise(partial)
        try FileManager.default.moveItem(atPath: partial, toPath: target)
        FileSystem.synchronise(folder)
        guard let copy = try PointCollection.open(folder: target, standardBudget: memoryBudget) else { return .failure(.badRequest("the snapshot is empty")) }
        let old = shelf.collections[name]
        shelf.collections[name] = copy
        shelf.damaged[Self.readable(name)] = nil
        return .success(old)
      } catch {
        for path in [partial, target] { try? FileManager.default.removeItem(atPath: path) }
        return .failure(.badRequest("the snapshot cannot be restored: \(error)"))
      }
    }
    if let old = try result.get() {
      old.close()
      try? FileManager.default.moveItem(atPath: snapshotFolder(of: old), toPath: snapshotFolder(of: try collection(name)))
      try? FileManager.default.removeItem(atPath: old.folder)
    }
  }

  /// Ends background work and lets go of all files.
  public func close() {
    for collection in shelf.withLock({ Array($0.collections.values) }) { collection.close() }
    lock?.release()
  }

  // MARK: aliases

  /// A change of aliases.
  public enum AliasChange: Hashable, Sendable {
    case create(alias: String, collection: String)
    case delete(alias: String)
    case rename(old: String, new: String)
  }

  /// The collection of each alias.
  public var aliases: [String: String] { shelf.withLock { $0.aliases } }

  /// Changes aliases in order: all of them or, if this throws, none.
  public func change(_ changes: [AliasChange]) throws(PointError) {
    try checkIsWritable()
    let result = shelf.withLock { shelf -> Result<Void, PointError> in
      var aliases = shelf.aliases
      for change in changes {
        switch change {
        case .create(let alias, let collection):
          guard shelf.collections[collection] != nil else { return .failure(.noCollection(collection)) }
          guard shelf.collections[alias] == nil else { return .failure(.exists("Collection `\(alias)` already exists!")) }
          aliases[alias] = collection
        case .delete(let alias): aliases[alias] = nil
        case .rename(let old, let new):
          guard let collection = aliases.removeValue(forKey: old) else { return .failure(.notFound("Alias \(old) does not exists!")) }
          guard shelf.collections[new] == nil else { return .failure(.exists("Collection `\(new)` already exists!")) }
          aliases[new] = collection
        }
      }
      do throws(FileError) {
        try save(aliases)
      } catch {
        return .failure(.store(StoreError(error, at: aliasPath)))
      }
      shelf.aliases = aliases
      return .success(())
    }
    try result.get()
  }

  private func save(_ aliases: [String: String]) throws(FileError) {
    var writer = JSONWriter()
    writer.payload(aliases.mapValues { .string($0) })
    let bytes = writer.bytes
    try AtomicFile.write(to: aliasPath) { file throws(FileError) in try file.write(bytes) }
  }
}
