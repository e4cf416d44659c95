internal import NeedletailCore

/// A part of a document's text, cut so that each passage can be linked to and one of them is marked.
///
/// Long texts are shown in parts of `partBytes`, so that a book does not arrive as one page.
struct DocumentExcerpt: Hashable, Sendable {
  static let partBytes = 200_000

  /// A stretch of text that is inside the marked passage as a whole or outside.
  struct Piece: Hashable, Sendable {
    /// The passage that begins here, to link to.
    let anchor: PassageID?
    let isMarked: Bool
    let range: Range<Int>
  }

  let part: Int
  let partCount: Int
  let pieces: [Piece]

  /// - Parameters:
  ///   - part: the part to show, from 0; nil: the one in which the marked passage begins, or the first.
  init(of byteCount: Int, passages: [IndexedPassage], marking marked: IndexedPassage?, part wanted: Int?) {
    partCount = max(1, (byteCount + Self.partBytes - 1) / Self.partBytes)
    let markedPart = marked.map { $0.range.lowerBound / Self.partBytes }
    part = min(max(wanted ?? markedPart ?? 0, 0), partCount - 1)
    let shown = part * Self.partBytes..<max(part * Self.partBytes, min((part + 1) * Self.partBytes, byteCount))

    var anchors: [Int: PassageID] = [:]
    for passage in passages where shown.contains(passage.range.lowerBound) {
      anchors[passage.range.lowerBound] = passage.id
    }
    let markedRange = (marked?.range ?? 0..<0).clamped(to: shown)
    let inner = (Array(anchors.keys) + [markedRange.lowerBound, markedRange.upperBound]).filter { shown.contains($0) }
    let cuts = Set(inner + [shown.lowerBound, shown.upperBound]).sorted()
    pieces = zip(cuts, cuts.dropFirst()).map { lower, upper in
      Piece(anchor: anchors[lower], isMarked: markedRange.contains(lower), range: lower..<upper)
    }
  }
}
