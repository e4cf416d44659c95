internal import HTTPTypes
internal import NeedletailCore
internal import NeedletailPoints

/// The interface for programs that bring their own vectors, as clients of Qdrant speak it (API 1.20). Decodes, calls the
/// library, encodes; `Documentation/QdrantCompatibility.md` says what differs.
struct PointInterface: Sendable {
  let service: PointService

  /// Answers a request; nil if the path is none of this interface.
  func answer(_ call: PointCall) async throws -> PointAnswer? {
    switch call.segments.first {
    case "collections": return try await collections(call)
    case "aliases" where call.segments.count == 1 && call.method == .get: return aliases(try service.library().aliases)
    case "snapshots": return try storageSnapshots(Array(call.segments.dropFirst()), call)
    default: return try serviceAnswer(call)
    }
  }

  private func collections(_ call: PointCall) async throws -> PointAnswer? {
    let rest = Array(call.segments.dropFirst())
    guard let name = rest.first else {
      guard call.method == .get else { return nil }
      let names = try service.library().names.filter(AccessScope.current.sees)
      return .result { writer in
        writer.object { writer in
          writer.member("collections") { writer in
            writer.array { writer in for name in names { writer.object { $0.member("name") { $0.string(name) } } } }
          }
        }
      }
    }
    if name == "aliases", rest.count == 1, call.method == .post { return try changeAliases(call) }
    guard rest.count > 1 else { return try await collection(name, call) }
    switch rest[1] {
    case "points": return try await points(name, Array(rest.dropFirst(2)), call)
    case "index": return try await index(name, Array(rest.dropFirst(2)), call)
    case "facet" where rest.count == 2 && call.method == .post: return try facet(name, call)
    case "exists" where rest.count == 2 && call.method == .get:
      let exists = (try? service.library().collection(name)) != nil
      return .result { $0.object { $0.member("exists") { $0.bool(exists) } } }
    case "aliases" where rest.count == 2 && call.method == .get:
      let library = try service.library()
      let collection = try library.collection(name).name
      return aliases(library.aliases.filter { $0.value == collection })
    case "vectors" where rest.count == 3: return try await vector(rest[2], of: name, call)
    case "optimizations" where rest.count == 2 && call.method == .get: return try optimizations(name, call)
    case "memory" where rest.count == 2 && call.method == .get: return try memory(name)
    case "cluster" where rest.count == 2: return try cluster(name, call)
    case "shards": return try await shards(name, Array(rest.dropFirst(2)), call)
    case "snapshots": return try await snapshots(name, Array(rest.dropFirst(2)), call)
    default: return nil
    }
  }

  private func aliases(_ aliases: [String: String]) -> PointAnswer {
    .result { writer in
      writer.object { writer in
        writer.member("aliases") { writer in
          writer.array { writer in
            for (alias, collection) in aliases.sorted(by: { $0.key < $1.key }) {
              writer.object { writer in
                writer.member("alias_name") { $0.string(alias) }
                writer.member("collection_name") { $0.string(collection) }
              }
            }
          }
        }
      }
    }
  }

  private func changeAliases(_ call: PointCall) throws -> PointAnswer {
    _ = try call.timeout()
    var changes: [PointLibrary.AliasChange] = []
    for node in try call.fields().list("actions") ?? [] {
      let action = try JSONFields(node, place: "actions.")
      if let create = try action.object("create_alias") {
        let alias = try create.requiredString("alias_name")
        try PointCollectionSettings.check(collectionName: alias)
        changes.append(.create(alias: alias, collection: try create.requiredString("collection_name")))
      } else if let delete = try action.object("delete_alias") {
        changes.append(.delete(alias: try delete.requiredString("alias_name")))
      } else if let rename = try action.object("rename_alias") {
        changes.append(.rename(old: try rename.requiredString("old_alias_name"), new: try rename.requiredString("new_alias_name")))
      } else {
        throw PointError.format("data did not match any variant of untagged enum AliasOperations")
      }
    }
    try service.library().change(changes)
    return .done
  }
}
