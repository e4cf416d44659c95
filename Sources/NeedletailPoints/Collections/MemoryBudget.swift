internal import NeedletailCore

/// What a collection may take of the memory that cannot be dropped, indexes under construction included.
///
/// Changes that would take more are refused, with what is needed for a small graph kept free; graphs are built in parts that fit
/// into what is left, and are mapped from their files once they are written.
struct MemoryBudget: Sendable, Hashable {
  /// In bytes.
  let limit: Int

  /// The budget of the settings, or else the one that holds for all collections; nil for none.
  init?(_ settings: PointCollectionSettings, standard: Int?) {
    if case .object(let members)? = settings.options["memory_config"], let mebibytes = members["max_resident_mb"]?.double, mebibytes > 0 {
      limit = Int(min(mebibytes, 1e9)) << 20
    } else if let standard {
      limit = standard
    } else {
      return nil
    }
  }

  // MARK: changes

  /// Refuses a change that would take more.
  func check(_ operation: PointOperation, in table: PointTable, _ context: FilterContext) throws(PointError) {
    let used = table.residentBytes
    let needed = needed(by: operation, in: table, context)
    guard needed > 0, used + needed > limit - reserve(table) else { return }
    throw .strict(
      "Memory budget reached: the collection takes \(used >> 20) of \(limit >> 20) MiB, \(reserve(table) >> 20) of which are kept free for its indexes. "
        + "Help: Delete points, or raise `memory_config.max_resident_mb`.")
  }

  /// What a change takes at most beside what it replaces.
  private func needed(by operation: PointOperation, in table: PointTable, _ context: FilterContext) -> Int {
    switch operation {
    case .upsert(let points, _, let mode):
      points.reduce(0) { sum, point in
        guard let row = table.row(of: point.id) else {
          return mode == .updateOnly ? sum : sum + point.payload.byteCount + 96 + needed(by: point.vectors, of: nil, in: table)
        }
        guard mode != .insertOnly else { return sum }
        return sum + max(0, point.payload.byteCount - table.payload(of: row).byteCount) + needed(by: point.vectors, of: row, in: table)
      }
    case .updateVectors(let points, _):
      points.reduce(0) { sum, point in sum + (table.row(of: point.id).map { needed(by: point.vectors, of: $0, in: table) } ?? 0) }
    case .setPayload(let payload, let selection, _), .overwritePayload(let payload, let selection):
      payload.byteCount * table.rows(of: selection, in: context).count
    case .delete, .deleteVectors, .deletePayload, .clearPayload: 0
    }
  }

  /// What vectors take, with their codes, beside those of the same names that a point has.
  private func needed(by vectors: NamedVectors, of row: PointRow?, in table: PointTable) -> Int {
    vectors.reduce(0) { sum, vector in
      let (bytes, column) = (vector.value.byteCount, table.schema.columns[vector.key])
      let old = row.flatMap { row in column.map { table.blocks[Int(row >> 8)].vectors[$0].byteCount(at: Int(row & 255)) } } ?? 0
      return sum + max(0, bytes + bytes / 4 - old - old / 4)
    }
  }

  /// What is kept free, so that graphs can be built however full the rest is: an eighth, more where that is little, a quarter at most.
  private func reserve(_ table: PointTable) -> Int {
    let largest = table.schema.columns.values.map { table.schema.settings[$0] }.filter(\.allowsGraph).map(\.size).max()
    return largest.map { min(limit / 4, max(limit / 8, Self.fixedBytes + 2 * Self.smallestBuild * Self.bytesWhileBuilding(size: $0))) } ?? 0
  }

  // MARK: graphs

  /// A graph over fewer rows is not worth its search.
  static let smallestBuild = 2_048
  private static let fixedBytes = 2 << 20

  /// What a row takes at most while it is built into a graph: its floats, halves and codes, and the links before and after they are chosen.
  static func bytesWhileBuilding(size: Int) -> Int { 7 * size + 1_024 }

  /// How many rows a graph may be built over beside what is in memory.
  func largestBuild(beside resident: Int, size: Int) -> Int {
    max(0, (limit - resident - Self.fixedBytes) / Self.bytesWhileBuilding(size: size))
  }
}
