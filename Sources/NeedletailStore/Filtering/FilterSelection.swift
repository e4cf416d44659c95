internal import Foundation
internal import GRDB
internal import NeedletailCore
internal import NeedletailIndex

/// What a filter allows in a snapshot: a set of rows for each part.
struct FilterSelection: Sendable {
  let rows: [RowSet]

  /// Evaluates the filter in SQLite, which answers with runs of passages, and maps them to the rows that still count.
  init(_ filter: Filter, in snapshot: Snapshot) throws(StoreError) {
    let runs = try snapshot.passages(matching: filter)
    rows = snapshot.parts.map { part in
      var rows = RowSet()
      for range in runs { rows.insert(rows: part.passages.rows(in: range)) }
      return part.deleted.isEmpty ? rows : rows.subtracting(part.deleted)
    }
  }
}

extension Snapshot {
  /// The passages of the documents that satisfy a filter, in ascending order.
  fileprivate func passages(matching filter: Filter) throws(StoreError) -> [Range<PassageID>] {
    let condition = try FilterCompiler.condition(for: filter)
    return try context.database.read { db in
      let sql = "SELECT firstPassage, passageCount FROM document WHERE passageCount > 0 AND \(condition.sql) ORDER BY number"
      var ranges: [Range<PassageID>] = []
      let rows = try Row.fetchCursor(db, sql: sql, arguments: StatementArguments(condition.arguments))
      while let row = try rows.next() {
        let first: PassageID = row[0]
        let end = first + (row[1] as PassageID)
        if let last = ranges.last, last.upperBound == first {
          ranges[ranges.count - 1] = last.lowerBound..<end
        } else {
          ranges.append(first..<end)
        }
      }
      return ranges
    }
  }
}

/// The selections of the filters used last.
struct SelectionCache: Sendable {
  /// A selection takes an eighth of a byte for each passage.
  private static let capacity = 64

  private var selections: [Filter: (selection: FilterSelection, lastUse: Int)] = [:]
  private var clock = 0

  mutating func selection(for filter: Filter) -> FilterSelection? {
    clock += 1
    guard let entry = selections[filter] else { return nil }
    selections[filter]?.lastUse = clock
    return entry.selection
  }

  mutating func insert(_ selection: FilterSelection, for filter: Filter) {
    if selections.count >= Self.capacity, let oldest = selections.min(by: { $0.value.lastUse < $1.value.lastUse }) {
      selections[oldest.key] = nil
    }
    selections[filter] = (selection, clock)
  }
}
