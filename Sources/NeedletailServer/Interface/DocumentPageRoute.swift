internal import HTTPTypes
internal import Hummingbird
internal import NeedletailCore

/// The view of one document. It shows the text that was indexed, found by its id; no path is ever opened, so there is
/// none to escape from.
struct DocumentPageRoute: Sendable {
  let service: SearchService
  let templates: Templates

  func add(to router: Router<BasicRequestContext>) {
    router.get("/document") { request, _ in
      Response.html(try templates.render("document", try await page(QueryParameters(request.uri.query))))
    }
  }

  private func page(_ parameters: QueryParameters) async throws -> DocumentPage {
    let asked = try SearchParameters(parameters)
    guard let id = try SearchParameters.text("id", in: parameters) else {
      throw ServerError.missingParameter(name: "id")
    }
    let collections = try await service.collections()
    let chosen = try collections.named(asked.collection)
    guard let document = try await service.document(chosen.name, id) else { throw ServerError.unknownDocument(id) }
    return DocumentPage(
      document, passage: parameters["passage"].flatMap { PassageID($0) }, part: parameters["part"].flatMap { Int($0) },
      address: PageAddress(asked), collections: collections, chosen: chosen)
  }
}
