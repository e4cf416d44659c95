internal import Foundation
internal import GRDB
internal import NeedletailCore

/// How a collection is opened.
public enum Access: Sendable {
  /// For searching only, beside any number of others and one writer, also where nothing may be written.
  case read
  /// For searching and writing, which one process at a time may do.
  case write
  /// As `write`; the collection is made if there is none, and has to have the same embedder and analyser if there is.
  case create(CollectionSettings)
}

/// A durable set of documents with their passages, vectors and payloads.
///
/// ```swift
/// let collection = try DocumentCollection.open("notes", in: .standard(), access: .create(settings))
/// try await collection.write([DocumentWrite(document: document, passages: passages, vectors: vectors)])
/// let hits = try collection.snapshot().nearest(to: query, limit: 10)
/// ```
///
/// What `write` and `remove` return from is on the disk and is found by the next snapshot. Indexes are built in the
/// background. Several tasks may use a collection at the same time; writes follow one another.
public final class DocumentCollection: Sendable {
  public var name: String { core.name }
  public var settings: CollectionSettings { core.settings }
  /// What was noticed and mended since the collection was opened, such as damaged index files.
  public var notices: [String] { core.notices.all }

  let core: CollectionCore
  private let indexer: Indexer?
  private let lock: WriterLock?

  private init(core: CollectionCore, lock: WriterLock?) {
    self.core = core
    self.lock = lock
    indexer = lock.map { Indexer(core: core, lock: $0) }
    indexer?.start()
  }

  deinit { indexer?.stop() }

  /// Opens a collection.
  ///
  /// - Throws: `StoreError.noCollection` unless it may be created, `settingsDiffer`, `writerElsewhere`, `readOnly`,
  ///   `madeByNewerVersion`, `databaseDamaged`.
  public static func open(_ name: String, in directory: DataDirectory, access: Access) throws(StoreError) -> DocumentCollection {
    try open(name, in: directory, access: access, policy: nil)
  }

  /// Opens a collection with another policy of building segments; tests use small ones.
  package static func open(
    _ name: String, in directory: DataDirectory, access: Access, minimumSegmentRows: Int, maximumDeltaRows: Int
  ) throws(StoreError) -> DocumentCollection {
    var policy = MergePolicy()
    policy.minimumRows = minimumSegmentRows
    policy.maximumDeltaRows = maximumDeltaRows
    return try open(name, in: directory, access: access, policy: policy)
  }

  private static func open(
    _ name: String, in directory: DataDirectory, access: Access, policy: MergePolicy?
  ) throws(StoreError) -> DocumentCollection {
    let files = CollectionFiles(folder: try directory.collectionPath(name))
    let isNew = !files.exists
    if isNew {
      guard case .create = access else { throw .noCollection(name: name, path: directory.path) }
    }
    guard case .read = access else {
      try files.create()
      let lock = try WriterLock(path: files.lock, collection: name)
      return try openForWriting(name, files: files, access: access, policy: policy, lock: lock)
    }
    let (database, settings) = try opening(files.database) { path in
      let database = try CollectionDatabase.reading(path: path)
      return (database, try database.reader.read { db in try CollectionSettings.read(db, path: path) })
    }
    let core = try CollectionCore(name: name, settings: settings, files: files, database: database, policy: policy)
    try core.load()
    return DocumentCollection(core: core, lock: nil)
  }

  private static func openForWriting(
    _ name: String, files: CollectionFiles, access: Access, policy: MergePolicy?, lock: WriterLock
  ) throws(StoreError) -> DocumentCollection {
    if case .create(let settings) = access, !files.exists {
      try opening(files.database) { path in try CollectionDatabase.create(path: path) { db in try settings.insert(db) } }
    }
    let (database, settings) = try opening(files.database) { path in
      let database = try CollectionDatabase.writing(path: path)
      return (database, try storedSettings(of: database, access: access, name: name, path: path))
    }
    let core = try CollectionCore(name: name, settings: settings, files: files, database: database, policy: policy)
    try core.load()
    let inUse = core.generation?.segments.flatMap { $0.contents.files.map(\.record.name) } ?? []
    IndexFolder(path: files.indexes).removeAll(except: Set(inUse))
    return DocumentCollection(core: core, lock: lock)
  }

  /// The settings in the file; those of `access` are written to a new one and compared with those of an old one.
  private static func storedSettings(of database: CollectionDatabase, access: Access, name: String, path: String) throws -> CollectionSettings {
    let stored = try database.writeNow { db in
      try db.transaction { () -> CollectionSettings in
        if case .create(let settings) = access, try Int.fetchOne(db, sql: "SELECT count(*) FROM collection") == 0 { try settings.insert(db) }
        return try CollectionSettings.read(db, path: path)
      }
    }
    if case .create(let settings) = access, let reason = stored.difference(from: settings) {
      throw StoreError.settingsDiffer(name: name, reason: reason)
    }
    return stored
  }

  private static func opening<Value>(_ path: String, _ body: (String) throws -> Value) throws(StoreError) -> Value {
    do {
      return try body(path)
    } catch {
      throw StoreError(error, at: path)
    }
  }

  // MARK: searching

  /// The collection as it is now, with everything that was acknowledged, by this process or another.
  public func snapshot() throws(StoreError) -> Snapshot { try core.snapshot() }

  // MARK: writing

  /// Adds documents, each in place of the one with its id if there is one. All of them or, if this throws, none.
  ///
  /// One transaction, durable when this returns. Many documents at a time are much cheaper than one at a time. When
  /// writes come faster than indexes are built for long, this waits for the indexer so that memory stays bounded.
  public func write(_ documents: [DocumentWrite]) async throws(StoreError) {
    guard !documents.isEmpty else { return }
    try checkWritable()
    var prepared: [StorableDocument] = []
    prepared.reserveCapacity(documents.count)
    for document in documents { prepared.append(try StorableDocument(document, settings: settings)) }
    let core = core
    let batch = prepared
    try await core.database.write { db in
      var transaction = try WriteTransaction(db, precision: core.settings.precision)
      let first = transaction.ledger.lastPassage + 1
      try db.transaction {
        for document in batch { try transaction.put(document) }
        try transaction.ledger.save(db)
      }
      try core.publish(added: Self.rows(of: batch, first: first, settings: core.settings), removed: transaction.removed, ledger: transaction.ledger)
    }
    await indexer?.noteWrite()
  }

  /// Removes documents; ids that do not exist are passed over.
  ///
  /// - Returns: how many were removed.
  @discardableResult
  public func remove(documents ids: [String]) async throws(StoreError) -> Int {
    try checkWritable()
    let core = core
    let count = try await core.database.write { db in
      try Self.remove(db, core: core) { _ in ids }
    }
    await indexer?.noteWrite()
    return count
  }

  /// Removes the documents whose ids `find` returns, and publishes.
  static func remove(_ db: Database, core: CollectionCore, _ find: (Database) throws -> [String]) throws -> Int {
    var transaction = try WriteTransaction(db, precision: core.settings.precision)
    let count = try db.transaction {
      var count = 0
      for id in try find(db) where try transaction.remove(id) { count += 1 }
      if count > 0 { try transaction.ledger.save(db) }
      return count
    }
    if count > 0 { try core.publish(added: nil, removed: transaction.removed, ledger: transaction.ledger) }
    return count
  }

  /// The passages a write added and their vectors as they will be read back.
  private static func rows(
    of documents: [StorableDocument], first: PassageID, settings: CollectionSettings
  ) -> PassageVectors {
    var rows = PassageVectors(settings: settings)
    rows.passages.append(first: first, count: documents.reduce(0) { $0 + $1.write.passages.count })
    for document in documents {
      if let vectors = document.write.sparseVectors { rows.sparse?.append(0..<vectors.count, of: vectors) }
    }
    guard let embedder = settings.embedder else { return rows }
    var values: [Float] = []
    values.reserveCapacity(rows.passages.count * embedder.dimension)
    for document in documents { values += document.write.vectors?.values ?? [] }
    rows.dense = DenseVectors(dimension: embedder.dimension, values: VectorCoding.rounded(values, to: settings.precision))
    return rows
  }

  func checkWritable() throws(StoreError) {
    guard !core.isClosed else { throw .closed(name: name) }
    guard lock != nil else { throw .readOnly(path: core.files.folder) }
  }

  // MARK: life

  /// Waits until the indexes have caught up with everything written before. Searches find it before, too; afterwards
  /// they do so at full speed. In a collection opened for reading there is nothing to wait for.
  public func settle() async throws(StoreError) {
    guard !core.isClosed else { throw .closed(name: name) }
    try await indexer?.settle()
  }

  /// Ends background work and lets go of the files. Snapshots that are still held can no longer read rows.
  public func close() async {
    guard !core.isClosed else { return }
    await indexer?.finish()
    core.withdraw()
    do {
      try core.database.close()
    } catch {
      core.notices.add("the database was not closed cleanly: \(error)")
    }
    lock?.release()
  }
}
