/// Decides what the indexer builds next. A pure function of sizes, so that its promises can be checked by simulation:
///
/// - The segments of an idle collection shrink geometrically: each is at least `idleRatio` times as large as all smaller
///   ones together, so there are at most about log₃(passages / minimumRows) of them.
/// - A passage is built into a segment again only when that segment grows by half or more, so building costs
///   O(log passages) per passage however small the writes are.
/// - Under a bulk load, only pieces of the delta's full size are written, cheap flat ones; graphs are built over the
///   whole once it is quiet, or over `busyWidth` segments of one size at a time if it never is.
package struct MergePolicy: Sendable {
  /// A delta smaller than this stays in memory: it is searched in microseconds and read again in milliseconds.
  package var minimumRows = 256
  /// A delta of this size is written out at once.
  package var maximumDeltaRows = 8_192
  /// No segment grows beyond this, to bound the memory that building takes.
  package var maximumSegmentRows = 4_000_000
  /// A segment with a larger part of its rows removed is built again without them.
  package var maximumDeletedFraction = 0.2
  package var idleRatio = 2
  package var busyWidth = 16

  package init() {}

  /// The sizes for vectors of a dimension: at most 32 MiB of floats in the delta and 2 GiB in a segment under construction.
  package init(dimension: Int?) {
    guard let dimension, dimension > 0 else { return }
    maximumDeltaRows = min(8_192, max(minimumRows, (32 << 20) / (4 * dimension)))
    maximumSegmentRows = max(maximumDeltaRows, (2 << 30) / (4 * dimension))
  }

  package struct SegmentSize: Sendable {
    package var number: Int64
    package var rows: Int
    package var live: Int
    package var isDamaged = false

    package init(number: Int64, rows: Int, live: Int, isDamaged: Bool = false) {
      self.number = number
      self.rows = rows
      self.live = live
      self.isDamaged = isDamaged
    }
  }

  /// Some segments, and perhaps the delta, that are to become one segment.
  package struct Step: Hashable, Sendable {
    package var includesDelta: Bool
    package var segments: [Int64]

    package init(includesDelta: Bool, segments: [Int64]) {
      self.includesDelta = includesDelta
      self.segments = segments
    }
  }

  /// The next step, or nil if all is well.
  package func nextStep(deltaRows: Int, segments: [SegmentSize], isIdle: Bool) -> Step? {
    isIdle ? idleStep(deltaRows, segments) ?? repair(segments) : busyStep(deltaRows, segments) ?? repair(segments)
  }

  private func busyStep(_ deltaRows: Int, _ segments: [SegmentSize]) -> Step? {
    if deltaRows >= maximumDeltaRows { return Step(includesDelta: true, segments: []) }
    let tiers = Dictionary(grouping: segments.filter { $0.live > 0 }) { tier(ofRows: $0.live) }
    let full = tiers.filter { $0.value.count >= busyWidth && fits($0.value.map(\.live)) }
    guard let smallest = full.min(by: { $0.key < $1.key }) else { return nil }
    return Step(includesDelta: false, segments: smallest.value.map(\.number).sorted())
  }

  /// Joins the smaller segments, up to and including the largest that is not much larger than all of them.
  private func idleStep(_ deltaRows: Int, _ segments: [SegmentSize]) -> Step? {
    let sealsDelta = deltaRows >= minimumRows
    var total = sealsDelta ? deltaRows : 0
    var joined = 0
    let ascending = segments.sorted { ($0.live, $0.number) < ($1.live, $1.number) }
    var considered = 0
    for segment in ascending {
      guard total + segment.live <= maximumSegmentRows else { break }
      considered += 1
      if total > 0, segment.live < idleRatio * total { joined = considered }
      total += segment.live
    }
    guard sealsDelta || joined > 1 else { return nil }
    return Step(includesDelta: sealsDelta, segments: ascending.prefix(joined).map(\.number).sorted())
  }

  /// A segment that lost its files or too many of its rows.
  private func repair(_ segments: [SegmentSize]) -> Step? {
    let candidate = segments.first { segment in
      segment.isDamaged || Double(segment.rows - segment.live) > maximumDeletedFraction * Double(segment.rows)
    }
    return candidate.map { Step(includesDelta: false, segments: [$0.number]) }
  }

  private func tier(ofRows rows: Int) -> Int {
    var tier = 0
    var limit = minimumRows
    while limit < rows {
      limit *= busyWidth
      tier += 1
    }
    return tier
  }

  private func fits(_ rows: [Int]) -> Bool { rows.reduce(0, +) <= maximumSegmentRows }
}
