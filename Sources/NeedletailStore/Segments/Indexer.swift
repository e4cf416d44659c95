internal import Dispatch
internal import GRDB
internal import NeedletailCore
internal import NeedletailIndex
internal import Synchronization

/// Builds segments in the background: one at a time, on a queue of its own, so that it neither blocks the threads of
/// tasks nor holds more than one segment under construction in memory.
final class Indexer: Sendable {
  /// Quiet for so long, a collection counts as idle.
  private static let idleTime = Duration.milliseconds(400)
  /// Writers wait when the delta is this many times its full size.
  private static let largestBacklog = 4

  private let core: CollectionCore
  /// Kept until the last step has ended, also if nobody closed the collection.
  private let lock: WriterLock
  private let queue = DispatchQueue(label: "needletail.indexer", qos: .utility)
  private let wishes: AsyncStream<Void>
  private let wish: AsyncStream<Void>.Continuation
  private let task = Mutex<Task<Void, Never>?>(nil)
  private let isStopped = Atomic(false)

  init(core: CollectionCore, lock: WriterLock) {
    self.core = core
    self.lock = lock
    (wishes, wish) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Starts to follow the writes. What an earlier process left undone is done first.
  func start() {
    let task = Task(priority: .utility) { await self.follow() }
    self.task.withLock { $0 = task }
    wish.yield()
  }

  /// Ends after the step at hand.
  func stop() {
    isStopped.store(true, ordering: .releasing)
    wish.finish()
    task.withLock { $0?.cancel() }
  }

  /// Ends, and waits for the step at hand.
  func finish() async {
    stop()
    await task.withLock { $0 }?.value
    await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
  }

  /// Tells that something was written; waits while the backlog is large.
  func noteWrite() async {
    wish.yield()
    let limit = Self.largestBacklog * core.policy.maximumDeltaRows
    guard (core.generation?.deltaRows ?? 0) >= limit else { return }
    // The write is durable: a failure of the indexer is not one of the write, and the next settle reports it.
    _ = await result(isIdle: false)
  }

  /// Builds everything that an idle collection should have.
  func settle() async throws(StoreError) { try await result(isIdle: true).get() }

  /// Waits for quiet after writes, builds, and waits again.
  private func follow() async {
    for await _ in wishes {
      note(await result(isIdle: false))
      while core.idleTime < Self.idleTime, !isStopped.load(ordering: .acquiring) {
        guard (try? await Task.sleep(for: Self.idleTime / 4)) != nil else { return }
        if (core.generation?.deltaRows ?? 0) >= core.policy.maximumDeltaRows { note(await result(isIdle: false)) }
      }
      note(await result(isIdle: true))
    }
  }

  private func note(_ result: Result<Void, StoreError>) {
    if case .failure(let error) = result, !isStopped.load(ordering: .acquiring) { core.notices.add("indexing stopped: \(error)") }
  }

  private func result(isIdle: Bool) async -> Result<Void, StoreError> {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: self.catchUp(isIdle: isIdle)) }
    }
  }

  /// Takes steps until the policy asks for no more. On the queue.
  private func catchUp(isIdle: Bool) -> Result<Void, StoreError> {
    while !isStopped.load(ordering: .acquiring), let generation = core.generation {
      guard let step = core.policy.nextStep(deltaRows: generation.deltaRows, segments: generation.sizes, isIdle: isIdle) else { break }
      do throws(StoreError) {
        try take(step, from: generation)
      } catch {
        return .failure(error)
      }
    }
    return .success(())
  }

  /// Builds one segment and puts it in the place of what it was made of.
  private func take(_ step: MergePolicy.Step, from generation: Generation) throws(StoreError) {
    let sources = generation.segments.filter { step.segments.contains($0.contents.number ?? 0) } + (step.includesDelta ? generation.delta : [])
    // Everything in memory is in SQLite, so the new segment takes in the delta up to the last passage of its state.
    let watermark = step.includesDelta ? generation.ledger.lastPassage : generation.ledger.watermark
    let maker = core.maker
    let rows = try core.database.read { db in try maker.rows(db, in: Self.ranges(of: sources), capacity: sources.reduce(0) { $0 + $1.liveCount }) }
    let number = generation.ledger.lastSegment + 1
    guard !rows.isEmpty else { return try register(nil, number: number, replacing: step, watermark: watermark) }
    let built = try maker.write(number: number, rows)
    do throws(StoreError) {
      try register(built, number: number, replacing: step, watermark: watermark)
    } catch {
      for file in built.contents.files { file.markObsolete() }
      throw error
    }
  }

  /// Makes the segment part of the collection: in SQLite first, then for searches.
  private func register(
    _ built: (record: SegmentRecord, contents: SegmentContents)?, number: Int64, replacing step: MergePolicy.Step, watermark: PassageID
  ) throws(StoreError) {
    let core = core
    try core.database.writeNow { db in
      guard let generation = core.generation else { throw StoreError.closed(name: core.name) }
      var ledger = try Ledger.read(db)
      ledger.lastSegment = number
      ledger.watermark = max(ledger.watermark, watermark)
      let kept = generation.segments.filter { !step.segments.contains($0.contents.number ?? 0) }.map(\.passages)
      let removals = try db.transaction {
        try SegmentRecord.delete(step.segments, db)
        try built?.record.insert(db)
        try ledger.save(db)
        let removals = try Removal.all(db)
        try Removal.prune(db, segments: kept + (built.map { [$0.record.passages] } ?? []), watermark: ledger.watermark)
        return removals
      }
      var segment = built.map { Segment($0.contents) }
      // What was removed while the segment was under construction.
      for range in removals { segment?.remove(range) }
      try core.publish(segment, replacing: Set(step.segments), ledger: ledger)
    }
  }

  /// The passages of some segments, in ascending order.
  private static func ranges(of segments: [Segment]) -> [Range<PassageID>] {
    segments.flatMap { $0.livePassages.runs }.sorted { $0.lowerBound < $1.lowerBound }
  }
}
