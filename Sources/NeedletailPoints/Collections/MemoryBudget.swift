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
  func check(_ operation: PointOperation, in table: PointTable) throws(PointError) {
    let used = table.byteCount
    var needed = 0
    switch operation {
    case .upsert(let points, _, let mode):
      for point in points {
        if let row = table.row(of: point.id) {
          needed += max(0, point.payload.byteCount - table.payload(of: row).byteCount)
        } else if mode != .updateOnly {
          needed += point.vectors.values.reduce(point.payload.byteCount + 96) { $0 + $1.byteCount + $1.byteCount / 4 }
        }
      }
    case .updateVectors, .setPayload, .overwritePayload: needed = 1
    case .delete, .deleteVectors, .deletePayload, .clearPayload: return
    }
    guard needed > 0, used + needed > limit - reserve(table) else { return }
    throw .strict(
      "Memory budget reached: the collection takes \(used >> 20) of \(limit >> 20) MiB, \(reserve(table) >> 20) of which are kept free for its indexes. "
        + "Help: Delete points, or raise `memory_config.max_resident_mb`.")
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
