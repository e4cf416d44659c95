public import NeedletailCore

extension PointCollection {
  /// Declares an index on a path of payload, in place of the one it may have.
  @discardableResult
  public func createIndex(on field: String, _ index: PayloadIndex) async throws(PointError) -> UInt64 {
    try await reconfigure { settings, _ throws(PointError) in
      if settings.indexes[field] == nil { try StrictMode(settings).checkNewIndex() }
      settings.indexes[field] = index
    }
  }

  /// Drops the index on a path; one that is not there counts as dropped.
  @discardableResult
  public func deleteIndex(on field: String) async throws(PointError) -> UInt64 {
    try await reconfigure { settings, _ in settings.indexes[field] = nil }
  }

  /// Adds a named vector, which no point has yet. Adding it again with the same settings is harmless.
  @discardableResult
  public func addVector(_ name: String, _ vector: VectorSettings) async throws(PointError) -> UInt64 {
    try await reconfigure { settings, table throws(PointError) in
      if let existing = table.schema[name] {
        guard existing == vector else { throw .wrongInput("Vector `\(name)` already exists with a different configuration") }
        return
      }
      table.addVector(name, vector)
    }
  }

  /// Removes a named vector from all points.
  @discardableResult
  public func removeVector(_ name: String) async throws(PointError) -> UInt64 {
    try await reconfigure { _, table throws(PointError) in
      guard table.schema[name] != nil else { throw .noVector(name) }
      table.removeVector(name)
    }
  }

  /// Changes settings that are only echoed, or steer how indexes are built.
  ///
  /// - Parameters:
  ///   - options: merged group by group; null removes a member.
  ///   - vectors: members that are merged into the settings of vectors.
  @discardableResult
  public func update(options: Payload, vectors: [String: Payload] = [:]) async throws(PointError) -> UInt64 {
    try await reconfigure { settings, table throws(PointError) in
      for (name, changes) in vectors {
        guard var vector = table.schema[name] else { throw .noVector(name) }
        PayloadPath.merge(changes, into: &vector.original)
        if vector.kind == .sparse { vector = VectorSettings(sparse: vector.original) }
        table.updateVector(name, vector)
      }
      for (group, value) in options {
        switch (settings.options[group], value) {
        case (.object(var members)?, .object(let changes)):
          PayloadPath.merge(changes, into: &members)
          settings.options[group] = .object(members)
        case (_, .object(let changes)): settings.options[group] = .object(changes.filter { $0.value != .null })
        case (_, .null): settings.options[group] = nil
        default: settings.options[group] = value
        }
      }
    }
  }
}
