public import NeedletailCore
internal import NeedletailIndex
internal import Synchronization

/// The points of a collection at one moment. Searches on it are synchronous, run side by side and never wait for a writer.
public final class PointSnapshot: Sendable {
  /// The name of the collection.
  public let name: String
  public let settings: PointCollectionSettings
  let table: PointTable
  let context: FilterContext
  private let order = Mutex<[PointRow]?>(nil)
  private let everything = Mutex<RowSelection?>(nil)
  /// By column.
  private let uncovered = Mutex<[Int: [BlockRows]]>([:])

  init(name: String, settings: PointCollectionSettings, table: PointTable) {
    self.name = name
    self.settings = settings
    self.table = table
    context = FilterContext(indexes: settings.indexes, columns: table.schema.columns)
  }

  /// How many points there are.
  public var count: Int { table.count }
  /// The number of the last change.
  public var operation: UInt64 { table.operation }
  /// How many vectors the points have.
  public var vectorCount: Int { table.schema.columns.values.reduce(0) { $0 + table.vectorCount($1) } }
  /// How many vectors an index covers; the others are compared one by one.
  public var indexedVectorCount: Int { table.graphs.values.reduce(0) { $0 + $1.covered.count } }

  /// All rows in the order of their ids. Made when it is first asked for.
  var rowsByID: [PointRow] {
    order.withLock { order in
      if let order { return order }
      var pairs: [(id: PointID, row: PointRow)] = []
      pairs.reserveCapacity(table.count)
      for (number, block) in table.blocks.enumerated() {
        block.live.forEach { pairs.append((block.ids[$0], PointRow(number << 8 | $0))) }
      }
      pairs.sort { $0.id < $1.id }
      let rows = pairs.map(\.row)
      order = rows
      return rows
    }
  }

  // MARK: selections

  /// Which rows count, block by block.
  struct RowSelection {
    var masks: [BlockMask]
    /// Whether it is all there are: nobody has to count or compare then.
    var isWhole = false

    /// Also of rows that the table has given up, which graphs still name: they do not count.
    func contains(_ row: PointRow) -> Bool { row >> 8 < masks.count && masks[Int(row >> 8)].contains(Int(row & 255)) }
    var count: Int { masks.reduce(0) { $0 + $1.count } }
  }

  /// Some rows of a block.
  struct BlockRows {
    var block: Int
    var mask: BlockMask
  }

  /// The rows of a selection that have a vector that no graph finds.
  func uncovered(_ column: Int, in selection: RowSelection) -> [BlockRows] {
    guard !selection.isWhole else {
      return uncovered.withLock { known in
        if let found = known[column] { return found }
        let found = findUncovered(column, in: selection)
        known[column] = found
        return found
      }
    }
    return findUncovered(column, in: selection)
  }

  private func findUncovered(_ column: Int, in selection: RowSelection) -> [BlockRows] {
    let (blocks, covered) = (table.blocks, table.graphs[column]?.covered ?? RowSet())
    var found: [BlockRows] = []
    for number in blocks.indices {
      let mask = (selection.masks[number] & blocks[number].vectors[column].present).subtracting(covered.mask(ofBlock: number))
      if !mask.isEmpty { found.append(BlockRows(block: number, mask: mask)) }
    }
    return found
  }

  /// The rows that satisfy all filters, without some.
  func selection(_ filters: [PointFilter], excluding rows: Set<PointRow> = []) -> RowSelection {
    guard filters.isEmpty, rows.isEmpty else { return select(filters, excluding: rows) }
    return everything.withLock { everything in
      if let everything { return everything }
      var made = select([], excluding: [])
      made.isWhole = true
      everything = made
      return made
    }
  }

  private func select(_ filters: [PointFilter], excluding rows: Set<PointRow>) -> RowSelection {
    // By number: a block is not copied where only its mask is wanted.
    let blocks = table.blocks
    var masks: [BlockMask] = []
    masks.reserveCapacity(blocks.count)
    for number in blocks.indices {
      var mask = blocks[number].live
      for filter in filters where !mask.isEmpty { mask = mask & blocks[number].mask(filter, in: context) }
      masks.append(mask)
    }
    for row in rows { masks[Int(row >> 8)].remove(Int(row & 255)) }
    return RowSelection(masks: masks)
  }

  func selection(rows: some Sequence<PointRow>) -> RowSelection {
    var masks = [BlockMask](repeating: .none, count: table.blocks.count)
    for row in rows { masks[Int(row >> 8)].insert(Int(row & 255)) }
    return RowSelection(masks: masks)
  }

  // MARK: reading

  /// How many points satisfy a filter.
  public func count(_ filter: PointFilter?) -> Int {
    guard let filter else { return table.count }
    return selection([filter]).count
  }

  /// The points of these ids that exist, in this order.
  public func points(_ ids: [PointID], _ part: PointPart) -> [StoredPoint] {
    ids.compactMap { table.row(of: $0) }.map { point($0, part) }
  }

  func point(_ row: PointRow, _ part: PointPart) -> StoredPoint {
    StoredPoint(
      id: table.id(of: row), version: table.version(of: row), payload: part.payload.part(of: table.payload(of: row)),
      vectors: part.vectors.part(of: table, row))
  }

  /// Points in the order of their ids from `offset` on, and the id of the first one after them.
  public func scroll(_ filter: PointFilter?, from offset: PointID?, limit: Int, _ part: PointPart) -> (points: [StoredPoint], next: PointID?) {
    let selection = filter.map { self.selection([$0]) }
    let rows = rowsByID
    var position = offset.map { offset in
      var (low, high) = (0, rows.count)
      while low < high {
        let middle = (low + high) / 2
        if table.id(of: rows[middle]) < offset { low = middle + 1 } else { high = middle }
      }
      return low
    } ?? 0
    var found: [StoredPoint] = []
    while position < rows.count {
      let row = rows[position]
      position += 1
      guard selection?.contains(row) ?? true else { continue }
      guard found.count < limit else { return (found, table.id(of: row)) }
      found.append(point(row, part))
    }
    return (found, nil)
  }
}

/// A point with what was asked for of it.
public struct StoredPoint: Sendable {
  public var id: PointID
  /// The number of the operation that last changed it.
  public var version: UInt64
  /// Nil if it was not asked for.
  public var payload: Payload?
  /// Nil if they were not asked for.
  public var vectors: NamedVectors?
}

/// What of each point an answer carries.
public struct PointPart: Hashable, Sendable {
  public var payload: PayloadSelection
  public var vectors: VectorSelection

  public init(payload: PayloadSelection = .none, vectors: VectorSelection = .none) {
    self.payload = payload
    self.vectors = vectors
  }
}

/// Which vectors an answer carries.
public enum VectorSelection: Hashable, Sendable {
  case none
  case all
  case named([String])

  func part(of table: PointTable, _ row: PointRow) -> NamedVectors? {
    switch self {
    case .none: nil
    case .all: table.vectors(of: row)
    case .named(let names):
      names.reduce(into: [:]) { found, name in
        if let column = table.schema.columns[name] { found[name] = table.vector(column, of: row) }
      }
    }
  }
}
