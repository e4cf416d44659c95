/// How the vectors of a multi-vector index are stored.
public enum TokenCodec: Hashable, Sendable {
  /// 4 bytes a component, exact.
  case float32
  /// 2 bytes a component.
  case float16
  /// 1 byte a component and a scale for each vector.
  case int8
  /// The nearest of some centroids and what is left in 1, 2 or 4 bits a component (Santhanam et al., "ColBERTv2: Effective and
  /// Efficient Retrieval via Lightweight Late Interaction", NAACL 2022, section 3.3).
  case residual(bits: Int)

  /// The codecs by the names that people type.
  public static let named: [String: TokenCodec] = [
    "float32": .float32, "float16": .float16, "int8": .int8, "residual1": .residual(bits: 1), "residual2": .residual(bits: 2),
    "residual4": .residual(bits: 4),
  ]

  /// The numbers of a codec in a file.
  private static let ordered: [TokenCodec] = [.float32, .float16, .int8, .residual(bits: 1), .residual(bits: 2), .residual(bits: 4)]

  var number: UInt32? { Self.ordered.firstIndex(of: self).map(UInt32.init) }

  init?(number: UInt32) {
    guard number < Self.ordered.count else { return nil }
    self = Self.ordered[Int(number)]
  }
}

/// What kind of multi-vector index to build.
public struct MultiVectorSpecification: Hashable, Sendable {
  public var codec: TokenCodec
  /// Centroids of the residual codec; nil for about 16 times the square root of the number of vectors.
  public var centroidCount: Int?
  public var seed: UInt64

  public init(codec: TokenCodec = .residual(bits: 2), centroidCount: Int? = nil, seed: UInt64 = 1) {
    self.codec = codec
    self.centroidCount = centroidCount
    self.seed = seed
  }

  static let largestCentroidCount = 1 << 16

  /// A power of two, since that is what the literature takes, with some tens of vectors for each centroid.
  func centroids(vectors: Int) -> Int {
    if let centroidCount { return centroidCount }
    let wanted = 16 * Double(vectors).squareRoot()
    var count = 1
    while Double(count * 2) <= wanted { count *= 2 }
    return max(1, min(count, vectors / 16, Self.largestCentroidCount))
  }

  func validate() throws(IndexError) {
    guard codec.number != nil else { throw .invalidParameter("residuals take 1, 2 or 4 bits a component") }
    guard (1...Self.largestCentroidCount).contains(centroidCount ?? 1) else {
      throw .invalidParameter("an index of residuals has 1 to \(Self.largestCentroidCount) centroids")
    }
  }
}
