public import NeedletailCore

/// A point as it is written.
public struct PointWrite: Hashable, Sendable {
  public var id: PointID
  public var vectors: NamedVectors
  public var payload: Payload

  public init(id: PointID, vectors: NamedVectors = [:], payload: Payload = [:]) {
    self.id = id
    self.vectors = vectors
    self.payload = payload
  }
}

/// Which points an operation changes.
public enum PointSelection: Hashable, Sendable {
  case ids([PointID])
  case filter(PointFilter)
}

/// Which points an upsert may touch.
public enum UpsertMode: String, Hashable, Sendable {
  case upsert
  case insertOnly = "insert_only"
  case updateOnly = "update_only"
}

/// A change of points. Each one is done as a whole or not at all.
public enum PointOperation: Hashable, Sendable {
  /// Puts points in place of those of the same ids; existing ones only where they satisfy the condition.
  case upsert([PointWrite], condition: PointFilter? = nil, mode: UpsertMode = .upsert)
  case delete(PointSelection)
  /// Puts some vectors of existing points.
  case updateVectors([PointWrite], condition: PointFilter? = nil)
  case deleteVectors(PointSelection, names: [String])
  /// Merges members into the payload, or into the object at a path; null removes a member.
  case setPayload(Payload, PointSelection, path: PayloadPath? = nil)
  case overwritePayload(Payload, PointSelection)
  case deletePayload([PayloadPath], PointSelection)
  case clearPayload(PointSelection)
}

/// The rows that operations touched, for writing them to the database.
struct ChangedRows {
  var rows: Set<PointRow> = []
}
