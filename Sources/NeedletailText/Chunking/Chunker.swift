public import NeedletailCore

/// Cuts a document into passages that an encoder can take in whole.
///
/// Passages end where the text does: before headings, between paragraphs, list items and sentences, and within a sentence
/// only if it alone exceeds the budget. Each byte that is not white space is in at least one passage; passages are in the
/// order of the text and do not cut a scalar in two. Time is linear in the length of the text.
///
/// ```swift
/// let chunker = Chunker(tokenBudget: 254, overlap: 32, counting: tokenizer)
/// let passages = chunker.passages(of: text, structure: .markdown)
/// ```
public struct Chunker: Sendable {
  /// The most tokens in a passage, special ones not counted.
  public let tokenBudget: Int
  /// The most tokens that a passage repeats of the one before it, in whole sentences; never across a heading.
  public let overlap: Int
  private let tokenizer: any Tokenizer

  /// - Precondition: `tokenBudget` is positive. An overlap of half the budget or more is reduced to less than half.
  public init(tokenBudget: Int, overlap: Int, counting tokenizer: any Tokenizer) {
    precondition(tokenBudget > 0, "a passage needs room for a token")
    self.tokenBudget = tokenBudget
    self.overlap = max(0, min(overlap, (tokenBudget - 1) / 2))
    self.tokenizer = tokenizer
  }

  /// The passages of a text; none if it is white space only.
  public func passages(of text: String, structure: TextStructure) -> [Passage] {
    let bytes = Array(text.utf8)
    var list = BlockList()
    switch structure {
    case .plain: PlainBlocks.append(bytes.indices, of: bytes.span, to: &list)
    case .markdown: MarkdownBlocks.append(bytes.span, to: &list)
    case .code: PlainBlocks.append(code: bytes.span, to: &list)
    case .outline(let headings): PlainBlocks.append(outline: headings, of: bytes.span, to: &list)
    }
    var units: [Unit] = []
    for block in list.blocks { append(block, of: bytes.span, to: &units) }
    return pack(units, headings: list.headings)
  }

  /// The smallest stretch that is moved from passage to passage.
  struct Unit {
    var range: Range<Int>
    var tokens: Int
    /// What lies before it.
    var boundary: Boundary
    var section: Int
    var isHeading: Bool
  }

  // MARK: Blocks into units

  private func append(_ block: Block, of text: Span<UInt8>, to units: inout [Unit]) {
    switch block.content {
    case .heading, .verbatim:
      appendPiece(block.range, of: text, after: block.boundary, in: block, to: &units)
    case .prose:
      let starts = Sentences.starts(in: block.range, of: text)
      for (index, start) in starts.enumerated() {
        let end = index + 1 < starts.count ? starts[index + 1] : block.range.upperBound
        appendPiece(start..<end, of: text, after: index == 0 ? block.boundary : .sentence, in: block, to: &units)
      }
    }
  }

  private func appendPiece(_ range: Range<Int>, of text: Span<UInt8>, after boundary: Boundary, in block: Block, to units: inout [Unit]) {
    let piece = WhiteSpace.trim(range, of: text)
    guard !piece.isEmpty else { return }
    let tokens = tokenizer.countTokens(in: text.extracting(piece))
    if tokens <= tokenBudget, piece.count <= longestUnit {
      units.append(Unit(range: piece, tokens: tokens, boundary: boundary, section: block.section, isHeading: block.content == .heading))
    } else {
      appendLines(piece, of: text, after: boundary, in: block, to: &units)
    }
  }

  /// Bytes that a unit may have however few tokens they are: a word that is unknown as a whole would be one token.
  private var longestUnit: Int { 16 * tokenBudget }

  private func appendLines(_ range: Range<Int>, of text: Span<UInt8>, after boundary: Boundary, in block: Block, to units: inout [Unit]) {
    let cutter = TokenCutter(budget: tokenBudget, tokenizer: tokenizer)
    var before = boundary
    var position = range.lowerBound
    while position < range.upperBound {
      let line = Line(at: position, in: text, limit: range.upperBound)
      let content = WhiteSpace.trim(line.range, of: text)
      for (index, piece) in cutter.pieces(of: content, in: text).enumerated() {
        units.append(
          Unit(
            range: piece.range, tokens: piece.tokens, boundary: index == 0 ? before : piece.boundary, section: block.section,
            isHeading: block.content == .heading))
      }
      if !content.isEmpty { before = .line }
      position = line.next
    }
  }
}
