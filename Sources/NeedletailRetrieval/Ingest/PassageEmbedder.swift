internal import NeedletailCore
internal import NeedletailStore

/// Gives documents their vectors, batch by batch.
struct PassageEmbedder: Sendable {
  /// Nil in a collection without vectors.
  let embedder: (any TextEmbedder)?
  /// Nil in a collection without sparse vectors.
  let sparseEmbedder: (any SparseTextEmbedder)?
  /// Most tokens in one call of the embedder, unless a single text has more.
  let batchTokens: Int

  /// With the models that a collection needs, of those at hand; nil if it needs none.
  init?(_ settings: CollectionSettings, embedder: (any TextEmbedder)?, sparseEmbedder: (any SparseTextEmbedder)?, batchTokens: Int) {
    self.embedder = settings.embedder == nil ? nil : embedder
    self.sparseEmbedder = settings.sparseEmbedder == nil ? nil : sparseEmbedder
    self.batchTokens = batchTokens
    if self.embedder == nil, self.sparseEmbedder == nil { return nil }
  }

  /// The documents with the vectors of each passage.
  ///
  /// - Parameter progress: called after each batch with its passages and tokens.
  func embed(
    _ documents: [PreparedDocument], progress: (_ passages: Int, _ tokens: Int) -> Void = { _, _ in }
  ) async throws -> [PreparedDocument] {
    let inputs = documents.flatMap(\.inputs)
    var values: [Float] = []
    var sparse = SparseVectors(dimension: sparseEmbedder?.profile.dimension ?? 0)
    var start = 0
    while start < inputs.count {
      try Task.checkCancellation()
      let batch = batch(of: inputs, from: start)
      let texts = batch.map(\.text)
      if let embedder { values += try await Self.vectors(of: texts, embedder) }
      if let sparseEmbedder { sparse.append(0..<texts.count, of: try await Self.sparseVectors(of: texts, sparseEmbedder)) }
      start = batch.endIndex
      progress(batch.count, batch.reduce(0) { $0 + $1.tokens })
    }
    return embedded(documents, values, sparse)
  }

  /// Hands each document the rows of its passages.
  private func embedded(_ documents: [PreparedDocument], _ values: [Float], _ sparse: SparseVectors) -> [PreparedDocument] {
    var row = 0
    return documents.map { document in
      var embedded = document
      let rows = row..<row + document.inputs.count
      row = rows.upperBound
      if let dimension = embedder?.profile.dimension {
        embedded.write.vectors = DenseVectors(
          dimension: dimension, values: Array(values[rows.lowerBound * dimension..<rows.upperBound * dimension]))
      }
      if sparseEmbedder != nil {
        var vectors = SparseVectors(dimension: sparse.dimension)
        vectors.append(rows, of: sparse)
        embedded.write.sparseVectors = vectors
      }
      embedded.inputs = []
      return embedded
    }
  }

  private static func vectors(of texts: [String], _ embedder: any TextEmbedder) async throws -> [Float] {
    let vectors = try await embedder.encode(texts, as: .document)
    let expected = texts.count * embedder.profile.dimension
    guard vectors.values.count == expected else {
      throw RetrievalError.embedderBrokePromise(expected: expected, received: vectors.values.count)
    }
    return vectors.values
  }

  private static func sparseVectors(of texts: [String], _ embedder: any SparseTextEmbedder) async throws -> SparseVectors {
    let vectors = try await embedder.encode(texts, as: .document)
    guard vectors.count == texts.count, vectors.dimension == embedder.profile.dimension else {
      throw RetrievalError.embedderBrokePromise(
        expected: texts.count * embedder.profile.dimension, received: vectors.count * vectors.dimension)
    }
    return vectors
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
