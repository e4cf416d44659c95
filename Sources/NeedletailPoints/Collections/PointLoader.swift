internal import Foundation
internal import GRDB
internal import NeedletailCore
internal import NeedletailStore

/// Reads a collection of points from its database.
struct PointLoader {
  let path: String

  /// The state of the collection; nil if it was never finished.
  func load(_ db: Database) throws -> PointSnapshot? {
    guard let row = try Row.fetchOne(db, sql: "SELECT name, settings, operation FROM collection") else { return nil }
    guard let settings = PointCollectionSettings(text: row[1]) else {
      throw StoreError.databaseDamaged(path: path, reason: "the settings cannot be read")
    }
    var table = PointTable(schema: settings.schema)
    let columns = Dictionary(uniqueKeysWithValues: settings.schema.columns.values.map { ($0, settings.schema.settings[$0]) })
    let rows = try Row.fetchCursor(db, sql: "SELECT row, id, version, payload, vectors FROM point ORDER BY row")
    while let row = try rows.next() {
      guard let record = PointRecord(row) else {
        throw StoreError.databaseDamaged(path: path, reason: "the point in row \(row[0] as Int64) cannot be read")
      }
      table.load(record.id, row: record.row, version: record.version, payload: record.payload)
      for (column, value) in record.vectors {
        // A vector that was deleted from the collection is still in rows that were not written since.
        guard let settings = columns[column], (try? settings.check(value)) != nil else { continue }
        table.setVector(value, column: column, of: record.row, version: record.version)
      }
    }
    table.operation = UInt64(bitPattern: row[2] as Int64)
    return PointSnapshot(name: row[0], settings: settings, table: table)
  }
}
