internal import NeedletailCore
internal import NeedletailRetrieval
internal import NeedletailStore

extension SearchService {
  /// The service over stored collections: each function takes a snapshot, asks, and puts the answer in the server's form.
  init(_ shelf: CollectionShelf) {
    self.init(
      collections: { try await shelf.all().map { try CollectionSummary($0.collection) } },
      search: { try await Self.search($0, on: shelf) },
      browse: { try await Self.browse($0, on: shelf) },
      facets: { collection, filters in
        let book = try await shelf.book(collection)
        return try book.facetCounter.facets(of: try book.collection.snapshot(), filters: filters)
      },
      document: { collection, id in
        try await shelf.book(collection).collection.snapshot().document(id).map(IndexedDocument.init)
      })
  }

  private static func search(_ question: SearchQuestion, on shelf: CollectionShelf) async throws -> SearchOutcome {
    let collection = try await shelf.book(question.collection).collection
    let filter = try Filter(expressions: question.filters)
    // One more than wanted tells whether there are more.
    let limit = question.offset + question.limit + 1
    let response: SearchResponse
    switch question.subject {
    case .text(let text, let mode):
      let embedder = mode == .dense || mode == .hybrid ? try await shelf.embedder(for: collection) : nil
      let sparse = mode == .sparse || mode == .hybrid ? try await shelf.sparseEmbedder(for: collection) : nil
      var options = SearcherOptions()
      options.maximumPassagesPerDocument = question.passagesPerDocument
      let searcher = Searcher(collection: collection, embedder: embedder, sparseEmbedder: sparse, mode: mode, options: options)
      response = try await searcher.search(Query(text, filter: filter, limit: limit))
    case .document(let id):
      // The vectors are in the collection, so no model has to be loaded.
      let searcher = Searcher(collection: collection, embedder: nil)
      response = try await searcher.similar(toDocument: id, limit: limit, filter: filter)
    }
    return SearchOutcome(
      answers: Array(response.answers.dropFirst(question.offset).prefix(question.limit)),
      hasMore: response.answers.count == limit, stages: response.explanation.stages)
  }

  private static func browse(_ question: BrowseQuestion, on shelf: CollectionShelf) async throws -> DocumentListing {
    let snapshot = try await shelf.book(question.collection).collection.snapshot()
    let documents = try snapshot.documents(
      matching: try Filter(expressions: question.filters), offset: question.offset, limit: question.limit + 1)
    return DocumentListing(
      documents: documents.prefix(question.limit).map {
        ListedDocument(id: $0.id, title: $0.title, payload: $0.payload, passages: $0.passageCount)
      }, hasMore: documents.count > question.limit)
  }
}

extension Filter {
  /// The filter that all expressions together make; nil if there are none.
  init?(expressions: [String]) throws(StoreError) {
    var filters: [Filter] = []
    for expression in expressions { filters.append(try FilterExpression.parse(expression)) }
    guard let first = filters.first else { return nil }
    self = filters.count == 1 ? first : .all(filters)
  }
}

extension CollectionSummary {
  init(_ collection: DocumentCollection) throws {
    let snapshot = try collection.snapshot()
    let settings = collection.settings
    let vectorModes = [SearchMode.dense, .sparse].filter { ($0 == .dense ? settings.embedder : settings.sparseEmbedder) != nil }
    self.init(
      name: collection.name, documents: snapshot.documentCount, passages: snapshot.passageCount, model: settings.embedder?.name,
      modes: (vectorModes.isEmpty ? [] : [.hybrid]) + vectorModes + [.lexical])
  }
}

extension IndexedDocument {
  init(_ stored: StoredDocument) {
    self.init(
      id: stored.document.id, title: stored.document.title, text: stored.document.text,
      payload: stored.document.payload,
      passages: stored.passages.map {
        IndexedPassage(id: $0.id, range: $0.passage.byteRange, headings: $0.passage.headings)
      })
  }
}
