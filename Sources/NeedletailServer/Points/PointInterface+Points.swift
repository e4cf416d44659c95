internal import HTTPTypes
internal import NeedletailCore
internal import NeedletailPoints

extension PointInterface {
  /// `/collections/{name}/points/…`
  func points(_ name: String, _ rest: [String], _ call: PointCall) async throws -> PointAnswer? {
    let collection = try service.library().collection(name)
    try StrictMode(collection.snapshot().settings).check(timeout: try call.timeout())
    switch (call.method, rest) {
    case (.put, []): return try await write("upsert", collection, call)
    case (.post, ["delete"]): return try await write("delete", collection, call)
    case (.put, ["vectors"]): return try await write("update_vectors", collection, call)
    case (.post, ["vectors", "delete"]): return try await write("delete_vectors", collection, call)
    case (.post, ["payload"]): return try await write("set_payload", collection, call)
    case (.put, ["payload"]): return try await write("overwrite_payload", collection, call)
    case (.post, ["payload", "delete"]): return try await write("delete_payload", collection, call)
    case (.post, ["payload", "clear"]): return try await write("clear_payload", collection, call)
    case (.post, ["batch"]): return try await batch(collection, call)
    default: break
    }
    let snapshot = collection.snapshot()
    try service.limiter.admitRead(collection.name, snapshot.settings)
    switch (call.method, rest) {
    case (.post, []): return try retrieve(snapshot, call)
    case (.post, ["scroll"]): return try scroll(snapshot, call)
    case (.post, ["count"]): return try count(snapshot, call)
    case (.get, _) where rest.count == 1: return try point(rest[0], snapshot)
    case (.post, _): return try await query(snapshot, rest, call)
    default: return nil
    }
  }

  // MARK: writing

  private func write(_ kind: String, _ collection: PointCollection, _ call: PointCall) async throws -> PointAnswer {
    let waits = try call.waits()
    let operation = try await carryOut(try WriteInput.decode(kind, try call.body.isEmpty ? .object([:]) : JSONNode.object(call.fields().members)), on: collection)
    return .result { $0.update(operation, isWaitedFor: waits) }
  }

  private func batch(_ collection: PointCollection, _ call: PointCall) async throws -> PointAnswer {
    let waits = try call.waits()
    var inputs: [WriteInput] = []
    for node in try call.fields().list("operations") ?? [] {
      guard let (kind, body) = node.members?.first, node.members?.count == 1 else {
        throw PointError.format("data did not match any variant of untagged enum UpdateOperation")
      }
      inputs.append(try WriteInput.decode(kind, body))
    }
    var operations: [UInt64] = []
    for input in inputs { operations.append(try await carryOut(input, on: collection)) }
    return .result { writer in writer.array { writer in for operation in operations { writer.update(operation, isWaitedFor: waits) } } }
  }

  private func carryOut(_ input: WriteInput, on collection: PointCollection) async throws -> UInt64 {
    try service.limiter.admitWrite(collection.name, collection.snapshot().settings)
    let documents = input.documents
    let vectors = documents.isEmpty ? [:] : try await RequestTracing.step("embed") { try await service.vectors(of: documents, as: .document) }
    let change = try input.operation(vectors)
    return try await RequestTracing.step("write") { try await collection.apply(change) }
  }

  // MARK: reading

  private func part(_ fields: JSONFields, payload: PayloadSelection, _ snapshot: PointSnapshot) throws(PointError) -> PointPart {
    try PointPart.decode(fields, payload: payload).checked(for: snapshot)
  }

  private func retrieve(_ snapshot: PointSnapshot, _ call: PointCall) throws -> PointAnswer {
    let fields = try call.fields()
    let ids = try PointID.decode(list: try fields.list("ids") ?? [])
    let points = snapshot.points(ids, try part(fields, payload: .all, snapshot))
    return .result { writer in writer.array { writer in for point in points { writer.record(point) } } }
  }

  private func point(_ text: String, _ snapshot: PointSnapshot) throws -> PointAnswer {
    guard let id = UInt64(text).map(PointID.number) ?? PointID(uuid: text) else {
      throw PointError.badRequest("Can't recognize \"\(text)\" as point id")
    }
    guard let point = snapshot.points([id], PointPart(payload: .all, vectors: .all)).first else {
      throw PointError.notFound("Point with id \(id) does not exists!")
    }
    return .result { $0.record(point) }
  }

  private func scroll(_ snapshot: PointSnapshot, _ call: PointCall) throws -> PointAnswer {
    let fields = try call.optionalFields()
    let limit = try fields.count("limit", atLeast: 1, rule: "scroll_request.limit") ?? 10
    let filter = try PointFilter.decode(fields)
    let part = try part(fields, payload: .all, snapshot)
    let offset = try fields["offset"].map { node throws(PointError) in try PointID.decode(node) }
    let strict = StrictMode(snapshot.settings)
    try strict.check(limit: limit)
    try strict.check(filter)
    let answer: (records: [(point: StoredPoint, order: OrderValue?)], next: PointID?)
    if let node = fields["order_by"] {
      guard offset == nil else { throw PointError.badRequest("Cannot use an `offset` when using `order_by`. The alternative for paging is to use `order_by.start_from` and a filter to exclude the IDs that you've already seen for the `order_by.start_from` value") }
      let records = try snapshot.scroll(filter, by: try OrderBy.decode(node), limit: limit, part)
      answer = (records.map { ($0.point, $0.order) }, nil)
    } else {
      let found = snapshot.scroll(filter, from: offset, limit: limit, part)
      answer = (found.points.map { ($0, nil) }, found.next)
    }
    return .result { writer in
      writer.object { writer in
        writer.member("points") { writer in
          writer.array { writer in for record in answer.records { writer.record(record.point, order: record.order) } }
        }
        writer.key("next_page_offset")
        if let next = answer.next { writer.id(next) } else { writer.null() }
      }
    }
  }

  private func count(_ snapshot: PointSnapshot, _ call: PointCall) throws -> PointAnswer {
    let fields = try call.optionalFields()
    _ = try fields.bool("exact")
    let filter = try PointFilter.decode(fields)
    try StrictMode(snapshot.settings).check(filter)
    let count = snapshot.count(filter)
    return .result { $0.object { $0.member("count") { $0.integer(count) } } }
  }

  /// `/collections/{name}/facet`
  func facet(_ name: String, _ call: PointCall) throws -> PointAnswer {
    let snapshot = try service.library().collection(name).snapshot()
    try service.limiter.admitRead(snapshot.name, snapshot.settings)
    let fields = try call.fields()
    let limit = try fields.count("limit", atLeast: 1, rule: "facet_request.limit") ?? 10
    let strict = StrictMode(snapshot.settings)
    let filter = try PointFilter.decode(fields)
    try strict.check(limit: limit)
    try strict.check(filter)
    let hits = try snapshot.facets(try fields.path("key"), filter, limit: limit)
    return .result { writer in
      writer.object { writer in
        writer.member("hits") { writer in
          writer.array { writer in
            for hit in hits {
              writer.object { writer in
                writer.member("value") { $0.value(hit.value) }
                writer.member("count") { $0.integer(hit.count) }
              }
            }
          }
        }
      }
    }
  }
}

extension PointPart {
  /// Refuses vectors that the collection does not have.
  func checked(for snapshot: PointSnapshot) throws(PointError) -> PointPart {
    if case .named(let names) = vectors {
      for name in names where snapshot.settings.schema[name] == nil { throw .wrongInput("Not existing vector name error: \(name)") }
    }
    return self
  }
}
