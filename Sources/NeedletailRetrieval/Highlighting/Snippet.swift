/// A short part of a passage, whole sentences where they fit.
public struct Snippet: Hashable, Codable, Sendable {
  public var text: String
  /// Where it stands in the UTF-8 bytes of the passage.
  public var byteRange: Range<Int>
  /// Where the words of the question stand in the UTF-8 bytes of `text`; ascending, without overlap.
  public var highlights: [Range<Int>]
  /// True if the passage has words before it.
  public var isCutBefore: Bool
  /// True if the passage has words after it.
  public var isCutAfter: Bool

  public init(text: String, byteRange: Range<Int>, highlights: [Range<Int>] = [], isCutBefore: Bool = false, isCutAfter: Bool = false) {
    self.text = text
    self.byteRange = byteRange
    self.highlights = highlights
    self.isCutBefore = isCutBefore
    self.isCutAfter = isCutAfter
  }
}

/// Chooses snippets.
struct SnippetChooser {
  /// Most bytes of UTF-8 in a snippet.
  let longest: Int

  /// The run of neighbouring sentences, within the length, that has most of the question's different words; of equals
  /// the one with most words in all, then the first. Without any such word the beginning is taken.
  ///
  /// - Parameters:
  ///   - text: the passage.
  ///   - headings: those above the passage, which are shown beside the snippet: their lines are left out of it.
  ///   - matches: the question's words in the passage.
  func snippet(of text: String, under headings: [String] = [], matches: [Highlighter.Match]) -> Snippet {
    let bytes = Array(text.utf8)
    let all = SentencePieces(bytes, longest: longest).pieces
    let body = all.filter { !Self.isHeading(bytes[$0], headings) }
    let pieces = body.isEmpty ? all : body
    guard !pieces.isEmpty else { return Snippet(text: "", byteRange: 0..<0) }
    let chosen = best(of: pieces, matches: matches)
    let range = pieces[chosen.lowerBound].lowerBound..<pieces[chosen.upperBound - 1].upperBound
    let highlights = Highlighter.ranges(of: matches)
      .filter { range.contains($0.lowerBound) && $0.upperBound <= range.upperBound }
      .map { $0.lowerBound - range.lowerBound..<$0.upperBound - range.lowerBound }
    return Snippet(
      text: String(decoding: bytes[range], as: UTF8.self), byteRange: range, highlights: highlights,
      isCutBefore: chosen.lowerBound > 0, isCutAfter: chosen.upperBound < pieces.count)
  }

  /// Whether a piece is the line of one of the headings, as Markdown marks it, or begins it.
  private static func isHeading(_ piece: ArraySlice<UInt8>, _ headings: [String]) -> Bool {
    let mark = UInt8(ascii: "#")
    guard piece.first == mark else { return false }
    let words = piece.drop { $0 == mark }.drop { $0 == 0x20 }
    return !words.isEmpty && headings.contains { $0.utf8.starts(with: words) }
  }

  /// The best run as a range of indices of `pieces`; a window slides over them, its words counted as they come and go.
  private func best(of pieces: [Range<Int>], matches: [Highlighter.Match]) -> Range<Int> {
    let termsOfPiece = self.terms(of: pieces, matches: matches)
    var counts: [String: Int] = [:]
    var total = 0
    var best = (run: 0..<1, distinct: -1, total: -1)
    var start = 0
    for end in pieces.indices {
      for term in termsOfPiece[end] { counts[term, default: 0] += 1 }
      total += termsOfPiece[end].count
      while start < end, pieces[end].upperBound - pieces[start].lowerBound > longest {
        for term in termsOfPiece[start] {
          counts[term, default: 1] -= 1
          if counts[term] == 0 { counts[term] = nil }
        }
        total -= termsOfPiece[start].count
        start += 1
      }
      // A run that only grows by sentences without new words still shows more, up to the length.
      let isBetter = (counts.count, total) > (best.distinct, best.total)
      let extendsBest = (counts.count, total) == (best.distinct, best.total) && start == best.run.lowerBound
      if isBetter || extendsBest { best = (start..<end + 1, counts.count, total) }
    }
    return best.run
  }

  private func terms(of pieces: [Range<Int>], matches: [Highlighter.Match]) -> [[String]] {
    var terms = [[String]](repeating: [], count: pieces.count)
    var index = 0
    for match in matches.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      while index < pieces.count, pieces[index].upperBound < match.range.upperBound { index += 1 }
      guard index < pieces.count else { break }
      if pieces[index].lowerBound <= match.range.lowerBound { terms[index].append(match.term) }
    }
    return terms
  }
}

/// Cuts text into sentences, and sentences that are too long at words, for display only.
struct SentencePieces {
  /// In order, without the white space between them; none longer than the limit.
  private(set) var pieces: [Range<Int>] = []
  private let bytes: [UInt8]
  private let longest: Int

  init(_ bytes: [UInt8], longest: Int) {
    self.bytes = bytes
    self.longest = max(8, longest)
    var start = 0
    var index = 0
    while index < bytes.count {
      let end = sentenceEnd(after: index)
      index = end ?? index + 1
      if let end {
        append(start..<end)
        start = end
      }
    }
    append(start..<bytes.count)
  }

  /// The index after a sentence that ends with this byte; nil if none does.
  private func sentenceEnd(after index: Int) -> Int? {
    let byte = bytes[index]
    if byte == 0x0A { return index + 1 < bytes.count && bytes[index + 1] == 0x0A ? index + 2 : nil }
    if byte == UInt8(ascii: ".") || byte == UInt8(ascii: "!") || byte == UInt8(ascii: "?") {
      return index + 1 == bytes.count || Self.isSpace(bytes[index + 1]) ? index + 1 : nil
    }
    // 。！？ of Chinese and Japanese need no space after them.
    let next = bytes[index...].prefix(3)
    return Self.ideographicStops.contains { next.elementsEqual($0) } ? index + 3 : nil
  }

  private mutating func append(_ range: Range<Int>) {
    var start = range.lowerBound
    let end = trimmed(start, range.upperBound)
    while true {
      while start < end, Self.isSpace(bytes[start]) { start += 1 }
      guard start < end else { return }
      let pieceEnd = end - start > longest ? cut(from: start) : end
      pieces.append(start..<pieceEnd)
      start = pieceEnd
    }
  }

  /// The end of the longest piece from here that ends between words, or else between characters.
  private func cut(from start: Int) -> Int {
    var end = start + longest
    if let space = bytes[start..<end].lastIndex(where: Self.isSpace), space > start + longest / 2 { return trimmed(start, space) }
    while end > start + 1, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return end
  }

  private func trimmed(_ start: Int, _ end: Int) -> Int {
    var end = end
    while end > start, Self.isSpace(bytes[end - 1]) { end -= 1 }
    return end
  }

  private static let ideographicStops = ["。", "！", "？"].map { Array($0.utf8) }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
