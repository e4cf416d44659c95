internal import GRDB
internal import NeedletailCore
internal import NeedletailIndex

/// Finds the state of a collection from SQLite and the index files, on opening and, in a process that only reads,
/// whenever the writer committed.
///
/// Nothing here depends on how the last process ended. Passages above the watermark make the delta; a segment whose
/// files are missing or damaged is held in memory and built again; what was removed since a segment was built is
/// listed in SQLite.
struct GenerationLoader: Sendable {
  let maker: SegmentMaker
  let policy: MergePolicy
  let notices: Notices
  /// Where damaged files are set aside; nil in a process that only reads.
  let folder: IndexFolder?

  /// The current state; of `previous` everything that still holds is used again.
  func load(after previous: Generation? = nil) throws(StoreError) -> Generation {
    try maker.database.read { db in
      let ledger = try Ledger.read(db)
      var segments: [Segment] = []
      for record in try SegmentRecord.all(db) {
        segments.append(Segment(try contents(of: record, in: previous, db: db)))
      }
      var generation = Generation(
        ledger: ledger, segments: segments,
        delta: try Generation.trimmed(previous?.delta ?? [], above: ledger.watermark, maker: maker))
      let known = max(ledger.watermark, previous?.ledger.lastPassage ?? 0)
      let piece = try maker.piece(maker.rows(db, in: [known + 1..<ledger.lastPassage + 1]))
      try generation.append(piece, maker: maker, maximumRows: policy.maximumDeltaRows)
      generation.remove(try Removal.all(db))
      return generation
    }
  }

  private func contents(of record: SegmentRecord, in previous: Generation?, db: Database) throws -> SegmentContents {
    if let same = previous?.segments.first(where: { $0.contents.number == record.number }) { return same.contents }
    do {
      return try maker.open(record)
    } catch let problem as SegmentFileProblem {
      if let folder {
        folder.setAside(problem, notices: notices)
      } else {
        notices.add("the index file \(problem.name) cannot be used (\(problem.reason)); searching without it until a writer has built it again")
      }
      return try maker.substitute(for: record, db: db)
    }
  }
}

/// Passages that were removed but may still be rows of a segment.
enum Removal {
  static func all(_ db: Database) throws -> [Range<PassageID>] {
    try Row.fetchAll(db, sql: "SELECT firstPassage, passageCount FROM removal ORDER BY firstPassage").map { row in
      let first: PassageID = row[0]
      return first..<first + (row[1] as PassageID)
    }
  }

  static func insert(_ range: Range<PassageID>, _ db: Database) throws {
    guard !range.isEmpty else { return }
    try db.cachedStatement(sql: "INSERT INTO removal (firstPassage, passageCount) VALUES (?, ?)")
      .execute(arguments: [range.lowerBound, range.count])
  }

  /// Forgets the removals that no segment has rows of any more.
  static func prune(_ db: Database, segments: [PassageRuns], watermark: PassageID) throws {
    for range in try all(db) where range.upperBound <= watermark + 1 && segments.allSatisfy({ $0.rows(in: range).isEmpty }) {
      try db.cachedStatement(sql: "DELETE FROM removal WHERE firstPassage = ?").execute(arguments: [range.lowerBound])
    }
  }
}
