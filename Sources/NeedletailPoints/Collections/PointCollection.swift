internal import Foundation
internal import GRDB
internal import NeedletailCore
internal import NeedletailNumerics
internal import NeedletailStore
internal import Synchronization

/// A durable set of points: vectors by name, payload, and an id that the program chose.
///
/// What `apply` returns from is on the disk and is in the next snapshot. Changes follow one another; those that arrive
/// while others are being written share a transaction, so many writers cost little more than one.
public final class PointCollection: Sendable {
  /// What was noticed and mended since the collection was opened.
  public var notices: [String] { noticed.all }

  let folder: String
  let database: CollectionDatabase
  let noticed = Notices()
  private let current: Mutex<PointSnapshot>
  private let pending = Mutex<[PendingChange]>([])
  private let builder = GraphBuildQueue()
  /// What a collection may take in memory whose settings do not say.
  private let standardBudget: Int?

  /// The collection as it is now.
  public func snapshot() -> PointSnapshot { current.withLock { $0 } }
  public var name: String { snapshot().name }
  /// Whether an index is being built or rows without points are being closed up, or will be once changes pause.
  public var isIndexing: Bool { builder.isBusy }

  /// What its files take.
  public var diskBytes: Int {
    let indexes = ((try? FileManager.default.contentsOfDirectory(atPath: folder + "/indexes")) ?? []).map { "\(folder)/indexes/\($0)" }
    let database = ["", "-wal"].map { Self.databasePath(folder) + $0 }
    return (indexes + database).reduce(0) { $0 + (FileSystem.size(of: $1) ?? 0) }
  }

  /// What the collection takes in memory, and may take.
  public var memory: PointMemory { memory(MappedPages()) }

  /// The same for one of several collections.
  ///
  /// - Parameter pages: what is in memory of mapped files, asked once for all of them.
  public func memory(_ pages: @autoclosure () -> MappedPages) -> PointMemory {
    let snapshot = snapshot()
    var memory = snapshot.memory
    memory.mappedResident = memory.mappedGraphs > 0 ? pages().residentBytes(below: folder + "/indexes") : 0
    memory.budget = budget(of: snapshot)?.limit
    return memory
  }

  private func budget(of snapshot: PointSnapshot) -> MemoryBudget? { MemoryBudget(snapshot.settings, standard: standardBudget) }

  private init(folder: String, database: CollectionDatabase, snapshot: PointSnapshot, standardBudget: Int?) {
    self.folder = folder
    self.standardBudget = standardBudget
    self.database = database
    current = Mutex(snapshot)
    // The log is moved into the file, and both are forced to the disk, after 64 MiB rather than after 4: points come in bulk.
    try? database.writeNow { db in try db.execute(sql: "PRAGMA wal_autocheckpoint = \((64 << 20) / Self.pageSize)") }
  }

  /// Several points with their vectors fit into a page.
  private static let pageSize = 8_192

  // MARK: life

  /// Makes a collection in a folder that does not exist yet.
  ///
  /// - Parameter standardBudget: bytes it may take in memory unless its settings say.
  static func create(_ name: String, _ settings: PointCollectionSettings, folder: String, standardBudget: Int?) throws(StoreError) -> PointCollection {
    try storing(folder) {
      try FileManager.default.createDirectory(atPath: folder + "/indexes", withIntermediateDirectories: true)
      let database = try CollectionDatabase.writing(path: databasePath(folder), schema: .points, pageSize: pageSize)
      try database.writeNow { db in
        try db.execute(sql: "INSERT OR REPLACE INTO collection (id, name, settings) VALUES (1, ?, ?)", arguments: [name, settings.text])
      }
      // SQLite forces its files; the folders they are in are ours.
      FileSystem.synchronise(folder)
      FileSystem.synchronise(folder + "/..")
      let snapshot = PointSnapshot(name: name, settings: settings, table: PointTable(schema: settings.schema))
      return PointCollection(folder: folder, database: database, snapshot: snapshot, standardBudget: standardBudget)
    }
  }

  /// Opens what is in a folder; nil if making it was interrupted.
  ///
  /// - Parameters:
  ///   - isReadOnly: whether nothing may be written there; changes are then refused.
  ///   - standardBudget: bytes it may take in memory unless its settings say.
  static func open(folder: String, isReadOnly: Bool = false, standardBudget: Int?) throws(StoreError) -> PointCollection? {
    try storing(folder) {
      let path = databasePath(folder)
      guard FileSystem.size(of: path) != nil else { return nil }
      let database = try isReadOnly ? CollectionDatabase.reading(path: path, schema: .points) : CollectionDatabase.writing(path: path, schema: .points, pageSize: pageSize)
      guard let snapshot = try database.read({ db in try PointLoader(path: path).load(db) }) else {
        try database.close()
        return nil
      }
      let collection = PointCollection(folder: folder, database: database, snapshot: snapshot, standardBudget: standardBudget)
      collection.openGraphs()
      return collection
    }
  }

  static func databasePath(_ folder: String) -> String { folder + "/collection.sqlite" }

  private static func storing<Value>(_ path: String, _ body: () throws -> Value) throws(StoreError) -> Value {
    do {
      return try body()
    } catch {
      throw StoreError(error, at: path)
    }
  }

  /// Ends background work and lets go of the files.
  func close() {
    builder.stop()
    do {
      try database.close()
    } catch {
      noticed.add("the database was not closed cleanly: \(error)")
    }
  }

  // MARK: changes

  /// Carries out an operation; returns its number once it is durable.
  ///
  /// - Throws: `PointError`; the operation then had no effect.
  @discardableResult
  public func apply(_ operation: PointOperation) async throws(PointError) -> UInt64 {
    try await change(.operation(operation))
  }

  /// Changes the settings, and with them the columns of vectors.
  @discardableResult
  func reconfigure(_ change: @escaping @Sendable (inout PointCollectionSettings, inout PointTable) throws(PointError) -> Void) async throws(PointError) -> UInt64 {
    try await self.change(.settings(change))
  }

  private func change(_ work: PendingChange.Work) async throws(PointError) -> UInt64 {
    guard database.writer != nil else { throw .store(.readOnly(path: database.path)) }
    builder.noteChange()
    let result = await withCheckedContinuation { continuation in
      pending.withLock { $0.append(PendingChange(work: work, continuation: continuation)) }
      database.enqueue { db in self.commit(db) }
    }
    return try result.get()
  }

  /// Carries out all changes that wait, in one transaction. On the writing connection.
  private func commit(_ db: Database) {
    let changes = pending.withLock { pending in
      defer { pending.removeAll(keepingCapacity: true) }
      return pending
    }
    guard !changes.isEmpty else { return }
    var batch = ChangeBatch(snapshot(), standardBudget: standardBudget)
    let results = changes.map { batch.carryOut($0.work) }
    do {
      try batch.save(db)
      let published = batch.snapshot
      current.withLock { $0 = published }
      for (change, result) in zip(changes, results) { change.continuation.resume(returning: result) }
      builder.noteChange()
      maintain()
    } catch {
      let failure = PointError.store(StoreError(error, at: database.path))
      for change in changes { change.continuation.resume(returning: .failure(failure)) }
    }
  }

  // MARK: indexes

  /// Replaces the snapshot by one with other graphs, on the writing connection.
  private func publishGraphs(_ change: (inout PointTable) throws -> Void) rethrows {
    let old = snapshot()
    var table = old.table
    try change(&table)
    let new = PointSnapshot(name: old.name, settings: old.settings, table: table)
    current.withLock { $0 = new }
  }

  private var graphFiles: GraphFiles { GraphFiles(folder: folder + "/indexes", notices: noticed) }

  private func openGraphs() {
    do {
      try database.read { db in try publishGraphs { table in try graphFiles.open(db, into: &table) } }
    } catch {
      noticed.add("the index files cannot be used (\(error)); they are built again")
    }
    maintain()
  }

  /// Does in the background what is worth it: builds graphs over columns that grew enough, at rest over what is left, too; where none
  /// is due, closes up rows whose points are gone, one block at a time.
  private func maintain(isResting: Bool = false) {
    guard database.writer != nil else { return }
    let snapshot = snapshot()
    let step = GraphPolicy.nextStep(of: snapshot, isResting: isResting, budget: budget(of: snapshot))
    guard step != nil || snapshot.table.wantsCompaction else {
      if !isResting { builder.whenResting { [weak self] in self?.maintain(isResting: true) } }
      return
    }
    builder.run(isLoad: step?.isLoad ?? false) { [weak self] pool in
      guard let self else { return false }
      // Graphs first: while changes go on, rows without a point are made again and again, and closing them up would never end.
      let snapshot = self.snapshot()
      guard let step = GraphPolicy.nextStep(of: snapshot, isResting: isResting, budget: budget(of: snapshot)) else {
        return !snapshot.table.wantsCompaction || compact()
      }
      return build(step, of: snapshot, pool)
    } next: { [weak self] in
      self?.maintain()
    }
  }

  /// Builds a graph; false if that fails.
  private func build(_ step: GraphPolicy.Step, of snapshot: PointSnapshot, _ pool: WorkerPool) -> Bool {
    guard var graph = GraphFiles.build(step, of: snapshot.table, pool: pool, notices: noticed), !builder.isStopped else { return false }
    let files = graphFiles
    let record = files.write(graph, column: step.column)
    // Where memory is counted, the system may drop the pages of the file; what was built goes.
    if budget(of: snapshot) != nil, let record, let mapped = try? files.open(record) { graph = mapped }
    let built = graph
    let done: Void? = try? database.writeNow { db in
      files.register(record, replacing: step.replaced, db)
      publishGraphs { $0.add(built, column: step.column, replacing: step.replaced) }
    }
    return done != nil
  }

  /// Pages of the file that are given back at a time.
  private static let vacuumedPages = 512

  /// Closes up one block of the table and what became free of the file; false if that fails.
  private func compact() -> Bool {
    let done: Void? = try? database.writeNow { db in
      var batch = ChangeBatch(snapshot(), standardBudget: nil)
      batch.compact()
      try batch.save(db)
      let published = batch.snapshot
      current.withLock { $0 = published }
      try db.execute(sql: "PRAGMA incremental_vacuum(\(Self.vacuumedPages))")
    }
    return done != nil
  }

  /// Waits until all indexes are built that are worth it, and rows are closed up.
  public func settle() async {
    func isDue() -> Bool {
      let snapshot = snapshot()
      return snapshot.table.wantsCompaction || GraphPolicy.nextStep(of: snapshot, budget: budget(of: snapshot)) != nil
    }
    while isIndexing || (database.writer != nil && builder.takesMore && isDue()) { try? await Task.sleep(for: .milliseconds(20)) }
  }
}
