internal import NeedletailText

/// Has a causal network read a text twice, and looks at the second time only, when each token has seen the whole text.
///
/// J. Springer et al., "Repetition Improves Language Model Embeddings", 2024, section 3; Doshi et al., "Mistral-SPLADE", 2024,
/// section 3. Deviations: no words stand before or between the copies; the last token of the first copy is looked at too, since a
/// causal network speaks of a token before it reads it; nothing stands behind the second copy, which none of it could see.
struct TextEcho: Sendable {
  /// What frames a text in front.
  let frame: [Int32]
  /// What frames it in front and behind.
  private let frameCount: Int
  /// Tokens of a text, its frame included; what is longer is cut.
  let maximumTokens: Int

  /// Tokens of the longest text in the paper.
  private static let longestText = 256

  /// - Parameter limit: tokens that the network takes.
  init(_ tokenizer: SubwordTokenizer, limit: Int) {
    let empty = tokenizer.encode("", maximumTokens: nil).ids
    let some = tokenizer.encode("a", maximumTokens: nil).ids
    frame = zip(empty, some).prefix { $0.0 == $0.1 }.map { $0.0 }
    frameCount = empty.count
    maximumTokens = empty.count + min(Self.longestText, max(1, (limit - empty.count) / 2))
  }

  /// The tokens for the network: those of a framed text, with the text twice. A text without tokens gives none.
  func sequence(_ framed: [Int32]) -> [Int32] {
    let text = framed.dropFirst(frame.count).dropLast(frameCount - frame.count)
    return text.isEmpty ? [] : frame + text + text
  }

  /// Of the rows of a sequence those that are looked at.
  func pooled(_ rows: Range<Int>) -> Range<Int> {
    let text = (rows.count - frame.count) / 2
    return rows.upperBound - text - 1..<rows.upperBound
  }
}
