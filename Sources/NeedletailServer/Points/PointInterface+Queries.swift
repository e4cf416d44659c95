internal import HTTPTypes
internal import NeedletailCore
internal import NeedletailPoints

/// A query with everything around it.
struct QueryInput: Sendable {
  var stage: QueryStage
  var offset: Int
  var part: PointPart

  static func decode(_ node: JSONNode, _ snapshot: PointSnapshot) throws(PointError) -> QueryInput {
    let fields = try JSONFields(node)
    return QueryInput(
      stage: try QueryStage.decode(fields), offset: try fields.count("offset") ?? 0,
      part: try PointPart.decode(fields, payload: .none).checked(for: snapshot))
  }
}

extension PointInterface {
  /// `/collections/{name}/points/query…` and `/search/matrix/…`
  func query(_ snapshot: PointSnapshot, _ rest: [String], _ call: PointCall) async throws -> PointAnswer? {
    let strict = StrictMode(snapshot.settings)
    switch rest {
    case ["query"]:
      let input = try QueryInput.decode(.object(try call.optionalFields().members), snapshot)
      let answers = try await run([input], snapshot)[0]
      return RequestTracing.step("encode") { .result { writer in writer.object { $0.member("points") { $0.scored(answers) } } } }
    case ["query", "batch"]:
      var inputs: [QueryInput] = []
      for node in try call.fields().list("searches") ?? [] { inputs.append(try QueryInput.decode(node, snapshot)) }
      try strict.check(batch: inputs.count)
      let answers = try await run(inputs, snapshot)
      return RequestTracing.step("encode") {
        .result { writer in
          writer.array { writer in for answers in answers { writer.object { $0.member("points") { $0.scored(answers) } } } }
        }
      }
    case ["query", "groups"]: return try await groups(snapshot, try call.fields(), nil)
    case ["search", "matrix", "pairs"], ["search", "matrix", "offsets"]: return try matrix(snapshot, asPairs: rest[2] == "pairs", try call.optionalFields())
    default: return try await legacyQuery(snapshot, rest, call)
    }
  }

  /// Runs queries side by side with what they have in common.
  func run(_ inputs: [QueryInput], _ snapshot: PointSnapshot) async throws -> [[ScoredPoint]] {
    let documents = try RequestTracing.step("plan") {
      let strict = StrictMode(snapshot.settings)
      for input in inputs { try strict.check(input.stage) }
      if inputs.count > 1 { try service.limiter.admitRead(snapshot.name, snapshot.settings, cost: inputs.count - 1) }
      return inputs.flatMap(\.stage.documents)
    }
    let vectors = documents.isEmpty ? [:] : try await RequestTracing.step("embed") { try await service.vectors(of: documents, as: .query) }
    return try RequestTracing.step("search") {
      try inputs.map { input in
        let stage = vectors.isEmpty ? input.stage : input.stage.replacing(vectors)
        return try snapshot.query(stage, offset: input.offset, input.part, lookup: service.lookup)
      }
    }
  }

  /// Groups of answers; `stage` replaces the one that the body describes.
  func groups(_ snapshot: PointSnapshot, _ fields: JSONFields, _ stage: QueryStage?) async throws -> PointAnswer {
    let rule = "search_group_request.group_request."
    var stage = try stage ?? QueryStage.decode(fields, rule: rule)
    try StrictMode(snapshot.settings).check(stage)
    let size = try fields.count("group_size", atLeast: 1, rule: "\(rule)group_size") ?? 3
    let part = try PointPart.decode(fields, payload: .none).checked(for: snapshot)
    let path = try fields.path("group_by")
    let documents = stage.documents
    if !documents.isEmpty { stage = stage.replacing(try await service.vectors(of: documents, as: .query)) }
    let groups = try snapshot.groups(stage, by: path, size: size, part, lookup: service.lookup)
    let lookup = try lookup(fields)
    return .result { writer in
      writer.object { writer in
        writer.member("groups") { writer in
          writer.array { writer in
            for group in groups {
              writer.object { writer in
                writer.member("id") { $0.value(group.value) }
                writer.member("hits") { $0.scored(group.hits) }
                if let lookup, let id = Self.id(of: group.value), let record = lookup.snapshot.points([id], lookup.part).first {
                  writer.member("lookup") { $0.record(record) }
                }
              }
            }
          }
        }
      }
    }
  }

  private func lookup(_ fields: JSONFields) throws -> (snapshot: PointSnapshot, part: PointPart)? {
    guard let node = fields["with_lookup"] else { return nil }
    if let name = node.string { return (try service.lookup(name), PointPart(payload: .all)) }
    let lookup = try JSONFields(node, place: "with_lookup.")
    return (try service.lookup(try lookup.requiredString("collection")), try PointPart.decode(lookup, payload: .all))
  }

  private static func id(of value: JSONValue) -> PointID? {
    switch value {
    case .integer(let number) where number >= 0: .number(UInt64(number))
    case .string(let text): PointID(uuid: text)
    default: nil
    }
  }

  private func matrix(_ snapshot: PointSnapshot, asPairs: Bool, _ fields: JSONFields) throws -> PointAnswer {
    let sample = try fields.count("sample", atLeast: 2, rule: "search_request.sample") ?? 10
    let limit = try fields.count("limit", atLeast: 1, rule: "search_request.limit") ?? 3
    let filter = try PointFilter.decode(fields)
    try StrictMode(snapshot.settings).check(filter)
    let rows = try snapshot.matrix(sample: sample, limit: limit, using: try fields.string("using") ?? "", filter)
    guard !asPairs else {
      return .result { writer in
        writer.object { writer in
          writer.member("pairs") { writer in
            writer.array { writer in
              for row in rows {
                for other in row.nearest {
                  writer.object { writer in
                    writer.member("a") { $0.id(row.id) }
                    writer.member("b") { $0.id(other.id) }
                    writer.member("score") { $0.float(other.score) }
                  }
                }
              }
            }
          }
        }
      }
    }
    let numbers = Dictionary(uniqueKeysWithValues: rows.enumerated().map { ($1.id, $0) })
    let cells = rows.enumerated().flatMap { row in row.element.nearest.map { (row.offset, numbers[$0.id] ?? 0, $0.score) } }
    return .result { writer in
      writer.object { writer in
        writer.member("offsets_row") { $0.array { writer in for cell in cells { writer.integer(cell.0) } } }
        writer.member("offsets_col") { $0.array { writer in for cell in cells { writer.integer(cell.1) } } }
        writer.member("scores") { $0.floats(cells.map(\.2)) }
        writer.member("ids") { $0.array { writer in for row in rows { writer.id(row.id) } } }
      }
    }
  }
}
