internal import HTTPTypes
internal import NeedletailCore
internal import NeedletailPoints

/// Addresses that clients stopped calling with API 1.16; each is a query in an older form.
extension PointInterface {
  func legacyQuery(_ snapshot: PointSnapshot, _ rest: [String], _ call: PointCall) async throws -> PointAnswer? {
    guard let kind = rest.first, ["search", "recommend", "discover"].contains(kind) else { return nil }
    switch Array(rest.dropFirst()) {
    case []:
      let answers = try await run([try input(kind, try call.fields(), snapshot)], snapshot)[0]
      return .result { $0.scored(answers) }
    case ["batch"]:
      var inputs: [QueryInput] = []
      for node in try call.fields().list("searches") ?? [] { inputs.append(try input(kind, try JSONFields(node), snapshot)) }
      let answers = try await run(inputs, snapshot)
      return .result { writer in writer.array { writer in for answers in answers { writer.scored(answers) } } }
    case ["groups"] where kind != "discover":
      let fields = try call.fields()
      return try await groups(snapshot, fields, try input(kind, fields, snapshot).stage)
    default: return nil
    }
  }

  private func input(_ kind: String, _ fields: JSONFields, _ snapshot: PointSnapshot) throws(PointError) -> QueryInput {
    var stage = QueryStage(
      using: try fields.string("using") ?? "", filter: try PointFilter.decode(fields), parameters: try PointSearchParameters.decode(fields),
      scoreThreshold: try fields.float("score_threshold"), limit: try fields.count(fields["limit"] == nil ? "top" : "limit", atLeast: 1) ?? 10)
    if let lookup = try fields.object("lookup_from") {
      stage.lookup = QueryStage.Lookup(collection: try lookup.requiredString("collection"), vector: try lookup.string("vector"))
    }
    switch kind {
    case "search":
      var vector = try fields.required("vector")
      if let named = vector.members, let name = named["name"]?.string, let inner = named["vector"] {
        stage.using = name
        vector = inner
      }
      stage.query = .nearest(try QueryVector.decode(vector, place: "vector"))
    case "recommend":
      let name = try fields.string("strategy")
      guard let strategy = name.map(RecommendStrategy.init) ?? .averageVector else { throw .format("unknown variant `\(name ?? "")`") }
      stage.query = .recommend(
        positive: try QueryVector.decode(list: try fields.list("positive") ?? [], place: "positive"),
        negative: try QueryVector.decode(list: try fields.list("negative") ?? [], place: "negative"), strategy: strategy)
    default:
      let context = try ContextPair.decode(fields.oneOrMore("context"), place: "context")
      if let target = fields["target"] {
        stage.query = .discover(target: try QueryVector.decode(target, place: "target"), context: context)
      } else {
        stage.query = .context(context)
      }
    }
    return QueryInput(
      stage: stage, offset: try fields.count("offset") ?? 0, part: try PointPart.decode(fields, payload: .none).checked(for: snapshot))
  }
}
