/// Blanks as a visible character, by which SentencePiece models know where words begin.
struct Metaspace: Hashable, Sendable {
  /// Where a word gets the mark although no blank precedes it.
  enum Prefix: String, Hashable, Sendable {
    case always
    /// Only at the beginning of the input.
    case first
    case never
  }

  /// What stands for a blank, usually U+2581.
  var replacement: [UInt8]
  var prefix: Prefix
  /// Whether each mark begins a piece.
  var splits: Bool

  /// Rewrites `pieces` of `source` into `text`, and splits them.
  ///
  /// - Parameter isStart: whether `source` begins where the input begins.
  func write(
    _ pieces: [Range<Int>], of source: borrowing NormalizedText, isStart: Bool, to text: inout NormalizedText, _ result: inout [Range<Int>]
  ) {
    for piece in pieces {
      let start = text.bytes.count
      let isPrefixed = prefix == .always || (prefix == .first && isStart && piece.lowerBound == 0 && source.start(of: piece) == 0)
      if isPrefixed, source.bytes[piece.lowerBound] != 0x20, !source.bytes[piece].starts(with: replacement) {
        let origin = source.start(of: piece)
        text.append(replacement, at: origin..<origin)
      }
      var copied = piece.lowerBound
      for position in piece where source.bytes[position] == 0x20 {
        text.append(copying: source, copied..<position)
        text.append(replacement, at: source.source(of: position..<position + 1))
        copied = position + 1
      }
      text.append(copying: source, copied..<piece.upperBound)
      append(start..<text.bytes.count, of: text.bytes.span, to: &result)
    }
  }

  private func append(_ range: Range<Int>, of text: Span<UInt8>, to result: inout [Range<Int>]) {
    guard splits else { return result.append(range) }
    var start = range.lowerBound
    var position = start
    while position < range.upperBound {
      if position > start, isMark(at: position, text, range.upperBound) {
        result.append(start..<position)
        start = position
      }
      position += 1
    }
    if start < range.upperBound { result.append(start..<range.upperBound) }
  }

  @inline(__always)
  private func isMark(at position: Int, _ text: Span<UInt8>, _ end: Int) -> Bool {
    guard text[position] == replacement[0], position + replacement.count <= end else { return false }
    for offset in 1..<replacement.count where text[position + offset] != replacement[offset] { return false }
    return true
  }
}
