public import NeedletailCore
public import NeedletailNumerics
internal import NeedletailModels

extension TransformerNetwork {
  private static let tokensAtATime = 4096
  /// Fewer where each token scores a whole vocabulary.
  private static let weighedTokensAtATime = 512

  /// The vectors of any number of texts, one after the other; of unit length if the model compares by the cosine.
  ///
  /// - Parameters:
  ///   - texts: their tokens.
  ///   - tape: cleared on the way; records nothing.
  public func vectors(ofTexts texts: [[Int32]], on tape: Tape) throws(TensorError) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(texts.count * dimension)
    let hasUnitLength = reading == .pooled && directory.similarity == .cosine
    for part in parts(of: texts) {
      let vectors = try vectors(of: texts[part], alone: tape)
      values += (hasUnitLength ? vectors.unitLength() : vectors).values
    }
    return values
  }

  /// The same without the components that are not above zero, as weights of terms mostly are.
  ///
  /// - Parameters:
  ///   - texts: their tokens.
  ///   - tape: cleared on the way; records nothing.
  public func sparseVectors(ofTexts texts: [[Int32]], on tape: Tape) throws -> SparseVectors {
    var result = SparseVectors(dimension: dimension)
    for part in parts(of: texts) {
      let values = try vectors(of: texts[part], alone: tape).values
      for first in stride(from: 0, to: values.count, by: dimension) {
        var entries: [(term: UInt32, weight: Float)] = []
        for term in 0..<dimension where values[first + term] > 0 { entries.append((UInt32(term), values[first + term])) }
        try result.append(SparseVector(entries))
      }
    }
    return result
  }

  private func vectors(of texts: ArraySlice<[Int32]>, alone tape: Tape) throws(TensorError) -> Tensor {
    tape.clear()
    tape.isRecording = false
    return try vectors(of: PackedTokens(texts), on: tape)
  }

  /// Ranges of texts that go through the network together.
  private func parts(of texts: [[Int32]]) -> [Range<Int>] {
    let limit = reading == .terms ? Self.weighedTokensAtATime : Self.tokensAtATime
    var parts: [Range<Int>] = []
    var first = 0
    while first < texts.count {
      var (end, tokens) = (first, 0)
      while end < texts.count, end == first || tokens + texts[end].count <= limit {
        tokens += texts[end].count
        end += 1
      }
      parts.append(first..<end)
      first = end
    }
    return parts
  }
}
