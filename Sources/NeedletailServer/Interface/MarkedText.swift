/// A text cut into the pieces that are marked and those that are not.
struct MarkedText: Hashable, Sendable {
  struct Segment: Hashable, Sendable {
    let segmentText: String
    let isMarked: Bool
  }

  let segments: [Segment]

  /// Cuts a text at byte ranges of its UTF-8 form. Ranges may come in any order, overlap, reach beyond the end or cut
  /// through a character: they are clipped, merged and widened to whole characters of Unicode.
  init(_ text: String, marking ranges: [Range<Int>]) {
    let bytes = Array(text.utf8)
    var segments: [Segment] = []
    var position = 0
    func append(upTo end: Int, isMarked: Bool) {
      guard end > position else { return }
      segments.append(Segment(segmentText: String(decoding: bytes[position..<end], as: UTF8.self), isMarked: isMarked))
      position = end
    }
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      let lower = max(position, Self.boundary(atOrBefore: range.lowerBound, in: bytes))
      let upper = Self.boundary(atOrAfter: range.upperBound, in: bytes)
      guard lower < upper else { continue }
      append(upTo: lower, isMarked: false)
      append(upTo: upper, isMarked: true)
    }
    append(upTo: bytes.count, isMarked: false)
    self.segments = segments
  }

  /// The start of the code point at an offset, clipped to the text.
  static func boundary(atOrBefore offset: Int, in bytes: [UInt8]) -> Int {
    var offset = min(max(offset, 0), bytes.count)
    while offset > 0, offset < bytes.count, bytes[offset] & 0xc0 == 0x80 { offset -= 1 }
    return offset
  }

  /// The end of the code point that reaches over an offset, clipped to the text.
  static func boundary(atOrAfter offset: Int, in bytes: [UInt8]) -> Int {
    var offset = min(max(offset, 0), bytes.count)
    while offset < bytes.count, bytes[offset] & 0xc0 == 0x80 { offset += 1 }
    return offset
  }
}
