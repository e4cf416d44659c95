internal import Foundation
internal import GRDB
internal import NeedletailCore

/// The counters of a collection, as one row of SQLite has them; every write transaction moves them with its rows.
struct Ledger: Hashable, Sendable {
  /// How many writes there were.
  var operation: Int64 = 0
  var documents = 0
  var passages = 0
  var lastDocument: Int64 = 0
  var lastPassage: PassageID = 0
  var lastSegment: Int64 = 0
  /// Passages up to here are in segments, those above make the delta.
  var watermark: PassageID = 0

  static func read(_ db: Database) throws -> Ledger {
    let statement = try db.cachedStatement(
      sql: "SELECT operation, documents, passages, lastDocument, lastPassage, lastSegment, watermark FROM collection")
    guard let row = try Row.fetchOne(statement) else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the ledger is empty") }
    return Ledger(
      operation: row[0], documents: row[1], passages: row[2], lastDocument: row[3], lastPassage: row[4], lastSegment: row[5], watermark: row[6])
  }

  func save(_ db: Database) throws {
    try db.cachedStatement(
      sql: """
        UPDATE collection SET operation = ?, documents = ?, passages = ?, lastDocument = ?, lastPassage = ?, lastSegment = ?, watermark = ?
        """
    ).execute(arguments: [operation, documents, passages, lastDocument, lastPassage, lastSegment, watermark])
  }
}

extension CollectionSettings {
  static func read(_ db: Database, path: String) throws -> CollectionSettings {
    guard let text = try String.fetchOne(db, sql: "SELECT settings FROM collection") else {
      throw StoreError.databaseDamaged(path: path, reason: "the settings are missing")
    }
    do {
      return try JSONDecoder().decode(CollectionSettings.self, from: Data(text.utf8))
    } catch {
      throw StoreError.databaseDamaged(path: path, reason: "the settings cannot be read: \(error)")
    }
  }

  /// Writes the settings of a new collection.
  func insert(_ db: Database) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let text = String(decoding: try encoder.encode(self), as: UTF8.self)
    try db.execute(sql: "INSERT INTO collection (id, settings) VALUES (1, ?)", arguments: [text])
  }
}
