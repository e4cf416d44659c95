public import NeedletailCore

/// How a source looked when it was indexed; what looks the same need not be read again.
public struct Fingerprint: Hashable, Codable, Sendable {
  /// Bytes.
  public var size: Int64
  /// Nanoseconds since 1970.
  public var modified: Int64
  /// Digest of the contents, in the form the caller chose.
  public var hash: String

  public init(size: Int64, modified: Int64, hash: String) {
    self.size = size
    self.modified = modified
    self.hash = hash
  }
}

/// A document to be stored, with its passages and their vectors.
public struct DocumentWrite: Sendable {
  public var document: Document
  /// The indexed root the document came from.
  public var root: String?
  public var fingerprint: Fingerprint?
  public var passages: [Passage]
  /// One row for each passage; nil in a collection without an embedder.
  public var vectors: DenseVectors?
  /// One row for each passage; nil in a collection without a sparse embedder.
  public var sparseVectors: SparseVectors?

  public init(
    document: Document, root: String? = nil, fingerprint: Fingerprint? = nil, passages: [Passage], vectors: DenseVectors? = nil,
    sparseVectors: SparseVectors? = nil
  ) {
    self.document = document
    self.root = root
    self.fingerprint = fingerprint
    self.passages = passages
    self.vectors = vectors
    self.sparseVectors = sparseVectors
  }
}

extension DocumentWrite {
  /// Checks everything that could make the write fail or the stored rows contradict each other.
  func validate(for settings: CollectionSettings) throws(StoreError) {
    guard !document.id.isEmpty else { throw .invalidDocument(id: "", reason: "its id is empty") }
    guard !document.id.utf8.contains(0) else { throw .invalidDocument(id: document.id, reason: "its id contains a zero byte") }
    let length = document.text.utf8.count
    for passage in passages where passage.byteRange.lowerBound < 0 || passage.byteRange.upperBound > length {
      throw .invalidDocument(id: document.id, reason: "passage \(passage.ordinal) ends at byte \(passage.byteRange.upperBound) of \(length)")
    }
    try validateVectors(for: settings)
    try validateSparseVectors(for: settings)
  }

  private func validateSparseVectors(for settings: CollectionSettings) throws(StoreError) {
    guard let embedder = settings.sparseEmbedder else {
      guard sparseVectors == nil else { throw .invalidDocument(id: document.id, reason: "the collection has no sparse embedder, so it takes no sparse vectors") }
      return
    }
    guard !passages.isEmpty || (sparseVectors?.count ?? 0) > 0 else { return }
    guard let sparseVectors else { throw .invalidDocument(id: document.id, reason: "its passages have no sparse vectors") }
    guard sparseVectors.count == passages.count else {
      throw .invalidDocument(id: document.id, reason: "it has \(passages.count) passages but \(sparseVectors.count) sparse vectors")
    }
    guard sparseVectors.dimension == embedder.dimension else {
      throw .invalidDocument(
        id: document.id, reason: "its sparse vectors are over \(sparseVectors.dimension) terms, the embedder has \(embedder.dimension)")
    }
    // Weights of a sound batch are finite; what bounds a search needs them from 0 on, and their sums finite.
    guard sparseVectors.weights.allSatisfy({ $0 >= 0 && $0 <= SparseCoding.largestWeight }) else {
      throw .invalidDocument(id: document.id, reason: "a weight of its sparse vectors is negative or above \(SparseCoding.largestWeight)")
    }
  }

  private func validateVectors(for settings: CollectionSettings) throws(StoreError) {
    guard let embedder = settings.embedder else {
      guard vectors == nil else { throw .invalidDocument(id: document.id, reason: "the collection has no embedder, so it takes no vectors") }
      return
    }
    guard !passages.isEmpty || (vectors?.count ?? 0) > 0 else { return }
    guard let vectors else { throw .invalidDocument(id: document.id, reason: "its passages have no vectors") }
    guard vectors.count == passages.count else {
      throw .invalidDocument(id: document.id, reason: "it has \(passages.count) passages but \(vectors.count) vectors")
    }
    guard vectors.dimension == embedder.dimension else {
      throw .invalidDocument(
        id: document.id, reason: "its vectors have \(vectors.dimension) components, the embedder makes \(embedder.dimension)")
    }
    // A finite sum of squares means finite components, and a length that every similarity can be computed with.
    for row in 0..<vectors.count where !vectors[row].reduce(0, { $0 + $1 * $1 }).isFinite {
      throw .invalidDocument(id: document.id, reason: "vector \(row) has a component that is not a finite number or too large")
    }
  }
}
