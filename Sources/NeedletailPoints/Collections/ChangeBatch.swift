internal import GRDB
internal import NeedletailCore
internal import NeedletailStore

/// A change that waits for its turn.
struct PendingChange: Sendable {
  enum Work: Sendable {
    case operation(PointOperation)
    case settings(@Sendable (inout PointCollectionSettings, inout PointTable) throws(PointError) -> Void)
  }

  let work: Work
  let continuation: CheckedContinuation<Result<UInt64, PointError>, Never>
}

/// Some changes on their way into the database.
struct ChangeBatch {
  private let name: String
  private var settings: PointCollectionSettings
  private var table: PointTable
  private var changed = ChangedRows()
  private var hasNewSettings = false

  private let standardBudget: Int?

  init(_ snapshot: PointSnapshot, standardBudget: Int?) {
    self.standardBudget = standardBudget
    name = snapshot.name
    settings = snapshot.settings
    table = snapshot.table
  }

  /// Carries out one change; one that fails has no effect on the others.
  mutating func carryOut(_ work: PendingChange.Work) -> Result<UInt64, PointError> {
    do throws(PointError) {
      switch work {
      case .operation(let operation):
        try table.check(operation)
        try StrictMode(settings).check(operation, in: table)
        let context = FilterContext(indexes: settings.indexes, columns: table.schema.columns)
        try MemoryBudget(settings, standard: standardBudget)?.check(operation, in: table, context)
        table.apply(operation, in: context, changed: &changed)
      case .settings(let change):
        var (settings, table) = (settings, table)
        try change(&settings, &table)
        table.operation += 1
        (self.settings, self.table) = (settings, table)
        self.settings.schema = table.schema
        hasNewSettings = true
      }
      return .success(table.operation)
    } catch {
      return .failure(error)
    }
  }

  /// Closes up a block of the table.
  mutating func compact() { table.compact(changed: &changed) }

  /// Writes the changed rows.
  func save(_ db: Database) throws {
    guard !changed.rows.isEmpty || hasNewSettings else { return }
    try db.transaction {
      for row in changed.rows.sorted() {
        if table.isLive(row) { try PointRecord(row, of: table).insert(db) } else { try PointRecord.delete(row, db) }
      }
      if hasNewSettings { try db.execute(sql: "UPDATE collection SET settings = ?", arguments: [settings.text]) }
      try db.cachedStatement(sql: "UPDATE collection SET operation = ?").execute(arguments: [Int64(bitPattern: table.operation)])
    }
  }

  var snapshot: PointSnapshot { PointSnapshot(name: name, settings: settings, table: table) }
}
