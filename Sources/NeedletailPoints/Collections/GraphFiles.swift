internal import Foundation
internal import GRDB
internal import NeedletailCore
internal import NeedletailIndex
internal import NeedletailNumerics
internal import NeedletailStore
internal import Synchronization

/// Decides which column is worth an index.
enum GraphPolicy {
  /// A graph is built again when so large a part of its column is not in it.
  static let largestUncoveredFraction = 0.25
  /// Fewer vectors are compared one by one about as fast.
  static let smallestCount = 4_000

  /// The column that needs a graph most; nil if none does.
  static func nextColumn(of snapshot: PointSnapshot) -> Int? {
    let threshold = snapshot.settings.indexingThreshold
    guard threshold > 0 else { return nil }
    for column in snapshot.table.schema.columns.values.sorted() {
      let settings = snapshot.table.schema.settings[column]
      guard settings.allowsGraph else { continue }
      let count = snapshot.table.vectorCount(column)
      guard count * settings.size * 4 > threshold * 1_024, count >= min(smallestCount, threshold * 1_024 / (settings.size * 4) + 1) else { continue }
      let graph = snapshot.table.graphs[column]
      let covered = graph.map { $0.index.count - $0.stale.count } ?? 0
      if Double(count - covered) > largestUncoveredFraction * Double(count) { return column }
    }
    return nil
  }
}

extension PointTable {
  /// How many points have a vector.
  func vectorCount(_ column: Int) -> Int { blocks.reduce(0) { $0 + $1.vectors[column].present.count } }
}

/// A graph over a column as of one moment.
struct BuiltGraph: Sendable {
  let column: Int
  let index: any SearchIndex
  let rowCount: Int
  let operation: UInt64

  /// The graph for a later state: rows that changed since are stale. Rows without a vector were never in it.
  func graph(for table: PointTable) -> VectorGraph {
    var stale = RowSet()
    for row in 0..<rowCount {
      let (block, place) = (row >> 8, row & 255)
      let isCurrent = block < table.blocks.count && table.blocks[block].live.contains(place)
        && table.blocks[block].vectors[column].present.contains(place) && table.blocks[block].versions[place] <= operation
      if !isCurrent { stale.insert(Row(row)) }
    }
    return VectorGraph(index: index, rowCount: rowCount, operation: operation, stale: stale)
  }
}

/// Builds, writes and opens the graphs of a collection. The files are caches: one that is missing or damaged is built again.
struct GraphFiles: Sendable {
  struct Record: Sendable {
    var column: Int
    var file: String
    var rows: Int
    var operation: UInt64
    var bytes: Int
    var checksum: UInt32
  }

  let folder: String
  let notices: Notices

  static func build(_ column: Int, of snapshot: PointSnapshot, notices: Notices) -> BuiltGraph? {
    let table = snapshot.table
    let settings = table.schema.settings[column]
    let count = table.blocks.count * PointBlock.size
    var values = [Float](repeating: 0, count: count * settings.size)
    var absent = RowSet(0..<Row(count))
    for (number, block) in table.blocks.enumerated() {
      let vectors = block.vectors[column]
      let start = number * PointBlock.size * settings.size
      values.replaceSubrange(start..<start + vectors.dense.count, with: vectors.dense)
      vectors.present.forEach { absent.remove(Row(number << 8 | $0)) }
    }
    let similarity: Similarity = settings.distance == .euclid ? .euclidean : .dot
    var specification = DenseIndexSpecification(layout: .graph)
    specification.graph.exactScanLimit = 0
    do {
      let index = try DenseIndexFactory.build(
        DenseVectors(dimension: settings.size, values: values), similarity: similarity, specification: specification, excluding: absent)
      return BuiltGraph(column: column, index: index, rowCount: count, operation: table.operation)
    } catch {
      notices.add("an index could not be built: \(error)")
      return nil
    }
  }

  /// Writes a graph; nil, with a notice, if that fails: the graph serves from memory.
  func write(_ built: BuiltGraph) -> Record? {
    let file = "\(built.column)-\(built.operation).graph"
    do {
      try DenseIndexFactory.write(built.index, to: "\(folder)/\(file)")
      let (bytes, checksum) = try FileIdentity.of("\(folder)/\(file)")
      return Record(column: built.column, file: file, rows: built.rowCount, operation: built.operation, bytes: bytes, checksum: checksum)
    } catch {
      notices.add("the index file \(file) could not be written: \(error)")
      return nil
    }
  }

  /// Makes a file the one of its column.
  func register(_ record: Record, _ db: Database) {
    do {
      let old = try String.fetchOne(db, sql: "SELECT file FROM graph WHERE vectorColumn = ?", arguments: [record.column])
      try db.transaction {
        try db.execute(
          sql: "INSERT OR REPLACE INTO graph (vectorColumn, file, rows, operation, bytes, checksum) VALUES (?, ?, ?, ?, ?, ?)",
          arguments: [record.column, record.file, record.rows, Int64(bitPattern: record.operation), record.bytes, record.checksum])
      }
      if let old, old != record.file { FileSystem.remove("\(folder)/\(old)") }
    } catch {
      notices.add("the index file \(record.file) could not be registered: \(error)")
    }
  }

  /// Opens the graphs that fit the state of the table.
  func open(_ db: Database, for table: PointTable) throws -> [Int: VectorGraph] {
    var graphs: [Int: VectorGraph] = [:]
    var used: Set<String> = []
    for row in try Row.fetchAll(db, sql: "SELECT vectorColumn, file, rows, operation, bytes, checksum FROM graph") {
      let record = Record(
        column: row[0], file: row[1], rows: row[2], operation: UInt64(bitPattern: row[3] as Int64), bytes: row[4], checksum: row[5])
      guard table.schema.columns.values.contains(record.column) else { continue }
      do {
        graphs[record.column] = try open(record).graph(for: table)
        used.insert(record.file)
      } catch {
        notices.add("the index file \(record.file) cannot be used (\(error)); it is built again")
      }
    }
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where !used.contains(name) { FileSystem.remove("\(folder)/\(name)") }
    return graphs
  }

  private func open(_ record: Record) throws -> BuiltGraph {
    let path = "\(folder)/\(record.file)"
    let (bytes, checksum) = try FileIdentity.of(path)
    guard bytes == record.bytes, checksum == record.checksum else {
      throw IndexError.corrupted(path: path, reason: "it is not the file that was written")
    }
    let index = try DenseIndexFactory.open(path)
    guard index.count == record.rows else { throw IndexError.corrupted(path: path, reason: "it has \(index.count) rows instead of \(record.rows)") }
    return BuiltGraph(column: record.column, index: index, rowCount: record.rows, operation: record.operation)
  }
}

/// Builds one graph at a time, away from the threads of tasks.
final class GraphBuildQueue: Sendable {
  private let queue = DispatchQueue(label: "needletail.points.graphs", qos: .utility)
  private let state = Mutex((isBusy: false, isStopped: false, hasFailed: false))

  var isBusy: Bool { state.withLock { $0.isBusy } }
  /// Whether work that is due will be begun: not after the end, nor, before the next change, after a failure.
  var takesMore: Bool { state.withLock { !$0.isStopped && !$0.hasFailed } }

  /// Runs the work, which tells whether it succeeded, unless some is under way; then looks for more.
  func run(_ work: @escaping @Sendable () -> Bool, next: @escaping @Sendable () -> Void) {
    let begins = state.withLock { state in
      defer { state.isBusy = true }
      return !state.isBusy && !state.isStopped
    }
    guard begins else { return }
    queue.async {
      let hasSucceeded = work()
      self.state.withLock { state in
        state.isBusy = false
        state.hasFailed = !hasSucceeded
      }
      if hasSucceeded { next() }
    }
  }

  /// Waits for the work under way and takes no more.
  func stop() {
    state.withLock { $0.isStopped = true }
    queue.sync {}
  }
}
