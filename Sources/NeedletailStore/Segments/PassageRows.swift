internal import Foundation
internal import GRDB
internal import NeedletailCore

/// Reads what indexes are built from. Passages that were removed in the meantime are left out.
enum PassageRows {
  /// The passages of some ranges that exist, and their vectors in the same order.
  static func vectors(
    _ db: Database, in ranges: [Range<PassageID>], embedder: EmbedderProfile, precision: VectorPrecision, capacity: Int = 0
  ) throws -> (passages: PassageRuns, vectors: DenseVectors) {
    var passages = PassageRuns()
    var values: [Float] = []
    values.reserveCapacity(capacity * embedder.dimension)
    let statement = try db.makeStatement(sql: "SELECT passage, components FROM vector WHERE passage >= ? AND passage < ? ORDER BY passage")
    for range in ranges {
      let rows = try Row.fetchCursor(statement, arguments: [range.lowerBound, range.upperBound])
      while let row = try rows.next() {
        let passage: PassageID = row[0]
        let isComplete = try row.withUnsafeData(atIndex: 1) { data in
          data.map { VectorCoding.decode($0, as: precision, dimension: embedder.dimension, into: &values) } ?? false
        }
        guard isComplete else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the vector of passage \(passage) is incomplete") }
        passages.append(first: passage, count: 1)
      }
    }
    return (passages, DenseVectors(dimension: embedder.dimension, values: values))
  }

  /// The passages of some ranges that exist, and their sparse vectors in the same order.
  static func sparseVectors(
    _ db: Database, in ranges: [Range<PassageID>], embedder: EmbedderProfile
  ) throws -> (passages: PassageRuns, vectors: SparseVectors) {
    var passages = PassageRuns()
    var vectors = SparseVectors(dimension: embedder.dimension)
    let statement = try db.makeStatement(sql: "SELECT passage, entries FROM sparseVector WHERE passage >= ? AND passage < ? ORDER BY passage")
    for range in ranges {
      let rows = try Row.fetchCursor(statement, arguments: [range.lowerBound, range.upperBound])
      while let row = try rows.next() {
        let passage: PassageID = row[0]
        guard let vector = try row.withUnsafeData(atIndex: 1, { $0.flatMap(SparseCoding.decode) }) else {
          throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the sparse vector of passage \(passage) cannot be read")
        }
        do {
          try vectors.append(vector)
        } catch {
          throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the sparse vector of passage \(passage) is none: \(error)")
        }
        passages.append(first: passage, count: 1)
      }
    }
    return (passages, vectors)
  }

  /// The passages of some ranges that exist.
  static func passages(_ db: Database, in ranges: [Range<PassageID>]) throws -> PassageRuns {
    var passages = PassageRuns()
    let statement = try db.makeStatement(sql: "SELECT id FROM passage WHERE id >= ? AND id < ? ORDER BY id")
    for range in ranges {
      let rows = try PassageID.fetchCursor(statement, arguments: [range.lowerBound, range.upperBound])
      while let passage = try rows.next() { passages.append(first: passage, count: 1) }
    }
    return passages
  }

  /// The texts of the passages of a range as word search sees them, in order. Each document is fetched once however many passages
  /// it has.
  static func forEachText(_ db: Database, in range: Range<PassageID>, _ body: (PassageID, PassageText) -> Void) throws {
    let passages = try db.makeStatement(sql: "SELECT id, document, lower, upper, headings FROM passage WHERE id >= ? AND id < ? ORDER BY id")
    let contents = try db.makeStatement(sql: "SELECT text, title FROM content JOIN document ON number = document WHERE document = ?")
    let rows = try Row.fetchCursor(passages, arguments: [range.lowerBound, range.upperBound])
    var document: Int64?
    var text = ""
    var title = ""
    while let row = try rows.next() {
      if document != row[1] {
        document = row[1]
        let content = try Row.fetchOne(contents, arguments: [row[1] as Int64])
        text = String(decoding: content?[0] ?? Data(), as: UTF8.self)
        title = content?[1] ?? ""
      }
      let headings = try PayloadCoding.decode(headings: row[4]).joined(separator: "\n")
      body(row[0], PassageText(title: title, headings: headings, body: text.passage(utf8: row[2]..<row[3])))
    }
  }
}

extension String {
  /// A range of the UTF-8 bytes; one that cuts a character takes in the whole of it.
  func passage(utf8 range: Range<Int>) -> Substring {
    let bytes = utf8
    guard let lower = bytes.index(bytes.startIndex, offsetBy: range.lowerBound, limitedBy: bytes.endIndex),
      let upper = bytes.index(lower, offsetBy: range.count, limitedBy: bytes.endIndex)
    else { return "" }
    return self[lower..<upper]
  }
}
