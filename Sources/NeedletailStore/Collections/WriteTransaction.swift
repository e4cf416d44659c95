internal import Foundation
internal import GRDB
internal import NeedletailCore

/// A document made ready for SQLite outside the transaction, so that the transaction is short.
struct StorableDocument: Sendable {
  let write: DocumentWrite
  let title: String
  let payload: String
  let fields: [PayloadField]
  let headings: [String?]

  init(_ write: DocumentWrite, settings: CollectionSettings) throws(StoreError) {
    try write.validate(for: settings)
    self.write = write
    // SQLite ends a text at a zero byte, and no title means one.
    title = write.document.title.utf8.contains(0) ? write.document.title.replacingOccurrences(of: "\0", with: "") : write.document.title
    do {
      fields = Array(try PayloadField.fields(of: write.document.payload))
      payload = try PayloadCoding.encode(write.document.payload)
      headings = try write.passages.map { passage throws(PayloadProblem) in try PayloadCoding.encode(headings: passage.headings) }
    } catch {
      throw .invalidDocument(id: write.document.id, reason: error.reason)
    }
  }
}

/// The rows of one write, and what they change in the ledger and for searches.
struct WriteTransaction {
  let db: Database
  let precision: VectorPrecision
  let indexedAt: Double
  var ledger: Ledger
  /// Passages of documents that were replaced or removed.
  private(set) var removed: [Range<PassageID>] = []

  init(_ db: Database, precision: VectorPrecision) throws {
    self.db = db
    self.precision = precision
    indexedAt = Date().timeIntervalSince1970
    ledger = try Ledger.read(db)
    ledger.operation += 1
  }

  /// Removes a document with everything that belongs to it; false if there is none of that id.
  mutating func remove(_ id: String) throws -> Bool {
    let find = try db.cachedStatement(sql: "SELECT number, firstPassage, passageCount FROM document WHERE id = ?")
    guard let row = try Row.fetchOne(find, arguments: [id]) else { return false }
    let first: PassageID = row[1]
    let passages = first..<first + (row[2] as PassageID)
    try db.cachedStatement(sql: "DELETE FROM document WHERE number = ?").execute(arguments: [row[0] as Int64])
    try Removal.insert(passages, db)
    if !passages.isEmpty { removed.append(passages) }
    ledger.documents -= 1
    ledger.passages -= passages.count
    return true
  }

  /// Adds a document in place of the one with its id.
  mutating func put(_ document: StorableDocument) throws {
    _ = try remove(document.write.document.id)
    ledger.lastDocument += 1
    ledger.documents += 1
    try insertDocument(document)
    try insertFields(document.fields)
    try insertPassages(document)
  }

  private func insertDocument(_ document: StorableDocument) throws {
    let write = document.write
    try db.cachedStatement(
      sql: """
        INSERT INTO document (number, id, title, root, size, modified, hash, indexedAt, firstPassage, passageCount)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      ledger.lastDocument, write.document.id, document.title, write.root, write.fingerprint?.size, write.fingerprint?.modified,
      write.fingerprint?.hash, indexedAt, ledger.lastPassage + 1, write.passages.count,
    ])
    try db.cachedStatement(sql: "INSERT INTO content (document, payload, text) VALUES (?, ?, ?)")
      .execute(arguments: [ledger.lastDocument, document.payload, Data(write.document.text.utf8)])
  }

  private func insertFields(_ fields: [PayloadField]) throws {
    let statement = try db.cachedStatement(sql: "INSERT INTO field (document, path, kind, value) VALUES (?, ?, ?, ?)")
    for field in fields {
      try statement.execute(arguments: [ledger.lastDocument, field.path, field.value.kind.rawValue, field.value.stored])
    }
  }

  private mutating func insertPassages(_ document: StorableDocument) throws {
    let passageStatement = try db.cachedStatement(
      sql: "INSERT INTO passage (id, document, ordinal, lower, upper, headings) VALUES (?, ?, ?, ?, ?, ?)")
    let vectorStatement = try db.cachedStatement(sql: "INSERT INTO vector (passage, components) VALUES (?, ?)")
    let sparseStatement = try db.cachedStatement(sql: "INSERT INTO sparseVector (passage, entries) VALUES (?, ?)")
    for (index, passage) in document.write.passages.enumerated() {
      ledger.lastPassage += 1
      try passageStatement.execute(arguments: [
        ledger.lastPassage, ledger.lastDocument, passage.ordinal, passage.byteRange.lowerBound, passage.byteRange.upperBound,
        document.headings[index],
      ])
      if let vectors = document.write.vectors {
        try vectorStatement.execute(arguments: [ledger.lastPassage, VectorCoding.encode(vectors[index], as: precision)])
      }
      if let vectors = document.write.sparseVectors {
        try sparseStatement.execute(arguments: [ledger.lastPassage, SparseCoding.encode(vectors[index])])
      }
    }
    ledger.passages += document.write.passages.count
  }
}

extension PayloadField.Value {
  /// The form in the column `value`.
  fileprivate var stored: any DatabaseValueConvertible {
    switch self {
    case .null, .container: 0
    case .bool(let value): value ? 1 : 0
    case .integer(let value): value
    case .number(let value): value
    case .text(let value): Data(value.utf8)
    }
  }
}
