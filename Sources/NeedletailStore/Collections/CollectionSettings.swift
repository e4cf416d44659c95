public import NeedletailCore
public import NeedletailIndex
public import NeedletailText

/// How vectors of record are stored.
public enum VectorPrecision: String, Codable, Hashable, Sendable, CaseIterable {
  /// 4 bytes a component.
  case float32
  /// 2 bytes a component, 11 significant bits: rounds unit vectors by less than 0.0005 a component.
  case float16
}

/// What a collection is made with; fixed when it is created.
public struct CollectionSettings: Codable, Hashable, Sendable {
  /// The embedder the vectors come from; a collection without one is searched by words only.
  public var embedder: EmbedderProfile?
  /// The embedder that weighs terms of its vocabulary; nil in a collection without sparse vectors.
  public var sparseEmbedder: EmbedderProfile?
  /// How texts become the terms of lexical search.
  public var analyzer: AnalyzerSpecification
  /// How vectors are stored.
  public var precision: VectorPrecision
  /// How vectors are indexed.
  public var index: DenseIndexSpecification
  /// The fields of word search with their weights; nil takes title and text for one piece.
  public var lexicalFields: LexicalFields?

  public init(
    embedder: EmbedderProfile?, analyzer: AnalyzerSpecification = .english, precision: VectorPrecision = .float32,
    index: DenseIndexSpecification = DenseIndexSpecification(), sparseEmbedder: EmbedderProfile? = nil, lexicalFields: LexicalFields? = nil
  ) {
    self.lexicalFields = lexicalFields
    self.sparseEmbedder = sparseEmbedder
    self.embedder = embedder
    self.analyzer = analyzer
    self.precision = precision
    self.index = index
  }

  /// Why vectors and terms made with `other` cannot go into this collection, or nil if they can.
  func difference(from other: CollectionSettings) -> String? {
    if embedder?.digest != other.embedder?.digest {
      return "its vectors come from \(Self.name(embedder)), not from \(Self.name(other.embedder))"
    }
    if sparseEmbedder?.digest != other.sparseEmbedder?.digest {
      return "its sparse vectors come from \(Self.name(sparseEmbedder)), not from \(Self.name(other.sparseEmbedder))"
    }
    if analyzer != other.analyzer { return "its texts were analysed in another way" }
    if let asked = other.lexicalFields, asked != lexicalFields {
      return lexicalFields == nil ? "its words were indexed without fields" : "its fields have other weights; a search may bring its own"
    }
    return nil
  }

  private static func name(_ embedder: EmbedderProfile?) -> String {
    embedder.map { "\($0.name) (\($0.digest.prefix(12)))" } ?? "no embedder"
  }
}
