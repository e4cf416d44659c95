internal import NeedletailCore

/// Everything the server asks of the rooms below it, as functions.
///
/// The routes decode a request, call one of these and encode what comes back; they know neither files nor indexes. The
/// product puts `SearchService.collections(in:…)` here, the tests put a handful of invented documents.
package struct SearchService: Sendable {
  /// The collections there are now, in the order in which they are offered; the first one is the default.
  package var collections: @Sendable () async throws -> [CollectionSummary]
  /// The best passages for a question.
  package var search: @Sendable (SearchQuestion) async throws -> SearchOutcome
  /// Documents that satisfy all filters, without ranking.
  package var browse: @Sendable (BrowseQuestion) async throws -> DocumentListing
  /// How the documents that satisfy the filters spread over folders, types, dates and the like.
  package var facets: @Sendable (_ collection: String, _ filters: [String]) async throws -> [Facet]
  /// One document as it was indexed, or nil if the collection has none of that id.
  package var document: @Sendable (_ collection: String, _ id: String) async throws -> IndexedDocument?

  package init(
    collections: @escaping @Sendable () async throws -> [CollectionSummary],
    search: @escaping @Sendable (SearchQuestion) async throws -> SearchOutcome,
    browse: @escaping @Sendable (BrowseQuestion) async throws -> DocumentListing,
    facets: @escaping @Sendable (_ collection: String, _ filters: [String]) async throws -> [Facet],
    document: @escaping @Sendable (_ collection: String, _ id: String) async throws -> IndexedDocument?
  ) {
    self.collections = collections
    self.search = search
    self.browse = browse
    self.facets = facets
    self.document = document
  }
}
