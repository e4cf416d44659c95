internal import Foundation
public import NeedletailNumerics

/// The ordinary tokens together have to say which words the text has: cross-entropy between the distinct tokens of a text and the softmax of
/// the largest score that any of its positions gives a token.
///
/// Source: Xiao and Liu, "RetroMAE v2: Duplex Masked Auto-Encoder" (arXiv 2211.08769), 2022, section on the decoding of ordinary tokens,
/// weighted as in the released code: a token counts once, with 1 / length.
public enum BagOfWords {
  /// The mean over texts.
  ///
  /// - Parameters:
  ///   - scores: a row for each token of the texts, of the vocabulary's scores.
  ///   - sequences: the rows of each text; the first of each stands for the summary and takes no part.
  ///   - texts: the tokens as they were, framed by a first and a last one that do not count as words.
  public static func loss(scores: Tensor, sequences: [Range<Int>], texts: [[Int32]]) throws(TensorError) -> Tensor {
    let ordinary = sequences.map { $0.isEmpty ? $0 : $0.lowerBound + 1..<$0.upperBound }
    return try scores.reduced(ordinary, by: .maximum).meanOfRows { row, scores in
      let words = texts[row].dropFirst().dropLast()
      return words.isEmpty ? nil : value(scores: scores, words: words.map(Int.init))
    }
  }

  /// The loss of one text and its gradient by the score of each token.
  public static func value(scores: [Double], words: [Int]) -> (value: Double, gradient: [Double]) {
    let top = scores.max() ?? 0
    let shares = scores.map { exp($0 - top) }
    let sum = shares.reduce(0, +)
    let weight = 1 / Double(words.count)
    let distinct = Set(words).sorted()
    var gradient = shares.map { $0 / sum * weight * Double(distinct.count) }
    var value = 0.0
    for word in distinct {
      value += weight * (top + log(sum) - scores[word])
      gradient[word] -= weight
    }
    return (value, gradient)
  }
}
