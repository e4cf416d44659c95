internal import NeedletailCore
internal import NeedletailIndex

/// The memory of a collection of points, by what it is for, in bytes. Payload is estimated from its values.
public struct PointMemory: Hashable, Sendable {
  /// Vectors as they are compared exactly.
  public var vectors = 0
  public var payload = 0
  /// Ids, versions and where each point is.
  public var points = 0
  /// Codes and links of graphs in memory: those that were built since the start.
  public var graphs = 0
  /// Those in mapped files, whose pages the system loads and drops as it sees fit.
  public var mappedGraphs = 0

  /// What cannot be dropped.
  public var resident: Int { vectors + payload + points + graphs }
}

extension PointSnapshot {
  /// What the points and their graphs take.
  public var memory: PointMemory {
    var memory = PointMemory()
    for block in table.blocks {
      for column in block.vectors { memory.vectors += column.byteCount }
      memory.points += block.ids.count * (MemoryLayout<PointID>.stride + MemoryLayout<UInt64>.stride + 48)
      for payload in block.payloads where !payload.isEmpty { memory.payload += JSONValue.object(payload).byteCount }
    }
    for graph in table.graphs.values.flatMap(\.graphs) {
      let footprint = graph.index.footprint
      if footprint.isMapped { memory.mappedGraphs += footprint.totalBytes } else { memory.graphs += footprint.totalBytes }
      memory.graphs += graph.rows.count * MemoryLayout<PointRow>.stride
    }
    return memory
  }
}

extension VectorColumn {
  fileprivate var byteCount: Int {
    let sparseBytes = sparse.reduce(0) { $0 + ($1.map { 8 * $0.indices.count + 64 } ?? 0) }
    return 4 * dense.count + (codes?.byteCount ?? 0) + sparseBytes + multi.reduce(0) { $0 + ($1.map { 4 * $0.values.count + 32 } ?? 0) }
  }
}

extension JSONValue {
  /// About what a value takes, with the memory of what it holds.
  fileprivate var byteCount: Int {
    let own = MemoryLayout<JSONValue>.stride
    switch self {
    case .string(let text): return own + (text.utf8.count > 15 ? text.utf8.count + 32 : 0)
    case .array(let elements): return own + 32 + elements.reduce(0) { $0 + $1.byteCount }
    case .object(let members): return own + 32 + members.reduce(0) { $0 + 2 * MemoryLayout<String>.stride + $1.key.utf8.count + $1.value.byteCount }
    default: return own
    }
  }
}
