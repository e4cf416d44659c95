internal import NeedletailCore

/// Passages with the vectors they are found by, row by row.
struct PassageVectors: Sendable {
  var passages: PassageRuns
  /// Nil in a collection without an embedder.
  var dense: DenseVectors?
  /// Nil in a collection without a sparse embedder.
  var sparse: SparseVectors?

  /// No passages of a collection with these settings.
  init(settings: CollectionSettings) {
    passages = PassageRuns()
    dense = settings.embedder.map { DenseVectors(dimension: $0.dimension, values: []) }
    sparse = settings.sparseEmbedder.map { SparseVectors(dimension: $0.dimension) }
  }

  init(passages: PassageRuns, dense: DenseVectors?, sparse: SparseVectors?) {
    self.passages = passages
    self.dense = dense
    self.sparse = sparse
  }

  var isEmpty: Bool { passages.isEmpty }
}
