internal import Foundation
internal import GRDB

extension DocumentCollection {
  /// The fingerprints of the documents that have one, by id: those that came from a root, or all.
  public func fingerprints(under root: String? = nil) throws(StoreError) -> [String: Fingerprint] {
    try core.database.read { db in
      let condition = root == nil ? "" : "AND root = ?"
      let sql = "SELECT id, size, modified, hash FROM document WHERE hash IS NOT NULL \(condition)"
      var fingerprints: [String: Fingerprint] = [:]
      let rows = try Row.fetchCursor(db, sql: sql, arguments: StatementArguments([root].compactMap { $0 }))
      while let row = try rows.next() {
        if let fingerprint = Fingerprint(row, from: 1) { fingerprints[row[0]] = fingerprint }
      }
      return fingerprints
    }
  }

  /// The folders and files that were indexed, in order.
  public func roots() throws(StoreError) -> [String] {
    try core.database.read { db in try String.fetchAll(db, sql: "SELECT path FROM root ORDER BY path") }
  }

  /// Remembers that a folder or file is indexed; again is harmless.
  public func addRoot(_ path: String) async throws(StoreError) {
    try checkWritable()
    guard !path.isEmpty, !path.utf8.contains(0) else { throw .invalidQuery(reason: "\"\(path)\" is no path") }
    let now = Date().timeIntervalSince1970
    try await core.database.write { db in
      try db.transaction { try db.execute(sql: "INSERT OR IGNORE INTO root (path, addedAt) VALUES (?, ?)", arguments: [path, now]) }
    }
  }

  /// Forgets a root and removes the documents that came from it.
  ///
  /// - Returns: how many documents were removed.
  @discardableResult
  public func removeRoot(_ path: String) async throws(StoreError) -> Int {
    try checkWritable()
    let core = core
    return try await core.database.write { db in
      try Self.remove(db, core: core) { db in
        try db.execute(sql: "DELETE FROM root WHERE path = ?", arguments: [path])
        return try String.fetchAll(db, sql: "SELECT id FROM document WHERE root = ?", arguments: [path])
      }
    }
  }
}
