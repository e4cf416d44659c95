internal import Foundation
internal import GRDB
internal import NeedletailCore
internal import NeedletailIndex
internal import NeedletailNumerics
internal import NeedletailStore

/// Builds, writes and opens the graphs of a collection. The files are caches: one that is missing or damaged is built again.
struct GraphFiles: Sendable {
  struct Record: Sendable {
    var number: Int
    var column: Int
    var file: String
    /// The table's rows that are in the graph.
    var rows: RowSet
    var operation: UInt64
    var bytes: Int
    var checksum: UInt32
  }

  let folder: String
  let notices: Notices

  /// Builds the graph of a step; nil, with a notice, if that fails.
  static func build(_ step: GraphPolicy.Step, of table: PointTable, pool: WorkerPool, notices: Notices) -> VectorGraph? {
    let settings = table.schema.settings[step.column]
    let rows = table.rows(of: step)
    var values: [Float] = []
    values.reserveCapacity(rows.count * settings.size)
    for row in rows {
      let start = Int(row & 255) * settings.size
      values += table.blocks[Int(row >> 8)].vectors[step.column].dense[start..<start + settings.size]
    }
    var specification = DenseIndexSpecification(layout: .graph)
    specification.graph.exactScanLimit = 0
    do {
      let index = try DenseIndexFactory.build(
        DenseVectors(dimension: settings.size, values: values), similarity: settings.distance == .euclid ? .euclidean : .dot,
        specification: specification, pool: pool)
      let last = table.graphs.values.flatMap { $0.graphs.map(\.number) }.max() ?? 0
      return VectorGraph(number: last + 1, index: index, rows: rows, operation: table.operation)
    } catch {
      notices.add("an index could not be built: \(error)")
      return nil
    }
  }

  /// Writes a graph; nil, with a notice, if that fails: the graph serves from memory.
  func write(_ graph: VectorGraph, column: Int) -> Record? {
    let file = "\(column)-\(graph.operation)-\(graph.number).graph"
    do {
      try DenseIndexFactory.write(graph.index, to: "\(folder)/\(file)")
      let (bytes, checksum) = try FileIdentity.of("\(folder)/\(file)")
      return Record(
        number: graph.number, column: column, file: file, rows: RowSet(graph.rows), operation: graph.operation, bytes: bytes, checksum: checksum)
    } catch {
      notices.add("the index file \(file) could not be written: \(error)")
      return nil
    }
  }

  /// Puts a file in the place of those of other graphs.
  func register(_ record: Record?, replacing replaced: Set<Int>, _ db: Database) {
    do {
      var old: [String] = []
      try db.transaction {
        for number in replaced {
          if let file = try String.fetchOne(db, sql: "SELECT file FROM graph WHERE number = ?", arguments: [number]) { old.append(file) }
          try db.execute(sql: "DELETE FROM graph WHERE number = ?", arguments: [number])
        }
        if let record {
          try db.execute(
            sql: "INSERT OR REPLACE INTO graph (number, vectorColumn, file, rows, operation, bytes, checksum) VALUES (?, ?, ?, ?, ?, ?, ?)",
            arguments: [
              record.number, record.column, record.file, Data(record.rows.bytes), Int64(bitPattern: record.operation), record.bytes, record.checksum,
            ])
        }
      }
      for file in old where file != record?.file { FileSystem.remove("\(folder)/\(file)") }
    } catch {
      notices.add("the index file \(record?.file ?? "") could not be registered: \(error)")
    }
  }

  /// Opens the graphs that fit the state of the table and gives them to it.
  func open(_ db: Database, into table: inout PointTable) throws {
    var used: Set<String> = []
    for row in try Row.fetchAll(db, sql: "SELECT number, vectorColumn, file, rows, operation, bytes, checksum FROM graph ORDER BY number") {
      let record = Record(
        number: row[0], column: row[1], file: row[2], rows: RowSet(bytes: row[3] as Data), operation: UInt64(bitPattern: row[4] as Int64),
        bytes: row[5], checksum: row[6])
      guard table.schema.columns.values.contains(record.column) else { continue }
      do {
        table.add(try open(record), column: record.column, replacing: [])
        used.insert(record.file)
      } catch {
        notices.add("the index file \(record.file) cannot be used (\(error)); it is built again")
      }
    }
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where !used.contains(name) { FileSystem.remove("\(folder)/\(name)") }
  }

  /// Maps a file that was written.
  func open(_ record: Record) throws -> VectorGraph {
    let path = "\(folder)/\(record.file)"
    let (bytes, checksum) = try FileIdentity.of(path)
    guard bytes == record.bytes, checksum == record.checksum else {
      throw IndexError.corrupted(path: path, reason: "it is not the file that was written")
    }
    let index = try DenseIndexFactory.open(path)
    guard index.count == record.rows.count else {
      throw IndexError.corrupted(path: path, reason: "it has \(index.count) rows instead of \(record.rows.count)")
    }
    return VectorGraph(number: record.number, index: index, rows: Array(record.rows), operation: record.operation)
  }
}
