internal import NeedletailCore
internal import NeedletailIndex

/// What was built once over some passages and never changes: its indexes and the passages their rows stand for.
final class SegmentContents: Sendable {
  /// Its number in SQLite; nil for a piece of the delta, which lives in memory only.
  let number: Int64?
  let passages: PassageRuns
  /// Nil in a collection without an embedder.
  let dense: (any SearchIndex)?
  let lexical: IndexSource<LexicalIndex>
  /// Nil in a collection without a sparse embedder.
  let sparse: IndexSource<any SparseIndex>?
  /// The vectors of a piece of the delta, from which larger pieces are made.
  let vectors: PassageVectors?
  let files: [SegmentFile]
  /// Its files could not be used; it is held in memory until the indexer has written new ones.
  let isDamaged: Bool

  init(
    number: Int64?, passages: PassageRuns, dense: (any SearchIndex)?, lexical: IndexSource<LexicalIndex>, sparse: IndexSource<any SparseIndex>? = nil,
    vectors: PassageVectors? = nil, files: [SegmentFile] = [], isDamaged: Bool = false
  ) {
    self.number = number
    self.passages = passages
    self.dense = dense
    self.lexical = lexical
    self.sparse = sparse
    self.vectors = vectors
    self.files = files
    self.isDamaged = isDamaged
  }
}

/// The contents of a segment less the passages that were removed since it was built.
struct Segment: Sendable {
  let contents: SegmentContents
  /// The rows that no longer count.
  private(set) var deleted = RowSet()

  init(_ contents: SegmentContents) {
    self.contents = contents
  }

  var passages: PassageRuns { contents.passages }
  var rowCount: Int { contents.passages.count }
  var liveCount: Int { rowCount - deleted.count }

  /// The same for indexes, which search faster if there are none.
  var deletedOrNil: RowSet? { deleted.isEmpty ? nil : deleted }

  /// Leaves out the passages of a range; those the segment does not have are passed over.
  mutating func remove(_ range: Range<PassageID>) {
    deleted.insert(rows: passages.rows(in: range))
  }

  /// The passages that still count.
  var livePassages: PassageRuns {
    guard !deleted.isEmpty else { return passages }
    var runs = PassageRuns()
    for row in deleted.complement(count: rowCount) { runs.append(first: passages[Int(row)], count: 1) }
    return runs
  }
}
