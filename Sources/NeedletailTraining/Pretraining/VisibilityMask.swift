public import NeedletailNumerics

/// What each position of a text may see while it is rebuilt: for every row another random selection, never itself.
///
/// Up to 256 selections are drawn, and each row takes one of them (Xiao et al., "RetroMAE", EMNLP 2022, section 3.3). The first token
/// stands for the summary: every row but its own sees it. The last one frames the text: every row but its own sees it too.
public enum VisibilityMask {
  /// - Parameters:
  ///   - tokens: a sequence of three tokens or more.
  ///   - masking: hides whole words.
  ///   - rate: the part that is hidden.
  ///   - generator: draws.
  /// - Returns: row after row, 1 where the row does not see the column.
  public static func hidden(_ tokens: [Int32], _ masking: TokenMasking, rate: Double, using generator: inout SeededGenerator) -> [UInt8] {
    let count = tokens.count
    let selections = (0..<min(count, 256)).map { _ in masking.chosen(in: tokens, rate: rate, using: &generator) }
    var hidden: [UInt8] = []
    hidden.reserveCapacity(count * count)
    for row in 0..<count {
      let selection = selections[generator.index(below: selections.count)]
      for column in 0..<count { hidden.append(selection[column] || row == column ? 1 : 0) }
    }
    return hidden
  }
}
