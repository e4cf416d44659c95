public import NeedletailCore
public import NeedletailStore
public import NeedletailText

/// Brings a collection up to date with files.
///
/// Three stages run at the same time, with bounded queues between them: reading and cutting, embedding, writing. Files that
/// look unchanged are not opened, and contents that are unchanged are not embedded again; what is gone is removed.
/// A document is known by the absolute path of its file, a record in a file by that path, `#` and its key.
public struct IngestPipeline: Sendable {
  private let collection: DocumentCollection
  private let embedder: (any TextEmbedder)?
  private let sparseEmbedder: (any SparseTextEmbedder)?
  private let tokenizer: any Tokenizer
  private let options: IngestOptions

  /// - Parameters:
  ///   - collection: what is written to.
  ///   - embedder: the model of the collection; nil for a collection without vectors.
  ///   - sparseEmbedder: the model of its sparse vectors; nil for a collection without.
  ///   - tokenizer: counts what fits into a passage: that of the model.
  ///   - options: how files are read, cut and written.
  public init(
    collection: DocumentCollection, embedder: (any TextEmbedder)?, sparseEmbedder: (any SparseTextEmbedder)? = nil,
    tokenizer: any Tokenizer, options: IngestOptions = IngestOptions()
  ) {
    self.sparseEmbedder = sparseEmbedder
    self.collection = collection
    self.embedder = embedder
    self.tokenizer = tokenizer
    self.options = options
  }

  /// Indexes files and everything below folders.
  ///
  /// What cannot be read is reported and passed over. Each commit is complete in itself: however the run ends, the
  /// collection holds what was committed, and the next run goes on from there.
  ///
  /// - Parameters:
  ///   - paths: files and folders.
  ///   - progress: called from any thread, one call at a time; it should return quickly.
  /// - Throws: `RetrievalError.interrupted` when the task is cancelled, `pathNotReadable` before anything is done,
  ///   `StoreError`, or what the embedder throws.
  public func run(
    paths: [String], progress: @escaping @Sendable (IngestProgress) -> Void = { _ in }
  ) async throws -> IngestReport {
    try collection.check(embedder)
    try collection.check(sparseEmbedder)
    let tracker = IngestTracker(progress)
    do {
      try await run(paths, tracker)
    } catch {
      guard Task.isCancelled else { throw error }
      throw RetrievalError.interrupted(tracker.report)
    }
    tracker.update { _, progress in
      progress.phase = .finished
      progress.currentPath = nil
    }
    return tracker.report
  }

  private func run(_ paths: [String], _ tracker: IngestTracker) async throws {
    let targets = try IngestTarget.targets(for: paths, roots: try collection.roots())
    let walks = try scan(targets, tracker)
    let absorbed = try collection.roots().filter { root in targets.contains { root.isInside($0.path) } }
    let moved = Set(try absorbed.flatMap { try collection.fingerprints(under: $0).keys })
    for target in targets { try await collection.addRoot(target.root) }

    let embedding = BoundedQueue<IngestWork>(capacity: options.queuedBytes)
    let writing = BoundedQueue<IngestWork>(capacity: options.queuedBytes)
    let reading = ReadingStage(
      readers: DocumentReaders(limits: options.limits, recordFields: options.recordFields),
      preparation: PassagePreparation(profile: collection.settings.passageProfile, tokenizer: tokenizer, options: options), options: options,
      known: KnownDocuments(try collection.fingerprints()), moved: moved, tracker: tracker, output: embedding)
    let embedder = EmbeddingStage(
      embedder: PassageEmbedder(
        collection.settings, embedder: embedder, sparseEmbedder: sparseEmbedder, batchTokens: options.batchTokens),
      batchTokens: options.batchTokens, tracker: tracker)
    let committer = CommitStage(collection: collection, options: options, tracker: tracker)
    try await withThrowingTaskGroup { group in
      group.addTask(executorPreference: ReadingExecutor.shared) {
        defer { embedding.finish() }
        for (target, walk) in zip(targets, walks) { try await reading.run(walk, of: target) }
      }
      group.addTask { try await embedder.run(from: embedding, to: writing) }
      group.addTask { try await committer.run(from: writing) }
      try await group.waitForAll()
    }
    // Nothing belongs to them any more.
    for root in absorbed { try await collection.removeRoot(root) }
  }

  private func scan(_ targets: [IngestTarget], _ tracker: IngestTracker) throws -> [FileWalk] {
    let walker = FileWalker(options: options.files)
    var walks: [FileWalk] = []
    var filesBefore = 0
    for target in targets {
      let walk = try walker.walk(target.path) { count in tracker.update { _, progress in progress.filesFound = filesBefore + count } }
      for problem in walk.problems { tracker.problem(problem) }
      filesBefore += walk.files.count
      walks.append(walk)
    }
    let files = walks.flatMap(\.files)
    tracker.update { _, progress in
      progress.phase = .indexing
      progress.filesFound = files.count
      progress.bytesFound = files.reduce(0) { $0 + $1.size }
    }
    return walks
  }
}

extension CollectionSettings {
  /// The model that passages are cut for; nil in a collection without vectors.
  var passageProfile: EmbedderProfile? { embedder ?? sparseEmbedder }
}

extension DocumentCollection {
  /// Refuses sparse vectors of another model than the collection's.
  func check(_ embedder: (any SparseTextEmbedder)?) throws(RetrievalError) {
    guard let expected = settings.sparseEmbedder else { return }
    guard let embedder else { throw .embedderMissing(collection: name, model: expected.name) }
    guard embedder.profile.digest == expected.digest else {
      throw .embedderMismatch(collection: name, expected: expected.name, received: embedder.profile.name)
    }
  }

  /// Refuses vectors of another model than the collection's.
  func check(_ embedder: (any TextEmbedder)?) throws(RetrievalError) {
    guard let expected = settings.embedder else { return }
    guard let embedder else { throw .embedderMissing(collection: name, model: expected.name) }
    guard embedder.profile.digest == expected.digest else {
      throw .embedderMismatch(collection: name, expected: expected.name, received: embedder.profile.name)
    }
  }
}
