internal import Foundation
package import GRDB
internal import Synchronization

/// The SQLite file of a collection, opened for one kind of access.
package struct CollectionDatabase: Sendable {
  package let path: String
  package let reader: any DatabaseReader
  /// Nil if opened for reading.
  package let writer: DatabasePool?
  /// A connection that only watches whether others committed; nil where that cannot happen.
  private let watch: DatabaseQueue?

  /// Makes the file of a collection complete before it appears under its name, so that whoever is killed meanwhile leaves none.
  ///
  /// - Parameters:
  ///   - path: where there is no such file yet; nobody else may be making it.
  ///   - fill: writes what belongs into it from the beginning.
  static func create(path: String, _ fill: @escaping @Sendable (Database) throws -> Void) throws {
    let unfinished = path + ".new"
    for ending in ["", "-journal", "-wal", "-shm"] { FileSystem.remove(unfinished + ending) }
    let queue = try DatabaseQueue(path: unfinished, configuration: configuration())
    try DatabaseSchema.documents.migrate(queue)
    try queue.write { db in try fill(db) }
    try queue.close()
    FileSystem.synchronise(unfinished)
    try FileSystem.move(unfinished, to: path)
    FileSystem.synchronise(URL(fileURLWithPath: path).deletingLastPathComponent().path)
  }

  /// Opens, and brings up to date, the file for writing; it is created if it is missing.
  ///
  /// - Parameter pageSize: of a file that is created. Larger pages take less work for each byte where rows are large, and write more
  ///   where few of them change; those that were given up are returned to the system bit by bit (`incremental_vacuum`).
  package static func writing(path: String, schema: DatabaseSchema = .documents, pageSize: Int? = nil) throws -> CollectionDatabase {
    var configuration = configuration()
    if let pageSize {
      // Both are of no effect once there is a table.
      configuration.prepareDatabase { db in
        guard !db.configuration.readonly else { return }
        try db.execute(sql: "PRAGMA page_size = \(pageSize)")
        try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
      }
    }
    let pool = try DatabasePool(path: path, configuration: configuration)
    try pool.read { db in try schema.check(db, path: path) }
    try schema.migrate(pool)
    // GRDB relaxes this for write-ahead logs; what is acknowledged has to survive the loss of power.
    try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
    return CollectionDatabase(path: path, reader: pool, writer: pool, watch: nil)
  }

  /// Opens the file for reading, beside a writer or on a medium that cannot be written to.
  package static func reading(path: String, schema: DatabaseSchema = .documents) throws -> CollectionDatabase {
    var configuration = configuration()
    configuration.readonly = true
    do {
      let pool = try DatabasePool(path: path, configuration: configuration)
      let isReadable = try pool.read { db in
        try schema.check(db, path: path)
        return try schema.isReadable(db)
      }
      guard isReadable else { throw StoreError.cannotAccess(path: path, reason: "it has an older format; open it once for writing") }
      return CollectionDatabase(path: path, reader: pool, writer: nil, watch: try DatabaseQueue(path: path, configuration: configuration))
    } catch let error as DatabaseError where error.isRefusal {
      return try unchanging(path: path, schema: schema, configuration: configuration)
    }
  }

  /// Opens a file that nobody can be writing to: SQLite then needs no files beside it.
  private static func unchanging(path: String, schema: DatabaseSchema, configuration: Configuration) throws -> CollectionDatabase {
    guard (FileSystem.size(of: path + "-wal") ?? 0) == 0 else {
      throw StoreError.cannotAccess(path: path, reason: "its last writes are still in the log beside it; open it once where it can be written to")
    }
    let allowed = CharacterSet.urlPathAllowed.subtracting(CharacterSet(charactersIn: "?#%;"))
    let escaped = path.addingPercentEncoding(withAllowedCharacters: allowed) ?? path
    let queue = try DatabaseQueue(path: "file:\(escaped)?immutable=1", configuration: configuration)
    try queue.read { db in try schema.check(db, path: path) }
    return CollectionDatabase(path: path, reader: queue, writer: nil, watch: nil)
  }

  private static func configuration() -> Configuration {
    var configuration = Configuration()
    configuration.label = "needletail.store"
    configuration.busyMode = .timeout(10)
    configuration.maximumReaderCount = 8
    return configuration
  }

  /// A number that changes whenever another process commits; nil where nobody else can.
  func commitCount() throws -> Int? {
    guard let watch else { return nil }
    return try watch.inDatabase { db in try Int.fetchOne(db.cachedStatement(sql: "PRAGMA data_version")) }
  }

  /// Runs `body` on the one writing connection, after what was asked for before; does not wait for it.
  package func enqueue(_ body: @escaping @Sendable (Database) -> Void) {
    writer?.asyncWriteWithoutTransaction { db in body(db) }
  }

  /// Runs `body` on the one writing connection. Cancellation does not interrupt it: a write is done or not begun.
  package func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(StoreError) -> Value {
    guard let writer else { throw .readOnly(path: path) }
    guard !Task.isCancelled else { throw .cancelled }
    let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<Value, any Error>, Never>) in
      writer.asyncWriteWithoutTransaction { db in
        continuation.resume(returning: Result { try body(db) })
      }
    }
    do {
      return try result.get()
    } catch {
      throw StoreError(error, at: path)
    }
  }

  /// The same for callers that may block.
  package func writeNow<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
    guard let writer else { throw .readOnly(path: path) }
    do {
      return try writer.writeWithoutTransaction(body)
    } catch {
      throw StoreError(error, at: path)
    }
  }

  /// Reads one consistent state.
  package func read<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
    do {
      return try reader.read(body)
    } catch {
      throw StoreError(error, at: path)
    }
  }

  /// Closes all connections, the log merged into the file: such a file can be copied and read where nothing may be
  /// written. (SQLite does that itself only if the last connection to close is one that may write.)
  package func close() throws {
    try watch?.close()
    _ = try? writer?.writeWithoutTransaction { db in try db.checkpoint(.truncate) }
    try reader.close()
  }
}

extension DatabaseError {
  /// SQLite could not make or lock the files it wants beside a database, as on a medium that cannot be written to.
  fileprivate var isRefusal: Bool {
    switch resultCode {
    case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM: true
    default: false
    }
  }
}

extension Database {
  /// Runs `body` in a write transaction, which is durable when this returns and without effect when it throws.
  package func transaction<Value>(_ body: () throws -> Value) throws -> Value {
    var result: Value?
    try inTransaction(.immediate) {
      result = try body()
      return .commit
    }
    guard let result else { throw DatabaseError(message: "a transaction had no result") }
    return result
  }
}
