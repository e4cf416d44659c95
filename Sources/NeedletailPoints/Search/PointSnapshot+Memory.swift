internal import NeedletailCore
internal import NeedletailIndex

/// The memory of a collection of points, by what it is for, in bytes. Payload is estimated from its values; columns of payload
/// that filters asked for are not counted.
public struct PointMemory: Hashable, Sendable {
  /// Vectors as they are compared exactly.
  public var vectors = 0
  /// Short forms of vectors that are in no graph yet.
  public var codes = 0
  public var payload = 0
  /// Ids, versions and where each point is.
  public var points = 0
  /// Codes and links of graphs in memory: those that were built since the start where no budget is set, and which rows each has.
  public var graphs = 0
  /// Those in mapped files, whose pages the system loads and drops as it sees fit.
  public var mappedGraphs = 0
  /// How much of the mapped files is in memory now; 0 where the system does not say.
  public var mappedResident = 0
  /// What the collection may take; nil for as much as there is.
  public var budget: Int?

  /// What cannot be dropped.
  public var resident: Int { vectors + codes + payload + points + graphs }

  /// The parts by their names, in order.
  public var parts: [(name: String, bytes: Int)] {
    [("vectors", vectors), ("codes", codes), ("payload", payload), ("points", points), ("graphs", graphs), ("mapped_graphs", mappedGraphs)]
  }
}

extension PointSnapshot {
  /// What the points and their graphs take. How much of the mapped files is in memory is asked of `PointCollection.memory`.
  public var memory: PointMemory {
    var memory = PointMemory()
    for number in table.blocks.indices {
      for column in table.blocks[number].vectors {
        memory.vectors += column.vectorBytes
        memory.codes += column.codeBytes
      }
      memory.points += table.blocks[number].pointBytes
      memory.payload += table.blocks[number].payloadBytes
    }
    for graph in table.graphs.values.flatMap(\.graphs) {
      let footprint = graph.index.footprint
      if footprint.isMapped { memory.mappedGraphs += footprint.totalBytes }
      memory.graphs += graph.residentBytes
    }
    return memory
  }

  /// The same as `memory.resident`, which is known without looking at the blocks.
  package var residentBytes: Int { table.residentBytes }
}

extension Payload {
  /// About what a payload takes, with the memory of what it holds.
  var byteCount: Int { isEmpty ? 0 : JSONValue.object(self).byteCount }
}

extension JSONValue {
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
