internal import Foundation
internal import GRDB
internal import NeedletailCore
internal import NeedletailStore

/// A point as a row of the database.
///
/// The vectors are one blob: for each its column (2 bytes), its kind (1), the number of its numbers (4) and, of several
/// rows, their length (4); then the numbers. All little endian.
struct PointRecord {
  var row: PointRow
  var id: PointID
  var version: UInt64
  var payload: Payload
  var vectors: [(column: Int, value: VectorValue)]

  init(_ row: PointRow, of table: PointTable) {
    self.row = row
    id = table.id(of: row)
    version = table.version(of: row)
    payload = table.payload(of: row)
    vectors = table.schema.columns.values.compactMap { column in table.vector(column, of: row).map { (column, $0) } }
  }

  func insert(_ db: Database) throws {
    var writer = JSONWriter()
    writer.payload(payload)
    try db.cachedStatement(sql: "INSERT OR REPLACE INTO point (row, id, version, payload, vectors) VALUES (?, ?, ?, ?, ?)")
      .execute(arguments: [Int64(row), id.key, Int64(bitPattern: version), Data(writer.bytes), blob])
  }

  static func delete(_ row: PointRow, _ db: Database) throws {
    try db.cachedStatement(sql: "DELETE FROM point WHERE row = ?").execute(arguments: [Int64(row)])
  }

  private var blob: Data {
    var bytes = Data(capacity: vectors.reduce(0) { $0 + 16 + $1.value.byteCount })
    for (column, value) in vectors {
      bytes.append(number: UInt16(column))
      switch value {
      case .dense(let values):
        bytes.append(0)
        bytes.append(number: UInt32(values.count))
        bytes.append(floats: values)
      case .sparse(let vector):
        bytes.append(1)
        bytes.append(number: UInt32(vector.indices.count))
        for index in vector.indices { bytes.append(number: index) }
        bytes.append(floats: vector.values)
      case .multi(let rows):
        bytes.append(2)
        bytes.append(number: UInt32(rows.values.count))
        bytes.append(number: UInt32(rows.dimension))
        bytes.append(floats: rows.values)
      }
    }
    return bytes
  }

  /// Reads a row; nil if it is damaged.
  init?(_ row: Row) {
    guard let number = PointRow(exactly: row[0] as Int64), let id = PointID(key: row[1]) else { return nil }
    guard let payload = (try? JSONReader.read([UInt8](row[3] as Data)))?.payload, let vectors = Self.vectors(row[4]) else { return nil }
    self.row = number
    self.id = id
    version = UInt64(bitPattern: row[2])
    self.payload = payload
    self.vectors = vectors
  }

  private static func vectors(_ blob: Data) -> [(column: Int, value: VectorValue)]? {
    var cursor = BlobCursor(blob: blob)
    var found: [(column: Int, value: VectorValue)] = []
    while !cursor.isAtEnd {
      guard let column = cursor.number(UInt16.self), let kind = cursor.number(UInt8.self), let count = cursor.number(UInt32.self).map({ Int($0) }) else {
        return nil
      }
      switch kind {
      case 0:
        guard let values = cursor.floats(count) else { return nil }
        found.append((Int(column), .dense(values)))
      case 1:
        var indices: [UInt32] = []
        for _ in 0..<count {
          guard let index = cursor.number(UInt32.self) else { return nil }
          indices.append(index)
        }
        guard let values = cursor.floats(count), Set(indices).count == count else { return nil }
        found.append((Int(column), .sparse(SparsePointVector(indices: indices, values: values))))
      case 2:
        guard let dimension = cursor.number(UInt32.self).map({ Int($0) }), dimension > 0, count % dimension == 0, let values = cursor.floats(count) else {
          return nil
        }
        found.append((Int(column), .multi(DenseVectors(dimension: dimension, values: values))))
      default: return nil
      }
    }
    return found
  }
}

/// Reads the parts of a blob.
private struct BlobCursor {
  let blob: Data
  var position = 0

  var isAtEnd: Bool { position == blob.count }

  mutating func number<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
    let size = MemoryLayout<Number>.size
    guard position + size <= blob.count else { return nil }
    let value = unsafe blob.withUnsafeBytes { unsafe Number(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Number.self)) }
    position += size
    return value
  }

  mutating func floats(_ count: Int) -> [Float]? {
    guard count <= (blob.count - position) / 4 else { return nil }
    var values: [Float] = []
    values.reserveCapacity(count)
    guard VectorCoding.decode(blob.subdata(in: position..<position + 4 * count), as: .float32, dimension: count, into: &values) else { return nil }
    position += 4 * count
    return values
  }
}

extension Data {
  fileprivate mutating func append(number: some FixedWidthInteger) {
    unsafe Swift.withUnsafeBytes(of: number.littleEndian) { unsafe append(contentsOf: $0) }
  }

  fileprivate mutating func append(floats: [Float]) { append(VectorCoding.encode(floats[...], as: .float32)) }
}
