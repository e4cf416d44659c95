internal import HashTreeCollections
internal import NeedletailCore
internal import NeedletailIndex

/// The number of a point inside: block times 256 plus place. It stays with the point until the point goes, or compaction moves it.
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
  /// About what the points take in memory: the sum over the blocks, kept up with each change of one.
  private(set) var byteCount = 0
  /// How many points have a vector, by column; kept up likewise.
  private var vectorCounts: [Int]

  init(schema: VectorSchema) {
    self.schema = schema
    vectorCounts = schema.settings.map { _ in 0 }
  }

  var count: Int { rows.count }
  /// About what points and graphs take of the memory that cannot be dropped.
  var residentBytes: Int { graphs.values.reduce(byteCount) { $0 + $1.residentBytes } }
  /// How many points have a vector.
  func vectorCount(_ column: Int) -> Int { vectorCounts[column] }

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

  /// Changes a block and what is counted of all of them.
  private mutating func change(_ block: Int, _ change: (inout PointBlock) -> Void) {
    tally(block, -1)
    change(&blocks[block])
    tally(block, 1)
  }

  private mutating func tally(_ block: Int, _ sign: Int) {
    byteCount += sign * blocks[block].byteCount
    for column in blocks[block].vectors.indices { vectorCounts[column] += sign * blocks[block].vectors[column].present.count }
  }

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
    change(Int(row >> 8)) { $0.insert(id, at: Int(row & 255), version: version, payload: payload) }
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
    let schema = schema
    change(Int(row >> 8)) { block in
      block.remove(at: Int(row & 255))
      // What points of old needed is given back at once where none is left.
      if block.live.isEmpty { block = PointBlock(schema) }
    }
    free.append(row)
    for column in graphs.keys { graphs[column]?.forget(row) }
  }

  mutating func setPayload(_ payload: Payload, of row: PointRow, version: UInt64) {
    change(Int(row >> 8)) { $0.setPayload(payload, at: Int(row & 255), version: version) }
  }

  mutating func setVector(_ value: VectorValue?, column: Int, of row: PointRow, version: UInt64) {
    change(Int(row >> 8)) { $0.setVector(value, column: column, at: Int(row & 255), version: version) }
    graphs[column]?.forget(row)
  }

  /// Gives up the codes of blocks all of whose vectors graphs find.
  mutating func dropCodesOfCoveredBlocks(_ column: Int) {
    guard schema.settings[column].keepsCodes, let covered = graphs[column]?.covered else { return }
    for number in blocks.indices where blocks[number].vectors[column].present.subtracting(covered.mask(ofBlock: number)).isEmpty {
      change(number) { $0.dropCodes(column) }
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
    for block in last..<blocks.count { tally(block, -1) }
    blocks.removeLast(blocks.count - last)
    nextRow = last << 8
  }

  // MARK: columns

  mutating func addVector(_ name: String, _ settings: VectorSettings) {
    schema.add(name, settings)
    vectorCounts.append(0)
    for block in blocks.indices { change(block) { $0.addColumn(settings) } }
  }

  mutating func updateVector(_ name: String, _ settings: VectorSettings) { schema.update(name, settings) }

  mutating func removeVector(_ name: String) {
    guard let column = schema.columns[name] else { return }
    let settings = schema.settings[column]
    schema.remove(name)
    graphs[column] = nil
    for block in blocks.indices { change(block) { $0.clearColumn(column, settings) } }
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
