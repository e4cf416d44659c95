internal import GRDB
internal import NeedletailCore
internal import NeedletailIndex
internal import NeedletailText
internal import Synchronization

/// What a collection, its indexer and its snapshots share.
///
/// In a process that writes, the current snapshot changes on the database's writing queue only, right after the commit
/// that brought the change, so snapshots follow the order of commits.
final class CollectionCore: Sendable {
  let name: String
  let settings: CollectionSettings
  let files: CollectionFiles
  let database: CollectionDatabase
  let analyzer: Analyzer
  let maker: SegmentMaker
  let policy: MergePolicy
  let notices = Notices()
  private let loader: GenerationLoader
  private let current: Mutex<Snapshot?>
  /// The commit count of the last refresh; its lock makes refreshes follow one another.
  private let seenCommits = Mutex<Int?>(nil)
  private let lastChange = Mutex<ContinuousClock.Instant>(.now)

  init(
    name: String, settings: CollectionSettings, files: CollectionFiles, database: CollectionDatabase, policy: MergePolicy?
  ) throws(StoreError) {
    self.name = name
    self.settings = settings
    self.files = files
    self.database = database
    do {
      analyzer = try Analyzer(settings.analyzer)
    } catch {
      throw .cannotAccess(path: files.database, reason: "its analyzer cannot be made: \(error)")
    }
    maker = SegmentMaker(settings: settings, analyzer: analyzer, database: database, folder: files.indexes)
    self.policy = policy ?? MergePolicy(dimension: settings.embedder?.dimension)
    loader = GenerationLoader(
      maker: maker, policy: self.policy, notices: notices, folder: database.writer == nil ? nil : IndexFolder(path: files.indexes))
    current = Mutex(nil)
  }

  /// Reads the state for the first time.
  func load() throws(StoreError) {
    let commits = try commitCount()
    publish(try loader.load())
    seenCommits.withLock { $0 = commits }
  }

  // MARK: snapshots

  /// The current snapshot, brought up to date with what other processes committed.
  func snapshot() throws(StoreError) -> Snapshot {
    if database.writer == nil { try refresh() }
    guard let snapshot = current.withLock({ $0 }) else { throw .closed(name: name) }
    return snapshot
  }

  private func refresh() throws(StoreError) {
    let result = seenCommits.withLock { seen -> Result<Void, StoreError> in
      do throws(StoreError) {
        guard let commits = try commitCount(), commits != seen, let snapshot = current.withLock({ $0 }) else { return .success(()) }
        publish(try loader.load(after: snapshot.generation))
        seen = commits
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  private func commitCount() throws(StoreError) -> Int? {
    do {
      return try database.commitCount()
    } catch {
      throw StoreError(error, at: files.database)
    }
  }

  private func publish(_ generation: Generation) {
    // A snapshot must not hold this object, which holds the snapshot.
    let snapshot = Snapshot(
      generation: generation,
      context: SnapshotContext(name: name, settings: settings, database: database, analyzer: analyzer, notices: notices))
    current.withLock { $0 = snapshot }
  }

  /// Stops handing out snapshots.
  func withdraw() { current.withLock { $0 = nil } }

  var isClosed: Bool { current.withLock { $0 == nil } }
  var generation: Generation? { current.withLock { $0?.generation } }

  // MARK: changes, on the writing queue

  /// Publishes what a write committed. The rows are durable already, so a failure here must not look like one of the
  /// write: the state is then read again from SQLite.
  func publish(added: PassageVectors?, removed: [Range<PassageID>], ledger: Ledger) throws(StoreError) {
    lastChange.withLock { $0 = .now }
    guard var generation else { return }
    do throws(StoreError) {
      generation.ledger = ledger
      if let added {
        let piece = try maker.piece(added)
        try generation.append(piece, maker: maker, maximumRows: policy.maximumDeltaRows)
      }
      generation.remove(removed)
      publish(generation)
    } catch {
      publish(try loader.load())
    }
  }

  /// Publishes a new segment in place of others.
  func publish(_ segment: Segment?, replacing numbers: Set<Int64>, ledger: Ledger) throws(StoreError) {
    guard var generation else { return }
    do throws(StoreError) {
      try generation.replace(numbers, by: segment, ledger: ledger, maker: maker)
      publish(generation)
    } catch {
      publish(try loader.load())
    }
  }

  /// For how long nothing was written.
  var idleTime: Duration { lastChange.withLock { $0.duration(to: .now) } }
}
