internal import HTTPTypes

/// Every address of the server that programs may call.
enum ServerRoutes {
  static let all = service + collections + points + snapshots + embeddings + documents

  private static let service: [RouteDescription] = [
    RouteDescription(.get, "/livez", "Service", "Whether the process lives", .text(type: "text/plain")),
    RouteDescription(.get, "/readyz", "Service", "Whether the server takes requests; 503 while it is being stopped", .text(type: "text/plain")),
    RouteDescription(.get, "/healthz", "Service", "The same as /livez", .text(type: "text/plain")),
    RouteDescription(.get, "/metrics", "Service", "Figures for Prometheus", .text(type: "text/plain")),
    RouteDescription(.get, "/telemetry", "Service", "Counts and times of requests", .json("Object")),
    RouteDescription(.get, "/openapi.json", "Service", "This description", .json("Object")),
    RouteDescription(.get, "/dashboard/state.json", "Service", "Points, optimiser and memory of all collections", .json("Object")),
    RouteDescription(.get, "/issues", "Service", "Known problems; there are none", .result("Object")),
    RouteDescription(.get, "/cluster", "Service", "That this is a single node", .result("Object")),
    RouteDescription(.get, "/aliases", "Service", "All aliases", .result("Aliases")),
  ]

  private static let collections: [RouteDescription] = {
    let group = "Collections"
    let path = "/collections/{collection_name}"
    return [
      RouteDescription(.get, "/collections", group, "The names of all collections", .result("CollectionList")),
      RouteDescription(.get, path, group, "Settings and state of a collection", .result("CollectionInfo")),
      RouteDescription(.put, path, group, "Make a collection", parameters: [.timeout], body: "CreateCollection", .result("Boolean")),
      RouteDescription(.patch, path, group, "Change settings", parameters: [.timeout], body: "UpdateCollection", isBodyOptional: true, .result("Boolean")),
      RouteDescription(.delete, path, group, "Remove a collection", parameters: [.timeout], .result("Boolean")),
      RouteDescription(.get, path + "/exists", group, "Whether there is a collection", .result("Exists")),
      RouteDescription(.get, path + "/aliases", group, "The aliases of a collection", .result("Aliases")),
      RouteDescription(.post, "/collections/aliases", group, "Make, rename and remove aliases, all or none", parameters: [.timeout], body: "ChangeAliases", .result("Boolean")),
      RouteDescription(.put, path + "/index", group, "Declare an index on a field of payload", parameters: [.wait], body: "CreateIndex", .result("Update")),
      RouteDescription(.delete, path + "/index/{field_name}", group, "Drop an index", parameters: [.wait], .result("Update")),
      RouteDescription(.put, path + "/vectors/{vector_name}", group, "Add a named vector", parameters: [.wait], body: "CreateVector", .result("Update")),
      RouteDescription(.delete, path + "/vectors/{vector_name}", group, "Remove a named vector", parameters: [.wait], .result("Update")),
      RouteDescription(.get, path + "/optimizations", group, "What the optimiser does", .result("Object")),
      RouteDescription(.get, path + "/memory", group, "What the collection takes in memory, by parts, and may take", .result("Memory")),
      RouteDescription(.get, path + "/cluster", group, "Where the collection is: here", .result("Object")),
    ]
  }()

  private static let points: [RouteDescription] = {
    let group = "Points"
    let path = "/collections/{collection_name}/points"
    let change = [RouteDescription.Parameter.wait, .timeout]
    let read = [RouteDescription.Parameter.timeout]
    return [
      RouteDescription(.put, path, group, "Write points, in place of those of the same ids", parameters: change, body: "Upsert", .result("Update")),
      RouteDescription(.post, path, group, "Points by their ids", parameters: read, body: "Retrieve", .result("Records")),
      RouteDescription(.get, path + "/{id}", group, "One point", parameters: read, .result("Record")),
      RouteDescription(.post, path + "/delete", group, "Delete points", parameters: change, body: "Selection", .result("Update")),
      RouteDescription(.put, path + "/vectors", group, "Write some vectors of points", parameters: change, body: "UpdateVectors", .result("Update")),
      RouteDescription(.post, path + "/vectors/delete", group, "Delete some vectors of points", parameters: change, body: "DeleteVectors", .result("Update")),
      RouteDescription(.post, path + "/payload", group, "Merge members into the payload of points", parameters: change, body: "SetPayload", .result("Update")),
      RouteDescription(.put, path + "/payload", group, "Replace the payload of points", parameters: change, body: "SetPayload", .result("Update")),
      RouteDescription(.post, path + "/payload/delete", group, "Delete members of payload", parameters: change, body: "DeletePayload", .result("Update")),
      RouteDescription(.post, path + "/payload/clear", group, "Remove all payload of points", parameters: change, body: "Selection", .result("Update")),
      RouteDescription(.post, path + "/batch", group, "Several changes, in order", parameters: change, body: "Batch", .result("Updates")),
      RouteDescription(.post, path + "/scroll", group, "Points in the order of their ids or of a value", parameters: read, body: "Scroll", isBodyOptional: true, .result("Page")),
      RouteDescription(.post, path + "/count", group, "How many points satisfy a filter", parameters: read, body: "Count", isBodyOptional: true, .result("CountResult")),
      RouteDescription(.post, path + "/query", group, "Rank points by a query", parameters: read, body: "Query", isBodyOptional: true, .result("Found")),
      RouteDescription(.post, path + "/query/batch", group, "Several queries", parameters: read, body: "QueryBatch", .result("FoundList")),
      RouteDescription(.post, path + "/query/groups", group, "Rank points and group them by a value", parameters: read, body: "QueryGroups", .result("Groups")),
      RouteDescription(.post, "/collections/{collection_name}/facet", group, "How often each value of a field comes", parameters: read, body: "Facet", .result("Facets")),
      RouteDescription(.post, path + "/search/matrix/pairs", group, "Distances among a sample, as pairs", parameters: read, body: "Matrix", isBodyOptional: true, .result("Object")),
      RouteDescription(.post, path + "/search/matrix/offsets", group, "Distances among a sample, as a sparse matrix", parameters: read, body: "Matrix", isBodyOptional: true, .result("Object")),
      RouteDescription(.post, path + "/search", group, "Nearest points (older form)", parameters: read, body: "Search", .result("ScoredPoints")),
      RouteDescription(.post, path + "/recommend", group, "Points like some (older form)", parameters: read, body: "Recommend", .result("ScoredPoints")),
      RouteDescription(.post, path + "/discover", group, "Points in a context (older form)", parameters: read, body: "Discover", .result("ScoredPoints")),
    ]
  }()

  private static let snapshots: [RouteDescription] = {
    let group = "Snapshots"
    let path = "/collections/{collection_name}/snapshots"
    let wait = [RouteDescription.Parameter.wait]
    return [
      RouteDescription(.get, path, group, "The snapshots of a collection", .result("Snapshots")),
      RouteDescription(.post, path, group, "Copy a collection as it is now", parameters: wait, .result("Snapshot")),
      RouteDescription(.get, path + "/{snapshot_name}", group, "A snapshot's file", .file),
      RouteDescription(.delete, path + "/{snapshot_name}", group, "Remove a snapshot", parameters: wait, .result("Boolean")),
      RouteDescription(.put, path + "/recover", group, "Put a snapshot in the place of a collection", parameters: wait, body: "Recover", .result("Boolean")),
      RouteDescription(.get, "/snapshots", group, "The snapshots of the whole storage", .result("Snapshots")),
      RouteDescription(.post, "/snapshots", group, "Copy everything", parameters: wait, .result("Snapshot")),
      RouteDescription(.get, "/snapshots/{snapshot_name}", group, "The file of a snapshot of the whole storage", .file),
      RouteDescription(.delete, "/snapshots/{snapshot_name}", group, "Remove a snapshot of the whole storage", parameters: wait, .result("Boolean")),
    ]
  }()

  private static let embeddings: [RouteDescription] = {
    let group = "Models"
    return [
      RouteDescription(.get, "/v1/models", group, "The registered models, as OpenAI lists them", .json("Object")),
      RouteDescription(.post, "/v1/embeddings", group, "Vectors of texts or of tokens, as OpenAI gives them", body: "Embeddings", .json("Object")),
      RouteDescription(.post, "/v1/rerank", group, "Texts by how well they answer a query, as Cohere and Jina give them", body: "Rerank", .json("Object")),
      RouteDescription(.get, "/info", group, "The standard model, as Text Embeddings Inference says it", .json("Object")),
      RouteDescription(.post, "/embed", group, "Vectors of texts, as Text Embeddings Inference gives them", body: "Embed", .json("List")),
      RouteDescription(.post, "/embed_sparse", group, "Sparse vectors of texts", body: "Embed", .json("List")),
      RouteDescription(.post, "/rerank", group, "Texts by how well they answer a query", body: "PlainRerank", .json("List")),
    ]
  }()

  private static let documents: [RouteDescription] = {
    let group = "Documents"
    let parameters = [RouteDescription.Parameter.collection, .filter, .limit, .offset]
    let query = RouteDescription.Parameter(name: "q", schema: #"{"type":"string","maxLength":2000}"#, summary: "What is looked for.", isRequired: true)
    let mode = RouteDescription.Parameter(name: "mode", schema: #"{"enum":["dense","lexical","hybrid","sparse"]}"#, summary: "By meaning, by words, or both.")
    let id = RouteDescription.Parameter(name: "id", schema: #"{"type":"string"}"#, summary: "A document.", isRequired: true)
    return [
      RouteDescription(.get, "/api/collections", group, "Collections of documents", .json("Object")),
      RouteDescription(.get, "/api/search", group, "Search passages by a question", parameters: [query, mode] + parameters, .json("Object")),
      RouteDescription(.get, "/api/similar", group, "Passages like those of a document", parameters: [id] + parameters, .json("Object")),
      RouteDescription(.get, "/api/facets", group, "How often each value of a field comes", parameters: [.collection, .filter], .json("Object")),
      RouteDescription(.get, "/api/documents", group, "Documents, newest first", parameters: parameters, .json("Object")),
      RouteDescription(.get, "/api/documents/{id}", group, "A document with its text", parameters: [.collection], .json("Object")),
      RouteDescription(.post, "/mcp", group, "Tools for language models (Model Context Protocol)", body: "Object", .json("Object")),
    ]
  }()
}
