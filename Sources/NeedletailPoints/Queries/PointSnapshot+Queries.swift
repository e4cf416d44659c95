public import NeedletailCore

extension PointSnapshot {
  /// The answers of a query, best first.
  ///
  /// - Parameters:
  ///   - stage: what is asked, with the stages before it.
  ///   - offset: how many of the best are left out; random samples leave out none.
  ///   - part: what of the points is returned.
  ///   - lookup: finds another collection by name.
  public func query(
    _ stage: QueryStage, offset: Int = 0, _ part: PointPart, lookup: @escaping (String) throws(PointError) -> PointSnapshot
  ) throws(PointError) -> [ScoredPoint] {
    let skipped = stage.query == .sample ? 0 : offset
    let execution = QueryExecution(self, stage: stage, lookup: lookup)
    let rows = try execution.run(stage, limit: stage.limit.addingReportingOverflow(skipped).overflow ? .max : stage.limit + skipped)
    return rows.dropFirst(skipped).map { scored($0, part) }
  }

  func scored(_ row: ScoredRow, _ part: PointPart) -> ScoredPoint {
    ScoredPoint(point: point(row.row, part), score: row.score, order: row.order)
  }

  // MARK: groups

  /// A group of answers that share a value.
  public struct Group: Sendable {
    public var value: JSONValue
    public var hits: [ScoredPoint]
  }

  /// The best answers of the best groups. Exact: the groups are those of the best answers, and hold their best.
  ///
  /// Points are grouped by strings and integers; a list puts a point into several groups; a point with any other value
  /// at the path is in none.
  public func groups(
    _ stage: QueryStage, by path: PayloadPath, size: Int, _ part: PointPart, lookup: @escaping (String) throws(PointError) -> PointSnapshot
  ) throws(PointError) -> [Group] {
    let execution = QueryExecution(self, stage: stage, lookup: lookup)
    // Requests may name any numbers; as doubles their product cannot overflow.
    var limit = Int(max(64, min(Double(stage.limit) * Double(size) * 4, Double(table.count))))
    while true {
      let rows = try execution.run(stage, limit: limit)
      let found = collect(rows, by: path, count: stage.limit, size: size)
      guard rows.count >= limit, limit < table.count, !found.isFull else {
        return found.groups.map { group in Group(value: group.value, hits: group.rows.map { scored($0, part) }) }
      }
      limit *= 4
    }
  }

  private func collect(_ rows: [ScoredRow], by path: PayloadPath, count: Int, size: Int) -> (groups: [(value: JSONValue, rows: [ScoredRow])], isFull: Bool) {
    var groups: [(value: JSONValue, rows: [ScoredRow])] = []
    var numbers: [JSONValue: Int] = [:]
    for row in rows {
      for value in groupValues(of: row.row, path) {
        if let number = numbers[value] {
          if groups[number].rows.count < size { groups[number].rows.append(row) }
        } else if groups.count < count {
          numbers[value] = groups.count
          groups.append((value, [row]))
        }
      }
    }
    return (groups, groups.count == count && groups.allSatisfy { $0.rows.count == size })
  }

  private func groupValues(of row: PointRow, _ path: PayloadPath) -> [JSONValue] {
    var found: [JSONValue] = []
    for value in path.values(in: table.payload(of: row)).flatMap(\.opened) {
      switch value {
      case .string, .integer: if !found.contains(value) { found.append(value) }
      default: return []
      }
    }
    return found
  }

  // MARK: facets

  /// How many points that satisfy a filter have each value of a field, most frequent first.
  public func facets(_ path: PayloadPath, _ filter: PointFilter?, limit: Int) throws(PointError) -> [(value: JSONValue, count: Int)] {
    guard let index = settings.indexes[path.text], index.servesFacets else {
      throw .wrongInput(
        "No appropriate index for faceting: `\(path.text)`. Please create one to facet on this field. "
          + "Check https://qdrant.tech/documentation/concepts/indexing/#payload-index to see which payload schemas support Match conditions")
    }
    let selection = selection(filter.map { [$0] } ?? [])
    var counts: [JSONValue: Int] = [:]
    for (number, block) in table.blocks.enumerated() where !selection.masks[number].isEmpty {
      for (value, mask) in block.columns.column(path, of: block).facetValues where index.counts(value) {
        let count = (mask & selection.masks[number]).count
        if count > 0 { counts[value, default: 0] += count }
      }
    }
    let sorted = counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key.facetPrecedes($1.key) }
    return sorted.prefix(limit).map { ($0.key, $0.value) }
  }

  /// How many points have a value that an index is about.
  public func indexedCount(_ field: String) -> Int {
    guard let index = settings.indexes[field], let path = PayloadPath(field) else { return 0 }
    return table.blocks.reduce(0) { $0 + ($1.columns.column(path, of: $1).mask(of: index.kind) & $1.live).count }
  }

  // MARK: matrix

  /// The nearest of a random sample among each other: for each sampled point, in the order of ids, its nearest others.
  public func matrix(
    sample: Int, limit: Int, using: String, _ filter: PointFilter?
  ) throws(PointError) -> [(id: PointID, nearest: [(id: PointID, score: Float)])] {
    guard let column = table.schema.columns[using], let settings = table.schema[using] else { throw .noVector(using) }
    var selection = selection(filter.map { [$0] } ?? [])
    var rows: [PointRow] = []
    for (number, block) in table.blocks.enumerated() {
      (selection.masks[number] & block.vectors[column].present).forEach { rows.append(PointRow(number << 8 | $0)) }
    }
    rows.shuffle()
    rows = Array(rows.prefix(sample)).sorted { table.id(of: $0) < table.id(of: $1) }
    guard rows.count > 1 else { return [] }
    selection = self.selection(rows: rows)
    var matrix: [(id: PointID, nearest: [(id: PointID, score: Float)])] = []
    for row in rows {
      guard let vector = table.vector(column, of: row) else { continue }
      let scorer = ExampleScorer(.nearest, examples: [vector], column: column, settings: settings)
      let found = try best(scorer, in: selection, limit: min(limit, table.count) + 1, parameters: PointSearchParameters(isExact: true))
      let others = found.filter { $0.row != row }.prefix(limit)
      matrix.append((table.id(of: row), others.map { (table.id(of: $0.row), settings.distance.reported($0.score)) }))
    }
    return matrix
  }
}

extension PayloadIndex {
  /// Whether facets over the index count a value.
  func counts(_ value: JSONValue) -> Bool {
    switch (kind, value) {
    case (.keyword, .string), (.integer, .integer), (.bool, .bool): true
    case (.uuid, .string(let text)): PointID(uuid: text) != nil
    default: false
    }
  }
}

extension JSONValue {
  /// The order of equally frequent facet values.
  func facetPrecedes(_ other: JSONValue) -> Bool {
    switch (self, other) {
    case (.string(let left), .string(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
    case (.integer(let left), .integer(let right)): left < right
    case (.bool(let left), .bool(let right)): !left && right
    default: false
    }
  }
}
