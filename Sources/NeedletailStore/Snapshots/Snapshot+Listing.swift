public import Foundation
internal import GRDB
public import NeedletailCore

/// A line of a listing of documents.
public struct DocumentSummary: Hashable, Sendable {
  public var id: String
  public var title: String
  public var payload: Payload
  public var passageCount: Int
  public var indexedAt: Date
}

/// How many documents have a value.
public struct FacetCount: Hashable, Sendable {
  public var value: JSONValue
  public var count: Int

  public init(value: JSONValue, count: Int) {
    self.value = value
    self.count = count
  }
}

extension Snapshot {
  /// The documents that satisfy a filter, ordered by id (byte by byte), from `offset` on.
  public func documents(matching filter: Filter? = nil, offset: Int = 0, limit: Int) throws(StoreError) -> [DocumentSummary] {
    guard offset >= 0, limit >= 0 else { throw .invalidQuery(reason: "the offset and the number of documents asked for cannot be negative") }
    let condition = try FilterCompiler.condition(for: filter)
    return try context.database.read { db in
      let sql = """
        SELECT id, title, payload, passageCount, indexedAt FROM document JOIN content ON content.document = number
        WHERE number <= ? AND \(condition.sql) ORDER BY id LIMIT ? OFFSET ?
        """
      let arguments = [generation.ledger.lastDocument] + condition.arguments + [limit, offset]
      return try Row.fetchAll(db, sql: sql, arguments: StatementArguments(arguments)).map { row in
        DocumentSummary(
          id: row[0], title: row[1], payload: try PayloadCoding.decode(row[2]), passageCount: row[3],
          indexedAt: Date(timeIntervalSince1970: row[4]))
      }
    }
  }

  /// How many documents satisfy a filter.
  public func documentCount(matching filter: Filter?) throws(StoreError) -> Int {
    let condition = try FilterCompiler.condition(for: filter)
    return try context.database.read { db in
      let sql = "SELECT count(*) FROM document WHERE number <= ? AND \(condition.sql)"
      return try Int.fetchOne(db, sql: sql, arguments: StatementArguments([generation.ledger.lastDocument] + condition.arguments)) ?? 0
    }
  }

  /// The values of a field among the documents that satisfy a filter, most frequent first, each with the number of
  /// documents that have it. The elements of a list count one by one.
  public func facets(field: String, matching filter: Filter? = nil, limit: Int) throws(StoreError) -> [FacetCount] {
    guard limit >= 0 else { throw .invalidQuery(reason: "the number of values asked for is negative") }
    let condition = try FilterCompiler.condition(for: filter)
    let isFiltered = filter != nil
    return try context.database.read { db in
      let among = isFiltered ? "AND document IN (SELECT number FROM document WHERE \(condition.sql))" : ""
      let sql = """
        SELECT kind, value, count(*) AS documents FROM field
        WHERE path = ? AND kind IN (1, 2, 3) AND document <= ? \(among)
        GROUP BY kind, value ORDER BY documents DESC, kind, value LIMIT ?
        """
      let filterArguments = isFiltered ? condition.arguments : []
      let arguments = [field, generation.ledger.lastDocument] + filterArguments + [limit]
      return try Row.fetchAll(db, sql: sql, arguments: StatementArguments(arguments)).compactMap { row in
        Self.value(kind: row[0], row[1]).map { FacetCount(value: $0, count: row[2]) }
      }
    }
  }

  /// A value as it stands in the table of fields.
  private static func value(kind: Int, _ stored: DatabaseValue) -> JSONValue? {
    switch (PayloadField.Value.Kind(rawValue: kind), stored.storage) {
    case (.bool, .int64(let value)): .bool(value != 0)
    case (.number, .int64(let value)): .integer(value)
    case (.number, .double(let value)): .number(value)
    case (.text, .blob(let value)): .string(String(decoding: value, as: UTF8.self))
    default: nil
    }
  }
}
