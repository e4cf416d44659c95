internal import NeedletailCore

extension PointTable {
  /// Checks everything that could make an operation fail, so that carrying it out cannot.
  func check(_ operation: PointOperation) throws(PointError) {
    switch operation {
    case .upsert(let points, _, _):
      for point in points { try check(point.vectors) }
    case .updateVectors(let points, _):
      for point in points { try check(point.vectors) }
      for point in points where row(of: point.id) == nil { throw .noPoint(point.id) }
    case .deleteVectors(let selection, let names):
      for name in names where schema[name] == nil { throw .noVector(name) }
      try checkExistence(selection)
    case .setPayload(_, let selection, _), .overwritePayload(_, let selection), .deletePayload(_, let selection), .clearPayload(let selection):
      try checkExistence(selection)
    case .delete: break
    }
  }

  private func checkExistence(_ selection: PointSelection) throws(PointError) {
    guard case .ids(let ids) = selection else { return }
    for id in ids where row(of: id) == nil { throw .noPoint(id) }
  }

  private func check(_ vectors: NamedVectors) throws(PointError) {
    for (name, value) in vectors {
      guard let settings = schema[name] else { throw .noVector(name) }
      try settings.check(value)
    }
  }

  /// Carries out an operation that was checked.
  mutating func apply(_ operation: PointOperation, in context: FilterContext, changed: inout ChangedRows) {
    self.operation += 1
    let version = self.operation
    switch operation {
    case .upsert(let points, let condition, let mode):
      for point in points { upsert(point, condition, mode, version, context, &changed) }
    case .delete(let selection):
      for row in rows(of: selection, in: context) {
        changed.rows.insert(row)
        remove(row)
      }
    case .updateVectors(let points, let condition):
      for point in points {
        guard let row = row(of: point.id), satisfies(row, condition, context) else { continue }
        changed.rows.insert(row)
        for (name, value) in point.vectors { put(value, name, row, version) }
      }
    case .deleteVectors(let selection, let names):
      for row in rows(of: selection, in: context) {
        changed.rows.insert(row)
        for name in names where schema.columns[name] != nil { setVector(nil, column: schema.columns[name] ?? 0, of: row, version: version) }
      }
    case .setPayload(let changes, let selection, let path):
      edit(selection, version, context, &changed) { payload in
        if let path { path.merge(changes, into: &payload) } else { PayloadPath.merge(changes, into: &payload) }
      }
    case .overwritePayload(let payload, let selection):
      edit(selection, version, context, &changed) { $0 = payload }
    case .deletePayload(let paths, let selection):
      edit(selection, version, context, &changed) { payload in for path in paths { path.remove(from: &payload) } }
    case .clearPayload(let selection):
      edit(selection, version, context, &changed) { $0 = [:] }
    }
  }

  private mutating func upsert(
    _ point: PointWrite, _ condition: PointFilter?, _ mode: UpsertMode, _ version: UInt64, _ context: FilterContext, _ changed: inout ChangedRows
  ) {
    let row: PointRow
    if let existing = self.row(of: point.id) {
      guard mode != .insertOnly, satisfies(existing, condition, context) else { return }
      row = existing
      for column in schema.columns.values where hasVector(column, of: row) { setVector(nil, column: column, of: row, version: version) }
      setPayload(point.payload, of: row, version: version)
    } else {
      guard mode != .updateOnly else { return }
      row = insert(point.id, version: version, payload: point.payload)
    }
    changed.rows.insert(row)
    for (name, value) in point.vectors { put(value, name, row, version) }
  }

  private mutating func put(_ value: VectorValue, _ name: String, _ row: PointRow, _ version: UInt64) {
    guard let column = schema.columns[name] else { return }
    setVector(schema.settings[column].stored(schema.settings[column].shaped(value)), column: column, of: row, version: version)
  }

  private mutating func edit(
    _ selection: PointSelection, _ version: UInt64, _ context: FilterContext, _ changed: inout ChangedRows, _ change: (inout Payload) -> Void
  ) {
    for row in rows(of: selection, in: context) {
      changed.rows.insert(row)
      var payload = payload(of: row)
      change(&payload)
      setPayload(payload, of: row, version: version)
    }
  }

  private func satisfies(_ row: PointRow, _ condition: PointFilter?, _ context: FilterContext) -> Bool {
    guard let condition else { return true }
    return condition.holds(subject(row), in: context)
  }

  /// What filters look at of one point.
  func subject(_ row: PointRow) -> PointFilter.Subject {
    PointFilter.Subject(payload: payload(of: row), id: id(of: row), vectorNames: Set(vectors(of: row).keys))
  }

  func rows(of selection: PointSelection, in context: FilterContext) -> [PointRow] {
    switch selection {
    case .ids(let ids): return Set(ids).compactMap { row(of: $0) }
    case .filter(let filter):
      var found: [PointRow] = []
      for (number, block) in blocks.enumerated() {
        block.mask(filter, in: context).forEach { found.append(PointRow(number << 8 | $0)) }
      }
      return found
    }
  }
}

extension VectorSettings {
  /// A value as this vector takes it: a single row for several ones.
  func shaped(_ value: VectorValue) -> VectorValue {
    if kind == .multi, case .dense(let values) = value { return .multi(DenseVectors(dimension: values.count, values: values)) }
    return value
  }

  /// Whether a value can be stored as, or compared with, this vector.
  func check(_ value: VectorValue) throws(PointError) {
    switch (kind, shaped(value)) {
    case (.dense, .dense(let values)): try check(values.count, isFinite: VectorSettings.areFinite(values))
    case (.multi, .multi(let rows)): try check(rows.dimension, isFinite: VectorSettings.areFinite(rows.values))
    case (.sparse, .sparse(let vector)):
      guard vector.values.allSatisfy(\.isFinite) else { throw .wrongInput("a component of the vector is no finite number") }
    case (.sparse, _), (_, .sparse): throw .wrongInput("Conversion between sparse and regular vectors failed")
    case (_, .multi), (.multi, _): throw .wrongInput("Conversion between multi and regular vectors failed")
    }
  }

  private func check(_ count: Int, isFinite: Bool) throws(PointError) {
    guard count == size else { throw .wrongInput("Vector dimension error: expected dim: \(size), got \(count)") }
    guard isFinite else { throw .wrongInput("a component of the vector is no finite number") }
  }
}
