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
  /// The encoder the vectors come from; a collection without one is searched by words only.
  public var encoder: EmbedderProfile?
  /// How texts become the terms of lexical search.
  public var analyzer: AnalyzerSpecification
  /// How vectors are stored.
  public var precision: VectorPrecision
  /// How vectors are indexed.
  public var index: DenseIndexSpecification

  public init(
    encoder: EmbedderProfile?, analyzer: AnalyzerSpecification = .english, precision: VectorPrecision = .float32,
    index: DenseIndexSpecification = DenseIndexSpecification()
  ) {
    self.encoder = encoder
    self.analyzer = analyzer
    self.precision = precision
    self.index = index
  }

  /// Why vectors and terms made with `other` cannot go into this collection, or nil if they can.
  func difference(from other: CollectionSettings) -> String? {
    if encoder?.digest != other.encoder?.digest {
      return "its vectors come from \(Self.name(encoder)), not from \(Self.name(other.encoder))"
    }
    if analyzer != other.analyzer { return "its texts were analysed in another way" }
    return nil
  }

  private static func name(_ encoder: EmbedderProfile?) -> String {
    encoder.map { "\($0.name) (\($0.digest.prefix(12)))" } ?? "no encoder"
  }
}
