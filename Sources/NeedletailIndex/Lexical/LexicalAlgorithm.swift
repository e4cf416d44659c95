/// How a search by words finds out which postings it need not look at. The answers are the same to the last bit, ties included; only the
/// time differs.
public enum LexicalAlgorithm: String, Codable, Hashable, Sendable, CaseIterable {
  /// Term by term in windows of rows: the terms with high bounds are added up, the others looked up for the rows that are promising. See
  /// `LexicalSearch`.
  case maxScore = "maxscore"
  /// Row by row: the bounds of the blocks around the next row that could do it say whether it can, and how far to skip if not. See
  /// `LexicalSearch.scorePivots`.
  case blockMaxWAND = "block-max-wand"
}
