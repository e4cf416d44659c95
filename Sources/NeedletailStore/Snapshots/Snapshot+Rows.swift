public import Foundation
internal import GRDB
public import NeedletailCore

/// A passage with what one shows of it.
public struct StoredPassage: Hashable, Sendable {
  public var id: PassageID
  /// The id of the document it belongs to.
  public var document: String
  /// The title of the document.
  public var title: String
  public var passage: Passage
  /// The text of the passage.
  public var text: String
  /// The payload of the document.
  public var payload: Payload
}

/// A document as it was stored.
public struct StoredDocument: Sendable {
  public var document: Document
  public var root: String?
  public var fingerprint: Fingerprint?
  public var indexedAt: Date
  /// In the order of their ordinals as they were written.
  public var passages: [(id: PassageID, passage: Passage)]
}

extension Snapshot {
  /// The passages of these numbers, in this order; those that are gone are left out.
  ///
  /// - Parameters:
  ///   - ids: of passages.
  ///   - readsContents: whether texts and payloads are read, which takes most of the time; without, they are empty.
  public func passages(_ ids: [PassageID], readsContents: Bool = true) throws(StoreError) -> [StoredPassage] {
    guard !ids.isEmpty else { return [] }
    return try context.database.read { db in
      // Offsets count from 1, and on a blob they count bytes.
      let columns = readsContents ? ", substr(content.text, lower + 1, upper - lower), content.payload" : ""
      let contents = readsContents ? "JOIN content ON content.document = passage.document" : ""
      let statement = try db.cachedStatement(
        sql: """
          SELECT passage.id, document.id, document.title, ordinal, lower, upper, headings\(columns)
          FROM passage JOIN document ON document.number = passage.document \(contents)
          WHERE passage.id = ?
          """)
      return try ids.compactMap { id in
        guard let row = try Row.fetchOne(statement, arguments: [id]) else { return nil }
        let text: Data? = readsContents ? row[7] : nil
        return StoredPassage(
          id: id, document: row[1], title: row[2], passage: try Self.passage(row, from: 3),
          text: String(decoding: text ?? Data(), as: UTF8.self), payload: readsContents ? try PayloadCoding.decode(row[8]) : [:])
      }
    }
  }

  /// A document with everything that was stored of it; nil if there is none of that id.
  public func document(_ id: String) throws(StoreError) -> StoredDocument? {
    try context.database.read { db in
      let sql = """
        SELECT number, title, payload, text, root, size, modified, hash, indexedAt
        FROM document JOIN content ON content.document = number WHERE id = ? AND number <= ?
        """
      guard let row = try Row.fetchOne(db, sql: sql, arguments: [id, generation.ledger.lastDocument]) else { return nil }
      let text: Data? = row[3]
      let document = Document(
        id: id, title: row[1], text: String(decoding: text ?? Data(), as: UTF8.self), payload: try PayloadCoding.decode(row[2]))
      return StoredDocument(
        document: document, root: row[4], fingerprint: Fingerprint(row, from: 5), indexedAt: Date(timeIntervalSince1970: row[8]),
        passages: try Self.passages(ofDocument: row[0], db))
    }
  }

  /// The passages of a document and their vectors, row by row. A document that is not there has none.
  public func vectors(ofDocument id: String) throws(StoreError) -> (ids: [PassageID], vectors: DenseVectors) {
    guard let embedder = context.settings.embedder else { return ([], DenseVectors(dimension: 0, values: [])) }
    return try context.database.read { db in
      let sql = "SELECT firstPassage, passageCount FROM document WHERE id = ? AND number <= ?"
      guard let row = try Row.fetchOne(db, sql: sql, arguments: [id, generation.ledger.lastDocument]) else {
        return ([], DenseVectors(dimension: embedder.dimension, values: []))
      }
      let first: PassageID = row[0]
      let (passages, vectors) = try PassageRows.vectors(
        db, in: [first..<first + (row[1] as PassageID)], embedder: embedder, precision: context.settings.precision)
      return (passages.runs.flatMap { Array($0) }, vectors)
    }
  }

  private static func passages(ofDocument number: Int64, _ db: Database) throws -> [(id: PassageID, passage: Passage)] {
    let sql = "SELECT id, ordinal, lower, upper, headings FROM passage WHERE document = ? ORDER BY id"
    return try Row.fetchAll(db, sql: sql, arguments: [number]).map { row in (row[0], try passage(row, from: 1)) }
  }

  /// A passage from four columns: ordinal, lower, upper, headings.
  private static func passage(_ row: Row, from column: Int) throws -> Passage {
    Passage(
      ordinal: row[column], byteRange: (row[column + 1] as Int)..<(row[column + 2] as Int),
      headings: try PayloadCoding.decode(headings: row[column + 3]))
  }
}

extension Fingerprint {
  /// From three columns, which are null for a document without a fingerprint: size, modified, hash.
  init?(_ row: Row, from column: Int) {
    guard let size: Int64 = row[column], let modified: Int64 = row[column + 1], let hash: String = row[column + 2] else { return nil }
    self.init(size: size, modified: modified, hash: hash)
  }
}
