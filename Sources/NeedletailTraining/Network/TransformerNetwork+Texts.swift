public import NeedletailNumerics
internal import NeedletailCore
internal import NeedletailModels

extension TransformerNetwork {
  private static let tokensAtATime = 4096

  /// The vectors of any number of texts, one after the other; of unit length if the model compares by the cosine.
  ///
  /// - Parameters:
  ///   - texts: their tokens.
  ///   - tape: cleared on the way; records nothing.
  public func vectors(ofTexts texts: [[Int32]], on tape: Tape) throws(TensorError) -> [Float] {
    tape.isRecording = false
    var values: [Float] = []
    values.reserveCapacity(texts.count * configuration.hiddenSize)
    var first = 0
    while first < texts.count {
      var (end, tokens) = (first, 0)
      while end < texts.count, end == first || tokens + texts[end].count <= Self.tokensAtATime {
        tokens += texts[end].count
        end += 1
      }
      tape.clear()
      let vectors = try vectors(of: PackedTokens(texts[first..<end]), on: tape)
      values += (directory.similarity == .cosine ? vectors.unitLength() : vectors).values
      first = end
    }
    return values
  }
}
