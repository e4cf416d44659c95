internal import Foundation
public import NeedletailCore
public import NeedletailStore
public import NeedletailText

/// An index of texts inside of an application, in few lines.
///
/// ```swift
/// let index = try TextIndex(embedder: embedder, tokenizer: embedder.tokenizer)
/// try await index.add(["The needletail is the fastest bird in level flight.", "Bread rises because of yeast."])
/// for answer in try await index.search("swift animals") { print(answer.score, answer.text) }
/// ```
///
/// With a name it lives in a data directory and is there again the next time; without, it is temporary. Without an
/// embedder it finds words instead of meanings, for which no model is needed.
public struct TextIndex: Sendable {
  public let collection: DocumentCollection
  /// How it answers.
  public var searcher: Searcher
  private let embedder: (any TextEmbedder)?
  private let sparseEmbedder: (any SparseTextEmbedder)?
  private let tokenizer: any Tokenizer
  private let options: IngestOptions
  /// Goes away with the last copy of a temporary index.
  private let temporary: TemporaryFolder?

  /// Opens an index, or makes it.
  ///
  /// - Parameters:
  ///   - name: the collection; nil for a temporary one.
  ///   - directory: where named collections are.
  ///   - embedder: the model; nil for word search only.
  ///   - sparseEmbedder: a model that weighs terms, to search by them too.
  ///   - tokenizer: that of the model, to cut texts into passages that it takes in whole.
  ///   - analyzer: what makes terms of words.
  ///   - fields: what words count in title, headings and body; nil takes title and text for one piece.
  ///   - options: how texts are cut and written.
  /// - Throws: `StoreError`, for example if another process is writing to it or it was made with another model.
  public init(
    named name: String? = nil, in directory: DataDirectory = .standard(), embedder: (any TextEmbedder)? = nil,
    sparseEmbedder: (any SparseTextEmbedder)? = nil, tokenizer: any Tokenizer = WordTokenizer(), analyzer: AnalyzerSpecification = .english,
    fields: LexicalFields? = nil, options: IngestOptions = IngestOptions()
  ) throws {
    temporary = name == nil ? try TemporaryFolder() : nil
    let directory = temporary.map { DataDirectory(path: $0.path) } ?? directory
    let settings = CollectionSettings(
      embedder: embedder?.profile, analyzer: analyzer, sparseEmbedder: sparseEmbedder?.profile, lexicalFields: fields)
    collection = try DocumentCollection.open(name ?? "temporary", in: directory, access: .create(settings))
    searcher = Searcher(collection: collection, embedder: embedder, sparseEmbedder: sparseEmbedder)
    self.embedder = embedder
    self.sparseEmbedder = sparseEmbedder
    self.tokenizer = tokenizer
    self.options = options
  }

  /// Adds texts. They can be searched when this returns.
  ///
  /// - Returns: the ids they got, which follow from the texts: adding a text again changes nothing.
  @discardableResult
  public func add(_ texts: [String]) async throws -> [String] {
    let documents = try texts.map { Document(id: try Self.id(of: $0), text: $0) }
    try await add(documents)
    return documents.map(\.id)
  }

  /// Adds documents, each in place of the one with its id.
  public func add(_ documents: [Document], structure: TextStructure = .plain) async throws {
    try collection.check(embedder)
    try collection.check(sparseEmbedder)
    let passageEmbedder = PassageEmbedder(
      collection.settings, embedder: embedder, sparseEmbedder: sparseEmbedder, batchTokens: options.batchTokens)
    let preparation = PassagePreparation(profile: collection.settings.passageProfile, tokenizer: tokenizer, options: options)
    var start = 0
    while start < documents.count {
      try Task.checkCancellation()
      let batch = documents[start..<min(start + options.commitDocuments, documents.count)]
      start = batch.endIndex
      var prepared = batch.map { preparation.prepare($0, structure: structure, root: nil, fingerprint: nil) }
      if let passageEmbedder { prepared = try await passageEmbedder.embed(prepared) }
      try await collection.write(prepared.map(\.write))
    }
  }

  /// Indexes files and folders; see ``IngestPipeline``.
  @discardableResult
  public func add(
    contentsOf paths: [String], progress: @escaping @Sendable (IngestProgress) -> Void = { _ in }
  ) async throws -> IngestReport {
    try await IngestPipeline(collection: collection, embedder: embedder, sparseEmbedder: sparseEmbedder, tokenizer: tokenizer, options: options)
      .run(paths: paths, progress: progress)
  }

  /// Removes documents; ids that do not exist are passed over.
  ///
  /// - Returns: how many were removed.
  @discardableResult
  public func remove(_ ids: [String]) async throws -> Int { try await collection.remove(documents: ids) }

  /// The best answers to a question, best first.
  public func search(_ text: String, limit: Int = 10, filter: Filter? = nil) async throws -> [Answer] {
    try await searcher.search(Query(text, filter: filter, limit: limit)).answers
  }

  /// The documents most like one of the index.
  public func similar(to id: String, limit: Int = 10, filter: Filter? = nil) async throws -> [Answer] {
    try await searcher.similar(toDocument: id, limit: limit, filter: filter).answers
  }

  /// The number of documents.
  public var count: Int {
    get throws { try collection.snapshot().documentCount }
  }

  private static func id(of text: String) throws -> String {
    String(try ContentDigest.of(ReadDocument(text: text)).prefix(24))
  }
}

/// A folder that is removed with its owner.
private final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("needletail-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  /// Removing fails when a file goes away while the folder is being emptied, and the collection, which lets go of its files at
  /// the same time, takes two with it: the log of its database and that log's index.
  private static let removalAttempts = 4

  deinit {
    for _ in 0..<Self.removalAttempts where FileManager.default.fileExists(atPath: path) {
      try? FileManager.default.removeItem(atPath: path)
    }
  }
}
