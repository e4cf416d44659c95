internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NeedletailCore
internal import NeedletailRetrieval

/// The search page. With and without JavaScript it is the same address and the same HTML; the script only fetches it
/// in the background and exchanges the parts that changed.
struct SearchPageRoute: Sendable {
  let service: SearchService
  let templates: Templates

  func add(to router: Router<BasicRequestContext>) {
    router.get("/") { request, context in
      let parameters = QueryParameters(request.uri.query)
      do {
        let asked = try SearchParameters(parameters)
        return Response.html(try templates.render("search", try await page(asked)))
      } catch {
        return try await problem(error, parameters, context)
      }
    }
  }

  private func page(_ asked: SearchParameters) async throws -> SearchPage {
    let address = PageAddress(asked)
    let collections = try await service.collections()
    guard !collections.isEmpty else { return emptyShelf(address, collections: [], chosen: nil) }
    let chosen = try collections.named(asked.collection)
    guard chosen.documents > 0 else { return emptyShelf(address, collections: collections, chosen: chosen) }

    async let facets = service.facets(chosen.name, asked.filters)
    var page = SearchPage(address, collections: collections, chosen: chosen)
    if let like = asked.like {
      try await fill(&page, likeDocument: like, address, chosen)
    } else if !asked.query.isEmpty {
      let mode = try chosen.mode(asked.mode)
      page.results = try await results(for: .text(asked.query, mode: mode), address, chosen)
    } else if !asked.filters.isEmpty {
      page.listing = try await listing(address, chosen)
    } else {
      page.welcome = SearchPage.Welcome(chosen)
    }
    page.facetMenu = FacetMenu(try await facets, in: address)
    return page
  }

  private func fill(
    _ page: inout SearchPage, likeDocument id: String, _ address: PageAddress, _ chosen: CollectionSummary
  ) async throws {
    guard let document = try await service.document(chosen.name, id) else { throw ServerError.unknownDocument(id) }
    page.likeTitle = document.title.isEmpty ? document.id : document.title
    page.likeHref = address.document(id, passage: nil)
    page.results = try await results(for: .document(id), address, chosen)
  }

  private func results(
    for subject: SearchQuestion.Subject, _ address: PageAddress, _ chosen: CollectionSummary
  ) async throws -> SearchPage.Results {
    let clock = ContinuousClock()
    let start = clock.now
    let outcome = try await service.search(
      SearchQuestion(
        collection: chosen.name, subject: subject, filters: address.filters, offset: address.offset,
        limit: SearchPage.pageSize, passagesPerDocument: SearchPage.passagesPerDocument))
    return SearchPage.Results(outcome, seconds: (clock.now - start) / .seconds(1), in: address)
  }

  private func listing(_ address: PageAddress, _ chosen: CollectionSummary) async throws -> SearchPage.Listing {
    let listing = try await service.browse(
      BrowseQuestion(
        collection: chosen.name, filters: address.filters, offset: address.offset, limit: SearchPage.pageSize))
    return SearchPage.Listing(listing, in: address)
  }

  private func emptyShelf(
    _ address: PageAddress, collections: [CollectionSummary], chosen: CollectionSummary?
  ) -> SearchPage {
    var page = SearchPage(address, collections: collections, chosen: chosen)
    let suffix = (address.collection ?? chosen?.name).map { $0 == "default" ? "" : " --collection \($0)" } ?? ""
    page.nothingIndexed = SearchPage.EmptyShelf(command: "needletail index ~/Documents\(suffix)")
    return page
  }

  /// The page with the question still in the box and, in place of answers, what is wrong with it.
  private func problem(
    _ error: any Error, _ parameters: QueryParameters, _ context: BasicRequestContext
  ) async throws -> Response {
    let reported = ReportedProblem(error, path: "/")
    guard reported.category != .internal else { throw error }
    if reported.status.code >= 500 {
      context.logger.error("search failed", metadata: ["error": "\(error)"])
    }
    var address = PageAddress()
    address.query = String((parameters["q"] ?? "").prefix(SearchParameters.longestQuery))
    address.filters = Array(parameters.all("filter").prefix(SearchParameters.mostFilters))
    address.mode = parameters["mode"].flatMap(SearchMode.init(rawValue:))
    let collections = (try? await service.collections()) ?? []
    let chosen = collections.first { $0.name == parameters["collection"] } ?? collections.first
    address.collection = parameters["collection"] == chosen?.name ? chosen?.name : nil
    var page = SearchPage(address, collections: collections, chosen: chosen)
    page.frame = PageFrame(pageTitle: page.frame.pageTitle, homeHref: page.frame.homeHref, bodyClass: "found")
    page.problem = ProblemNotice(reported)
    page.facetMenu = FacetMenu([], in: address)
    return .html(try templates.render("search", page), status: reported.status)
  }
}
