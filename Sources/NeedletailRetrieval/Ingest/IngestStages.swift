internal import NeedletailCore
internal import NeedletailStore

/// What the reading stage of a run hands on, in the order in which it has to happen.
enum IngestWork: Sendable {
  /// A new or changed document.
  case write(PreparedDocument, isNew: Bool)
  /// A document whose contents are as before, but whose file looks different.
  case refresh(id: String, Fingerprint)
  /// Documents that are gone.
  case remove([String])
  /// All of a file has been handed on.
  case finishedFile(bytes: Int64)

  var weight: Int {
    if case .write(let document, _) = self { document.weight } else { 256 }
  }
}

/// The second stage: gives passages their vectors.
struct EmbeddingStage: Sendable {
  /// Nil for a collection without vectors.
  let embedder: PassageEmbedder?
  let batchTokens: Int
  let tracker: IngestTracker

  /// Takes what waits, up to about one batch at a time, embeds it and hands it on.
  func run(from input: BoundedQueue<IngestWork>, to output: BoundedQueue<IngestWork>) async throws {
    defer { output.finish() }
    // About four bytes of text make a token.
    while var work = try await input.next(upTo: 4 * batchTokens) {
      if let embedder { try await embed(&work, with: embedder) }
      for item in work { try await output.send(item, weight: item.weight) }
    }
  }

  private func embed(_ work: inout [IngestWork], with embedder: PassageEmbedder) async throws {
    let places = work.indices.filter { if case .write = work[$0] { true } else { false } }
    let documents = places.compactMap { if case .write(let document, _) = work[$0] { document } else { nil } }
    let embedded = try await embedder.embed(documents) { passages, tokens in
      tracker.update { report, progress in
        report.tokens += tokens
        progress.passagesDone += passages
      }
    }
    for (place, document) in zip(places, embedded) {
      if case .write(_, let isNew) = work[place] { work[place] = .write(document, isNew: isNew) }
    }
  }
}

/// The third stage: writes to the collection, many documents in one transaction.
struct CommitStage: Sendable {
  let collection: DocumentCollection
  let options: IngestOptions
  let tracker: IngestTracker

  func run(from input: BoundedQueue<IngestWork>) async throws {
    var batch = CommitBatch()
    do {
      while let work = try await input.next(upTo: 1 << 20) {
        for item in work { batch.take(item) }
        if batch.isDue(options) {
          try await commit(batch)
          batch = CommitBatch()
        }
      }
    } catch is CancellationError {
      // What is embedded is worth keeping; a task of its own, since this one is cancelled and the store would refuse.
      let last = batch
      try await Task { try await commit(last) }.value
      throw CancellationError()
    }
    try await commit(batch)
  }

  private func commit(_ batch: CommitBatch) async throws {
    // What is gone is removed first: the document that marks its file as read may be among those written.
    if !batch.removals.isEmpty {
      let count = try await collection.remove(documents: batch.removals)
      tracker.update { report, _ in report.removed += count }
    }
    var writes = batch.writes
    if !batch.refreshes.isEmpty { writes += try refreshed(batch.refreshes) }
    try await collection.write(writes)
    tracker.update { report, progress in
      report.added += batch.added
      report.updated += batch.writes.count - batch.added
      report.unchanged += batch.refreshes.count
      report.passages += batch.writes.reduce(0) { $0 + $1.passages.count }
      progress.filesDone += batch.files
      progress.bytesDone += batch.bytes
    }
  }

  /// The documents as they are stored, with other fingerprints; they are neither read nor embedded again.
  private func refreshed(_ refreshes: [(id: String, Fingerprint)]) throws -> [DocumentWrite] {
    let snapshot = try collection.snapshot()
    return try refreshes.compactMap { id, fingerprint in
      guard let stored = try snapshot.document(id) else { return nil }
      let vectors = collection.settings.embedder == nil ? nil : try snapshot.vectors(ofDocument: id).vectors
      let sparse = collection.settings.sparseEmbedder == nil ? nil : try snapshot.sparseVectors(ofDocument: id).vectors
      var document = stored.document
      if fingerprint.modified != 0 { document.payload.setModified(fingerprint.modified) }
      return DocumentWrite(
        document: document, root: stored.root, fingerprint: fingerprint, passages: stored.passages.map(\.passage),
        vectors: vectors, sparseVectors: sparse)
    }
  }
}

/// What one transaction will hold.
private struct CommitBatch: Sendable {
  private(set) var writes: [DocumentWrite] = []
  private(set) var refreshes: [(id: String, Fingerprint)] = []
  private(set) var removals: [String] = []
  private(set) var added = 0
  private(set) var files = 0
  private(set) var bytes: Int64 = 0
  private var passages = 0
  private let watch = Stopwatch()

  mutating func take(_ work: IngestWork) {
    switch work {
    case .write(let document, let isNew):
      writes.append(document.write)
      passages += document.write.passages.count
      if isNew { added += 1 }
    case .refresh(let id, let fingerprint): refreshes.append((id, fingerprint))
    case .remove(let ids): removals += ids
    case .finishedFile(let size):
      files += 1
      bytes += size
    }
  }

  func isDue(_ options: IngestOptions) -> Bool {
    writes.count + refreshes.count >= options.commitDocuments || passages >= options.commitPassages
      || watch.seconds >= options.commitSeconds
  }
}
