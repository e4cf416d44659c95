internal import Logging
internal import NeedletailCore
internal import NeedletailRetrieval
internal import NeedletailStore

/// The collections of a site, opened when they are first asked for and kept open.
///
/// The names are looked up for each request, so that collections which another process makes or removes appear and
/// disappear. What is in one is current because every search takes a new snapshot.
actor CollectionShelf {
  private let names: @Sendable () throws -> [String]
  private let open: @Sendable (String) throws -> DocumentCollection
  private let embedders: ModelCache<any TextEmbedder>
  private let sparseEmbedders: ModelCache<any SparseTextEmbedder>
  private let logger: Logger
  private var books: [String: Book] = [:]

  /// A collection and what was worked out about it.
  struct Book: Sendable {
    let collection: DocumentCollection
    let facetCounter = FacetCounter()
  }

  init(
    names: @escaping @Sendable () throws -> [String], open: @escaping @Sendable (String) throws -> DocumentCollection,
    embedder: @escaping ModelCache<any TextEmbedder>.Source, sparseEmbedder: @escaping ModelCache<any SparseTextEmbedder>.Source,
    logger: Logger
  ) {
    self.names = names
    self.open = open
    embedders = ModelCache(embedder)
    sparseEmbedders = ModelCache(sparseEmbedder)
    self.logger = logger
  }

  /// All collections that can be opened. One that is damaged does not keep the others from being searched; if there is
  /// no other, its error is thrown.
  func all() throws -> [Book] {
    let current = try names()
    books = books.filter { current.contains($0.key) }
    var failure: (any Error)?
    let opened = current.compactMap { name -> Book? in
      do {
        return try book(name)
      } catch {
        logger.error("a collection cannot be opened", metadata: ["collection": "\(name)", "error": "\(error)"])
        failure = error
        return nil
      }
    }
    if opened.isEmpty, let failure { throw failure }
    return opened
  }

  func book(_ name: String) throws -> Book {
    if let book = books[name] { return book }
    guard try names().contains(name) else { throw ServerError.unknownCollection(name) }
    let book = Book(collection: try open(name))
    books[name] = book
    return book
  }

  /// The embedder of a collection, loaded once for all collections of its model; nil for a collection without vectors.
  func embedder(for collection: DocumentCollection) async throws -> (any TextEmbedder)? {
    guard let profile = collection.settings.embedder else { return nil }
    return try await embedders.model(for: profile)
  }

  /// The same for sparse vectors.
  func sparseEmbedder(for collection: DocumentCollection) async throws -> (any SparseTextEmbedder)? {
    guard let profile = collection.settings.sparseEmbedder else { return nil }
    return try await sparseEmbedders.model(for: profile)
  }
}

/// Models by their digests, each loaded when it is first asked for, however many ask at the same time.
actor ModelCache<Model: Sendable> {
  typealias Source = @Sendable (EmbedderProfile) async throws -> Model

  private let source: Source
  private var models: [String: Task<Model, any Error>] = [:]

  init(_ source: @escaping Source) {
    self.source = source
  }

  func model(for profile: EmbedderProfile) async throws -> Model {
    if let loading = models[profile.digest] { return try await loading.value }
    let loading = Task { [source] in try await source(profile) }
    models[profile.digest] = loading
    do {
      return try await loading.value
    } catch {
      // A model that is fetched later is found then.
      models[profile.digest] = nil
      throw error
    }
  }
}
