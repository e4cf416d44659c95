public import NeedletailCore
internal import NeedletailText

extension TransformerEmbedder {
  /// Embeds inputs that were tokenised elsewhere, with this model's tokenizer, on the caller's thread and the pool's.
  ///
  /// - Parameter sequences: the ids of the pieces of each input, without the special tokens that frame an input, or with all of
  ///   them. Longer ones than `profile.maximumTokens` are cut. No prompt is put before them.
  /// - Returns: one vector for each input, the same as of its text.
  /// - Throws: `ModelError.invalidRequest` for an id that the network does not know.
  public func encodeNow(tokens sequences: [[Int32]]) throws(ModelError) -> DenseVectors {
    let size = directory.configuration.vocabularySize
    for (number, ids) in sequences.enumerated() {
      if let id = ids.first(where: { $0 < 0 || Int($0) >= size }) {
        throw .invalidRequest(
          reason: "input \(number) has the token \(id), and \(profile.name) knows those from 0 to \(size - 1). Send ids of this model's tokenizer, or texts.")
      }
    }
    let frame = (tokenizer as? SubwordTokenizer)?.specialTokens ?? (before: [], after: [])
    let framed = sequences.map { ids -> ArraySlice<Int32> in
      let isFramed = !frame.before.isEmpty && ids.starts(with: frame.before) && ids.suffix(frame.after.count).elementsEqual(frame.after)
      let pieces = isFramed ? ids.dropFirst(frame.before.count).dropLast(frame.after.count) : ids[...]
      let room = max(0, profile.maximumTokens - frame.before.count - frame.after.count)
      return (frame.before + pieces.prefix(room) + frame.after)[...]
    }
    guard let values = encoder.encode(framed, isCancelled: { false }) else { throw .cancelled }
    return DenseVectors(dimension: profile.dimension, values: values)
  }
}
