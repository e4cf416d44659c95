internal import NeedletailCore
internal import NeedletailPoints

/// A change as a request has it: vectors may still be texts.
enum WriteInput: Sendable {
  case upsert([PointInput], condition: PointFilter?, mode: UpsertMode)
  case updateVectors([PointInput], condition: PointFilter?)
  case other(PointOperation)

  /// The operation, with vectors in place of texts.
  func operation(_ vectors: [QueryDocument: VectorValue]) throws(PointError) -> PointOperation {
    func writes(_ inputs: [PointInput]) throws(PointError) -> [PointWrite] {
      var writes: [PointWrite] = []
      writes.reserveCapacity(inputs.count)
      for input in inputs {
        var write = input.write
        for (name, document) in input.documents {
          guard let vector = vectors[document] else { throw .badRequest("the model \(document.model) is not available for inference") }
          write.vectors[name] = vector
        }
        writes.append(write)
      }
      return writes
    }
    switch self {
    case .upsert(let inputs, let condition, let mode): return .upsert(try writes(inputs), condition: condition, mode: mode)
    case .updateVectors(let inputs, let condition): return .updateVectors(try writes(inputs), condition: condition)
    case .other(let operation): return operation
    }
  }

  var documents: [QueryDocument] {
    switch self {
    case .upsert(let inputs, _, _), .updateVectors(let inputs, _): inputs.flatMap { Array($0.documents.values) }
    case .other: []
    }
  }

  // MARK: reading

  /// The names of the operations in a batch.
  static func decode(_ name: String, _ node: JSONNode) throws(PointError) -> WriteInput {
    let fields = try JSONFields(node)
    switch name {
    case "upsert": return try upsert(fields)
    case "delete", "delete_points": return .other(.delete(try selection(fields)))
    case "update_vectors": return try updateVectors(fields)
    case "delete_vectors":
      let names = try fields.strings(fields["vector"] == nil ? "vectors" : "vector") ?? []
      guard !names.isEmpty else { throw .validation(["vector: must be at least 1 items"]) }
      return .other(.deleteVectors(try selection(fields), names: names))
    case "set_payload":
      let path = try fields["key"] == nil ? nil : fields.path("key")
      return .other(.setPayload(try payload(fields), try selection(fields), path: path))
    case "overwrite_payload": return .other(.overwritePayload(try payload(fields), try selection(fields)))
    case "delete_payload":
      var paths: [PayloadPath] = []
      for text in try fields.strings("keys") ?? [] { paths.append(try JSONFields.path(text)) }
      return .other(.deletePayload(paths, try selection(fields)))
    case "clear_payload": return .other(.clearPayload(try selection(fields)))
    default: throw .format("unknown variant `\(name)`")
    }
  }

  private static func payload(_ fields: JSONFields) throws(PointError) -> Payload {
    guard let payload = try fields.required("payload").payload else { throw fields.wrongType("payload", "an object") }
    return payload
  }

  /// The points that a change is about: ids, or a filter.
  static func selection(_ fields: JSONFields) throws(PointError) -> PointSelection {
    if let ids = try fields.list("points") { return .ids(try PointID.decode(list: ids)) }
    if let filter = try PointFilter.decode(fields) { return .filter(filter) }
    throw .format("Either list of point ids or filter must be provided")
  }

  private static func upsert(_ fields: JSONFields) throws(PointError) -> WriteInput {
    var inputs: [PointInput] = []
    if let batch = try fields.object("batch") {
      inputs = try columns(batch)
    } else {
      guard let points = try fields.list("points") else { throw .format("data did not match any variant of untagged enum PointInsertOperations") }
      inputs.reserveCapacity(points.count)
      for (index, node) in points.enumerated() { inputs.append(try point(node, index)) }
    }
    let name = try fields.string("update_mode")
    guard let mode = name.map(UpsertMode.init) ?? .upsert else { throw .format("unknown variant `\(name ?? "")`, expected `upsert`, `insert_only` or `update_only`") }
    return .upsert(inputs, condition: try PointFilter.decode(fields, "update_filter"), mode: mode)
  }

  private static func point(_ node: JSONNode, _ index: Int) throws(PointError) -> PointInput {
    let fields = try JSONFields(node, place: "points[\(index)].")
    var input = PointInput(write: PointWrite(id: try PointID.decode(try fields.required("id"))))
    try input.readVectors(try fields.required("vector"), place: fields.place + "vector")
    if let payload = fields["payload"] {
      guard let payload = payload.payload else { throw fields.wrongType("payload", "an object") }
      input.write.payload = payload
    }
    return input
  }

  /// Points given column by column.
  private static func columns(_ fields: JSONFields) throws(PointError) -> [PointInput] {
    let ids = try PointID.decode(list: try fields.list("ids") ?? [])
    var inputs = ids.map { PointInput(write: PointWrite(id: $0)) }
    func check(_ count: Int, _ what: String) throws(PointError) {
      guard count == ids.count else { throw .validation(["batch: number of ids and \(what) must be equal (\(ids.count) != \(count))"]) }
    }
    func read(_ nodes: [JSONNode], _ name: String) throws(PointError) {
      try check(nodes.count, "vectors")
      for (index, node) in nodes.enumerated() where !node.isNull {
        guard try inputs[index].read(node, name: name, place: "batch.vectors[\(index)]") else { throw .format("`batch.vectors` is no list of vectors") }
      }
    }
    let vectors = try fields.required("vectors")
    if let nodes = vectors.elements {
      try read(nodes, "")
    } else {
      for (name, nodes) in vectors.members ?? [:] { try read(nodes.elements ?? [], name) }
    }
    if let payloads = try fields.list("payloads") {
      try check(payloads.count, "payloads")
      for (index, payload) in payloads.enumerated() { inputs[index].write.payload = payload.payload ?? [:] }
    }
    return inputs
  }

  private static func updateVectors(_ fields: JSONFields) throws(PointError) -> WriteInput {
    var inputs: [PointInput] = []
    for (index, node) in (try fields.list("points") ?? []).enumerated() {
      let point = try JSONFields(node, place: "points[\(index)].")
      var input = PointInput(write: PointWrite(id: try PointID.decode(try point.required("id"))))
      try input.readVectors(try point.required("vector"), place: point.place + "vector")
      guard !input.write.vectors.isEmpty || !input.documents.isEmpty else {
        throw .validation(["points[\(index)].vector: must specify vectors to update for point"])
      }
      inputs.append(input)
    }
    return .updateVectors(inputs, condition: try PointFilter.decode(fields, "update_filter"))
  }
}
