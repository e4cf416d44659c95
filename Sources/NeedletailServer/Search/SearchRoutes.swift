internal import HTTPTypes
internal import Hummingbird
internal import NeedletailCore
internal import NeedletailRetrieval

/// The interface for programs, JSON under `/api`.
///
/// | address | parameters |
/// |---|---|
/// | `/api/collections` | |
/// | `/api/search` | `q`, `mode`, `collection`, `filter` (repeatable), `limit`, `offset` |
/// | `/api/similar` | `id`, `collection`, `filter`, `limit`, `offset` |
/// | `/api/documents` | `collection`, `filter`, `limit`, `offset`: a list |
/// | `/api/documents/{id}` | `collection`: one document with its text |
/// | `/api/facets` | `collection`, `filter` |
struct SearchRoutes: Sendable {
  let service: SearchService

  func add(to router: Router<BasicRequestContext>) {
    router.get("/api/collections") { _, _ in try Response.json(CollectionsAnswer(collections: try await service.collections())) }
    router.get("/api/search") { request, _ in try await search(QueryParameters(request.uri.query)) }
    router.get("/api/similar") { request, _ in try await similar(QueryParameters(request.uri.query)) }
    router.get("/api/facets") { request, _ in try await facets(QueryParameters(request.uri.query)) }
    router.get("/api/documents") { request, _ in try await documents(QueryParameters(request.uri.query)) }
    router.get("/api/documents/**") { request, _ in
      // The id is the rest of the path as it stands, since ids are often paths themselves.
      let encoded = request.uri.path.dropFirst("/api/documents/".count)
      let id = QueryParameters.decode(encoded, plusIsSpace: false)
      return try await document(id, QueryParameters(request.uri.query))
    }
  }

  private func search(_ parameters: QueryParameters) async throws -> Response {
    let asked = try SearchParameters(parameters)
    guard !asked.query.isEmpty else { throw ServerError.missingParameter(name: "q") }
    let collection = try await service.collections().named(asked.collection)
    let mode = try collection.mode(asked.mode)
    return try await answer(asked, in: collection, subject: .text(asked.query, mode: mode), mode: mode)
  }

  private func similar(_ parameters: QueryParameters) async throws -> Response {
    let asked = try SearchParameters(parameters)
    guard let id = try SearchParameters.text("id", in: parameters) else {
      throw ServerError.missingParameter(name: "id")
    }
    let collection = try await service.collections().named(asked.collection)
    return try await answer(asked, in: collection, subject: .document(id), mode: nil)
  }

  private func answer(
    _ asked: SearchParameters, in collection: CollectionSummary, subject: SearchQuestion.Subject, mode: SearchMode?
  ) async throws -> Response {
    let clock = ContinuousClock()
    let start = clock.now
    let outcome = try await service.search(
      SearchQuestion(
        collection: collection.name, subject: subject, filters: asked.filters, offset: asked.offset,
        limit: asked.limit))
    return try .json(
      SearchAnswer(
        collection: collection.name, mode: mode, offset: asked.offset, answers: outcome.answers,
        hasMore: outcome.hasMore, stages: outcome.stages, seconds: (clock.now - start) / .seconds(1)))
  }

  private func facets(_ parameters: QueryParameters) async throws -> Response {
    let asked = try SearchParameters(parameters)
    let collection = try await service.collections().named(asked.collection)
    return try .json(FacetsAnswer(facets: try await service.facets(collection.name, asked.filters)))
  }

  private func documents(_ parameters: QueryParameters) async throws -> Response {
    let asked = try SearchParameters(parameters)
    let collection = try await service.collections().named(asked.collection)
    let listing = try await service.browse(
      BrowseQuestion(
        collection: collection.name, filters: asked.filters, offset: asked.offset, limit: asked.limit))
    return try .json(DocumentsAnswer(documents: listing.documents, hasMore: listing.hasMore))
  }

  private func document(_ id: String, _ parameters: QueryParameters) async throws -> Response {
    let collection = try await service.collections().named(parameters["collection"])
    guard let document = try await service.document(collection.name, id) else {
      throw ServerError.unknownDocument(id)
    }
    return try .json(document)
  }
}

extension [CollectionSummary] {
  /// The one of a name; without a name, the default one.
  func named(_ name: String?) throws(ServerError) -> CollectionSummary {
    guard let first else { throw .nothingIndexed }
    guard let name else { return first }
    guard let collection = self.first(where: { $0.name == name }) else { throw .unknownCollection(name) }
    return collection
  }
}

extension CollectionSummary {
  /// The mode asked for if the collection has it, the recommended one if none was asked for.
  func mode(_ asked: SearchMode?) throws(ServerError) -> SearchMode {
    guard let asked else { return modes.first ?? .lexical }
    guard modes.contains(asked) else {
      throw .badParameter(
        name: "mode", value: asked.rawValue,
        expected: "one of \(modes.map(\.rawValue).joined(separator: ", ")) for the collection \(name)")
    }
    return asked
  }
}

private struct CollectionsAnswer: Encodable {
  let collections: [CollectionSummary]
}

private struct SearchAnswer: Encodable {
  let collection: String
  /// Absent where documents like another one were asked for.
  let mode: SearchMode?
  let offset: Int
  let answers: [Answer]
  let hasMore: Bool
  let stages: [Explanation.Stage]
  let seconds: Double
}

private struct FacetsAnswer: Encodable {
  let facets: [Facet]
}

private struct DocumentsAnswer: Encodable {
  let documents: [ListedDocument]
  let hasMore: Bool
}
