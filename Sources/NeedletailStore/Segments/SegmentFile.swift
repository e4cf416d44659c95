internal import GRDB
internal import Synchronization

/// The kinds of index files.
enum SegmentFileKind: String, CaseIterable, Sendable {
  case dense
  case lexical
  case sparse
}

/// What SQLite knows of an index file.
struct SegmentFileRecord: Hashable, Sendable {
  var kind: SegmentFileKind
  var name: String
  var bytes: Int
  /// Of both ends of the file, so that one file is not taken for another; the formats check what lies between.
  var checksum: UInt32
  /// How it was built; a file that was built in another way is built again.
  var format: String
}

/// An index file in use. Once it was replaced, it is deleted as soon as the last snapshot that uses it lets go.
final class SegmentFile: Sendable {
  let record: SegmentFileRecord
  let path: String
  private let isObsolete = Atomic(false)

  init(record: SegmentFileRecord, path: String) {
    self.record = record
    self.path = path
  }

  deinit {
    if isObsolete.load(ordering: .acquiring) { FileSystem.remove(path) }
  }

  func markObsolete() { isObsolete.store(true, ordering: .releasing) }
}

/// A segment as SQLite has it.
struct SegmentRecord: Sendable {
  var number: Int64
  var passages: PassageRuns
  var files: [SegmentFileRecord]

  func file(_ kind: SegmentFileKind) -> SegmentFileRecord? { files.first { $0.kind == kind } }

  /// All segments, in order of their numbers.
  static func all(_ db: Database) throws -> [SegmentRecord] {
    var files: [Int64: [SegmentFileRecord]] = [:]
    for row in try Row.fetchAll(db, sql: "SELECT segment, kind, name, bytes, checksum, format FROM segmentFile") {
      guard let kind = SegmentFileKind(rawValue: row[1]) else { continue }
      let record = SegmentFileRecord(kind: kind, name: row[2], bytes: row[3], checksum: row[4], format: row[5])
      files[row[0], default: []].append(record)
    }
    return try Row.fetchAll(db, sql: "SELECT number, rows, passages FROM segment ORDER BY number").map { row in
      let rows: Int = row[1]
      guard let passages = PassageRuns(encoded: row[2]), passages.count == rows else {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the passages of segment \(row[0] as Int64) cannot be read")
      }
      return SegmentRecord(number: row[0], passages: passages, files: files[row[0]] ?? [])
    }
  }

  func insert(_ db: Database) throws {
    try db.execute(
      sql: "INSERT INTO segment (number, rows, passages) VALUES (?, ?, ?)", arguments: [number, passages.count, passages.encoded()])
    for file in files {
      try db.execute(
        sql: "INSERT INTO segmentFile (segment, kind, name, bytes, checksum, format) VALUES (?, ?, ?, ?, ?, ?)",
        arguments: [number, file.kind.rawValue, file.name, file.bytes, file.checksum, file.format])
    }
  }

  static func delete(_ numbers: [Int64], _ db: Database) throws {
    for number in numbers { try db.execute(sql: "DELETE FROM segment WHERE number = ?", arguments: [number]) }
  }
}
