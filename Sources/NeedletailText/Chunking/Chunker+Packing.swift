internal import NeedletailCore

extension Chunker {
  /// Puts as many units into a passage as fit, and ends it at the best boundary of its second half.
  func pack(_ units: [Unit], headings: [[String]]) -> [Passage] {
    var passages: [Passage] = []
    for section in sections(of: units, headings: headings) {
      var start = section.lowerBound
      while start < section.upperBound {
        let end = self.end(from: start, in: section, units)
        let range = units[start].range.lowerBound..<units[end - 1].range.upperBound
        passages.append(Passage(ordinal: passages.count, byteRange: range, headings: headings[units[end - 1].section]))
        start = end == section.upperBound ? end : repeated(before: end, after: start, units)
      }
    }
    return passages
  }

  /// Ranges of units that no passage crosses: what stands below one heading, with outer headings that have no text of their own.
  private func sections(of units: [Unit], headings: [[String]]) -> [Range<Int>] {
    var sections: [Range<Int>] = []
    var start = 0
    var hasText = units.first.map { !$0.isHeading } ?? true
    for index in units.indices.dropFirst() {
      if units[index].boundary == .section {
        let (outer, inner) = (headings[units[index - 1].section], headings[units[index].section])
        if hasText || inner.count <= outer.count || !inner.starts(with: outer) {
          sections.append(start..<index)
          start = index
          hasText = false
        }
      }
      hasText = hasText || !units[index].isHeading
    }
    if start < units.count { sections.append(start..<units.count) }
    return sections
  }

  /// The end of the passage that begins with unit `start`.
  private func end(from start: Int, in section: Range<Int>, _ units: [Unit]) -> Int {
    var tokens = units[start].tokens
    var end = start + 1
    var best = end
    var bestBoundary: Boundary?
    while end < section.upperBound, tokens + units[end].tokens <= tokenBudget, hasRoom(from: start, through: end, units) {
      if 2 * tokens >= tokenBudget, units[end].boundary >= bestBoundary ?? .token {
        best = end
        bestBoundary = units[end].boundary
      }
      tokens += units[end].tokens
      end += 1
    }
    guard end < section.upperBound else { return end }
    // The end of what fits counts as a place, too.
    return bestBoundary.map { units[end].boundary >= $0 ? end : best } ?? end
  }

  /// Whether the bytes stay within reason where tokens say little, as in lines of rules or of unknown words.
  private func hasRoom(from start: Int, through end: Int, _ units: [Unit]) -> Bool {
    units[end].range.upperBound - units[start].range.lowerBound <= 64 * tokenBudget
  }

  /// Where the next passage begins: with as much of the end of the last one as the overlap and the next unit allow.
  private func repeated(before end: Int, after start: Int, _ units: [Unit]) -> Int {
    var first = end
    var tokens = 0
    while first - 1 > start {
      let next = tokens + units[first - 1].tokens
      // Zero tokens may come without number: the bytes count then.
      let bytes = units[end].range.upperBound - units[first - 1].range.lowerBound
      guard next <= overlap, next + units[end].tokens <= tokenBudget, bytes <= 32 * tokenBudget else { break }
      tokens = next
      first -= 1
    }
    return first
  }
}
