internal import NeedletailCore
internal import NeedletailStore

/// Gives documents their vectors, batch by batch.
struct PassageEmbedder: Sendable {
  let embedder: any TextEmbedder
  /// Most tokens in one call of the embedder, unless a single text has more.
  let batchTokens: Int

  /// The documents with a vector for each passage.
  ///
  /// - Parameter progress: called after each batch with its passages and tokens.
  func embed(
    _ documents: [PreparedDocument], progress: (_ passages: Int, _ tokens: Int) -> Void = { _, _ in }
  ) async throws -> [PreparedDocument] {
    let dimension = embedder.profile.dimension
    var vectors = try await vectors(of: documents.flatMap(\.inputs), progress: progress)[...]
    return documents.map { document in
      var embedded = document
      let count = document.inputs.count * dimension
      embedded.write.vectors = DenseVectors(dimension: dimension, values: Array(vectors.prefix(count)))
      embedded.inputs = []
      vectors = vectors.dropFirst(count)
      return embedded
    }
  }

  private func vectors(of inputs: [EmbedderInput], progress: (Int, Int) -> Void) async throws -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(inputs.count * embedder.profile.dimension)
    var start = 0
    while start < inputs.count {
      try Task.checkCancellation()
      let batch = batch(of: inputs, from: start)
      let vectors = try await embedder.encode(batch.map(\.text), as: .document)
      let expected = batch.count * embedder.profile.dimension
      guard vectors.values.count == expected else {
        throw RetrievalError.embedderBrokePromise(expected: expected, received: vectors.values.count)
      }
      values += vectors.values
      start = batch.endIndex
      progress(batch.count, batch.reduce(0) { $0 + $1.tokens })
    }
    return values
  }

  private func batch(of inputs: [EmbedderInput], from start: Int) -> ArraySlice<EmbedderInput> {
    var end = start
    var tokens = 0
    while end < inputs.count, end == start || tokens + inputs[end].tokens <= batchTokens {
      tokens += inputs[end].tokens
      end += 1
    }
    return inputs[start..<end]
  }
}
