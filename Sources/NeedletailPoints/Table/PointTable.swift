internal import HashTreeCollections
internal import NeedletailCore
internal import NeedletailIndex

/// The number of a point inside: block times 256 plus place. It stays with the point while the point exists.
typealias PointRow = UInt32

/// All points of a collection at one moment. A value whose copies share what they have in common.
struct PointTable: Sendable {
  private(set) var schema: VectorSchema
  private(set) var blocks: [PointBlock] = []
  private(set) var rows = TreeDictionary<PointID, PointRow>()
  /// Rows without a point, the next to use last.
  private var free: [PointRow] = []
  /// The number of the last operation.
  var operation: UInt64 = 0
  /// By column.
  var graphs: [Int: VectorGraphs] = [:]

  init(schema: VectorSchema) { self.schema = schema }

  var count: Int { rows.count }
  /// About what the points take in memory.
  var byteCount: Int { blocks.indices.reduce(0) { $0 + blocks[$1].byteCount } }

  func row(of id: PointID) -> PointRow? { rows[id] }
  func id(of row: PointRow) -> PointID { blocks[Int(row >> 8)].ids[Int(row & 255)] }
  func version(of row: PointRow) -> UInt64 { blocks[Int(row >> 8)].versions[Int(row & 255)] }
  func payload(of row: PointRow) -> Payload { blocks[Int(row >> 8)].payloads[Int(row & 255)] }
  func vector(_ column: Int, of row: PointRow) -> VectorValue? { blocks[Int(row >> 8)].vectors[column][Int(row & 255)] }
  func hasVector(_ column: Int, of row: PointRow) -> Bool { blocks[Int(row >> 8)].vectors[column].present.contains(Int(row & 255)) }
  func isLive(_ row: PointRow) -> Bool { row >> 8 < blocks.count && blocks[Int(row >> 8)].live.contains(Int(row & 255)) }

  /// The vectors a point has, by name.
  func vectors(of row: PointRow) -> NamedVectors {
    schema.columns.compactMapValues { vector($0, of: row) }
  }

  // MARK: changes

  /// Finds a row for a new point, fills it and returns it.
  mutating func insert(_ id: PointID, version: UInt64, payload: Payload) -> PointRow {
    let row: PointRow
    if let reused = free.popLast() {
      row = reused
    } else {
      row = PointRow(nextRow)
      nextRow += 1
    }
    place(id, in: row, version: version, payload: payload)
    return row
  }

  /// The first row that was never used.
  private(set) var nextRow = 0

  private mutating func place(_ id: PointID, in row: PointRow, version: UInt64, payload: Payload) {
    while blocks.count <= Int(row >> 8) { blocks.append(PointBlock(schema)) }
    blocks[Int(row >> 8)].insert(id, at: Int(row & 255), version: version, payload: payload)
    rows[id] = row
  }

  /// Puts a point that was read from the database into its row.
  mutating func load(_ id: PointID, row: PointRow, version: UInt64, payload: Payload) {
    while nextRow < Int(row) {
      free.append(PointRow(nextRow))
      nextRow += 1
    }
    nextRow = Int(row) + 1
    place(id, in: row, version: version, payload: payload)
  }

  mutating func remove(_ row: PointRow) {
    rows[id(of: row)] = nil
    blocks[Int(row >> 8)].remove(at: Int(row & 255))
    // What points of old needed is given back at once where none is left.
    if blocks[Int(row >> 8)].live.isEmpty { blocks[Int(row >> 8)] = PointBlock(schema) }
    free.append(row)
    for column in graphs.keys { graphs[column]?.forget(row) }
  }

  mutating func setPayload(_ payload: Payload, of row: PointRow, version: UInt64) {
    blocks[Int(row >> 8)].setPayload(payload, at: Int(row & 255), version: version)
  }

  mutating func setVector(_ value: VectorValue?, column: Int, of row: PointRow, version: UInt64) {
    blocks[Int(row >> 8)].setVector(value, column: column, at: Int(row & 255), version: version)
    graphs[column]?.forget(row)
  }

  /// Gives up the codes of blocks all of whose vectors graphs find.
  mutating func dropCodesOfCoveredBlocks(_ column: Int) {
    guard schema.settings[column].keepsCodes, let covered = graphs[column]?.covered else { return }
    for number in blocks.indices where blocks[number].vectors[column].present.subtracting(covered.mask(ofBlock: number)).isEmpty {
      blocks[number].dropCodes(column)
    }
  }

  // MARK: compaction

  /// Whether so many rows are without a point that it pays to move some.
  var wantsCompaction: Bool { free.count >= 4 * PointBlock.size && 4 * free.count >= nextRow }

  /// Moves the points of the last block to rows without a point, of which there have to be enough, and gives the block up.
  ///
  /// Points that move take a new version: what was known of their rows is of others.
  mutating func compact(changed: inout ChangedRows) {
    guard wantsCompaction, nextRow > 0 else { return }
    let last = (nextRow - 1) >> 8
    free.removeAll { Int($0 >> 8) == last }
    // The highest are left for later: the end becomes empty soonest.
    free.sort(by: >)
    let places = blocks[last].live
    precondition(free.count >= places.count, "as many rows are without a point as a block has, and more")
    if !places.isEmpty { operation += 1 }
    places.forEach { place in
      guard let target = free.popLast() else { return }
      let source = PointRow(last << 8 | place)
      let (id, payload) = (id(of: source), payload(of: source))
      let vectors = schema.columns.values.map { ($0, vector($0, of: source)) }
      for column in graphs.keys { graphs[column]?.forget(source) }
      self.place(id, in: target, version: operation, payload: payload)
      for (column, value) in vectors where value != nil { setVector(value, column: column, of: target, version: operation) }
      changed.rows.insert(source)
      changed.rows.insert(target)
    }
    blocks.removeLast(blocks.count - last)
    nextRow = last << 8
  }

  // MARK: columns

  mutating func addVector(_ name: String, _ settings: VectorSettings) {
    schema.add(name, settings)
    for block in blocks.indices { blocks[block].addColumn(settings) }
  }

  mutating func updateVector(_ name: String, _ settings: VectorSettings) { schema.update(name, settings) }

  mutating func removeVector(_ name: String) {
    guard let column = schema.columns[name] else { return }
    let settings = schema.settings[column]
    schema.remove(name)
    graphs[column] = nil
    for block in blocks.indices { blocks[block].clearColumn(column, settings) }
  }
}

extension RowSet {
  /// Which rows of a block are in the set.
  func mask(ofBlock number: Int) -> BlockMask {
    var mask = BlockMask.none
    for word in 0..<4 where 4 * number + word < words.count { mask.words[word] = words[4 * number + word] }
    return mask
  }
}
