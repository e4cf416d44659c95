internal import HTTPTypes
internal import NeedletailCore
internal import NeedletailPoints

extension PointInterface {
  /// `/collections/{name}`
  func collection(_ name: String, _ call: PointCall) async throws -> PointAnswer? {
    _ = try call.timeout()
    let library = try service.library()
    switch call.method {
    case .get:
      let description = CollectionDescription(try library.collection(name))
      return .result { description.write(&$0) }
    case .put:
      try PointCollectionSettings.check(collectionName: name)
      try library.create(name, try PointCollectionSettings.decode(try call.optionalFields()))
      return .done
    case .patch:
      let fields = try call.optionalFields()
      try await update(try library.collection(name), fields)
      return .done
    case .delete:
      let wasThere = try library.remove(name)
      return .result { $0.bool(wasThere) }
    default: return nil
    }
  }

  /// What may change of a vector once there are points.
  private static let changeable: Set<String> = ["hnsw_config", "quantization_config", "on_disk", "memory", "index", "modifier"]

  private func update(_ collection: PointCollection, _ fields: JSONFields) async throws {
    var options = try PointCollectionSettings.options(fields)
    if options["quantization_config"] == .string("Disabled") { options["quantization_config"] = .null }
    if let parameters = try fields.object("params") {
      for name in ["replication_factor", "write_consistency_factor", "on_disk_payload"] {
        if let node = parameters[name] { options[name] = node.value }
      }
    }
    var vectors: [String: Payload] = [:]
    for group in ["vectors", "sparse_vectors"] {
      for (name, node) in fields[group]?.members ?? [:] { vectors[name] = (node.payload ?? [:]).filter { Self.changeable.contains($0.key) } }
    }
    try await collection.update(options: options, vectors: vectors)
  }

  /// `/collections/{name}/index`
  func index(_ name: String, _ rest: [String], _ call: PointCall) async throws -> PointAnswer? {
    let waits = try call.waits()
    let collection = try service.library().collection(name)
    let operation: UInt64
    switch (call.method, rest.count) {
    case (.put, 0):
      let fields = try call.fields()
      let field = try fields.path("field_name")
      // Without a schema a field is what clients of old took it for.
      let index = try PayloadIndex.decode(fields["field_schema", "field_type"] ?? .string("keyword"))
      operation = try await collection.createIndex(on: field.text, index)
    case (.delete, 1): operation = try await collection.deleteIndex(on: rest[0])
    default: return nil
    }
    return .result { $0.update(operation, isWaitedFor: waits) }
  }

  /// `/collections/{name}/vectors/{vector}`
  func vector(_ vector: String, of name: String, _ call: PointCall) async throws -> PointAnswer? {
    let waits = try call.waits()
    let collection = try service.library().collection(name)
    let operation: UInt64
    switch call.method {
    case .put:
      try PointCollectionSettings.check(vectorName: vector)
      let fields = try call.fields()
      if let dense = fields["dense"] {
        operation = try await collection.addVector(vector, try VectorSettings.decode(dense, place: "dense."))
      } else if let sparse = fields["sparse"]?.payload {
        operation = try await collection.addVector(vector, VectorSettings(sparse: sparse.withoutNulls))
      } else {
        throw PointError.format("either `dense` or `sparse` has to be given")
      }
    case .delete: operation = try await collection.removeVector(vector)
    default: return nil
    }
    return .result { $0.update(operation, isWaitedFor: waits) }
  }

  func optimizations(_ name: String, _ call: PointCall) throws -> PointAnswer {
    let collection = try service.library().collection(name)
    let count = collection.snapshot().count
    let wanted = Set((call.query["with"] ?? "").split(separator: ",").map { $0.filter { $0 != " " } })
    return .result { writer in
      writer.object { writer in
        writer.member("summary") { writer in
          writer.object { writer in
            for name in ["queued_optimizations", "queued_segments", "queued_points"] { writer.member(name) { $0.integer(0) } }
            writer.member("idle_segments") { $0.integer(count > 0 ? 1 : 0) }
          }
        }
        writer.member("running") { $0.array { _ in } }
        for name in ["queued", "completed", "idle_segments"] where wanted.contains(name) { writer.member(name) { $0.array { _ in } } }
      }
    }
  }

  /// `/collections/{name}/memory`, which is Needletail's own.
  func memory(_ name: String) throws -> PointAnswer {
    let memory = try service.library().collection(name).memory
    return .result { $0.memory(memory) }
  }

  func cluster(_ name: String, _ call: PointCall) throws -> PointAnswer? {
    let count = try service.library().collection(name).snapshot().count
    guard call.method == .get else { throw PointError.badRequest("Qdrant is running in standalone mode") }
    return .result { writer in
      writer.object { writer in
        writer.member("peer_id") { $0.integer(1) }
        writer.member("shard_count") { $0.integer(1) }
        writer.member("local_shards") { writer in
          writer.array { writer in
            writer.object { writer in
              writer.member("shard_id") { $0.integer(0) }
              writer.member("points_count") { $0.integer(count) }
              writer.member("state") { $0.string("Active") }
            }
          }
        }
        for name in ["remote_shards", "shard_transfers"] { writer.member(name) { $0.array { _ in } } }
      }
    }
  }

  /// `/collections/{name}/shards/…`: the only shard is the collection.
  func shards(_ name: String, _ rest: [String], _ call: PointCall) async throws -> PointAnswer? {
    if rest.count >= 2, rest[0] == "0", rest[1].hasPrefix("snapshot") { return try await snapshots(name, Array(rest.dropFirst(2)), call) }
    if rest.isEmpty, call.method == .get { return .result { $0.object { $0.member("shard_keys") { $0.array { _ in } } } } }
    throw PointError.badRequest("Qdrant is running in standalone mode")
  }
}
