internal import NeedletailCore
internal import NeedletailIndex

/// One state of a collection as searches see it: which segments there are and which of their rows count.
///
/// A value: writers change a copy and publish it, searches keep the one they began with.
struct Generation: Sendable {
  var ledger: Ledger
  /// Segments with files, or in memory in place of damaged files.
  private(set) var segments: [Segment]
  /// Pieces of the delta: passages above the watermark, in ascending order.
  private(set) var delta: [Segment]

  init(ledger: Ledger, segments: [Segment] = [], delta: [Segment] = []) {
    self.ledger = ledger
    self.segments = segments
    self.delta = delta
  }

  /// Everything to search.
  var parts: [Segment] { segments + delta }
  var deltaRows: Int { delta.reduce(0) { $0 + $1.liveCount } }

  var sizes: [MergePolicy.SegmentSize] {
    segments.map { segment in
      MergePolicy.SegmentSize(
        number: segment.contents.number ?? 0, rows: segment.rowCount, live: segment.liveCount, isDamaged: segment.contents.isDamaged)
    }
  }

  mutating func remove(_ ranges: [Range<PassageID>]) {
    for range in ranges {
      for index in segments.indices { segments[index].remove(range) }
      for index in delta.indices { delta[index].remove(range) }
    }
  }

  /// Adds a piece and keeps the pieces few: as in a binary counter, a piece joins the one before unless that is larger,
  /// so a passage takes part in at most log₂(delta) joins.
  mutating func append(_ piece: SegmentContents, maker: SegmentMaker, maximumRows: Int) throws(StoreError) {
    guard !piece.passages.isEmpty else { return }
    delta.append(Segment(piece))
    while delta.count >= 2 {
      let last = delta[delta.count - 1]
      let previous = delta[delta.count - 2]
      guard previous.liveCount <= last.liveCount, previous.liveCount + last.liveCount <= maximumRows else { return }
      let joined = try maker.joined([previous, last])
      delta.removeLast(2)
      if !joined.passages.isEmpty { delta.append(Segment(joined)) }
    }
  }

  /// Puts a new segment in the place of those it was made of, and takes out of the delta what is now in segments.
  mutating func replace(_ numbers: Set<Int64>, by segment: Segment?, ledger: Ledger, maker: SegmentMaker) throws(StoreError) {
    let remaining = try Self.trimmed(delta, above: ledger.watermark, maker: maker)
    for old in segments where numbers.contains(old.contents.number ?? 0) {
      for file in old.contents.files { file.markObsolete() }
    }
    segments.removeAll { numbers.contains($0.contents.number ?? 0) }
    if let segment { segments.append(segment) }
    delta = remaining
    self.ledger = ledger
  }

  /// The pieces without the passages up to the watermark.
  static func trimmed(_ pieces: [Segment], above watermark: PassageID, maker: SegmentMaker) throws(StoreError) -> [Segment] {
    var result: [Segment] = []
    for piece in pieces {
      let covered = piece.passages.rank(of: watermark + 1)
      if covered == 0 {
        result.append(piece)
      } else if covered < piece.rowCount {
        var rest = piece
        rest.remove(0..<watermark + 1)
        let contents = try maker.joined([rest])
        if !contents.passages.isEmpty { result.append(Segment(contents)) }
      }
    }
    return result
  }
}
