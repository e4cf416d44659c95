public import NeedletailCore
public import NeedletailNumerics

/// Makes codecs from the vectors that they shall keep.
public enum CodecTraining {
  /// Learns what all rows share. The result depends on the vectors, the specification and the seed only.
  ///
  /// - Throws: `invalidParameter` for a specification that does not fit the vectors; `unusableVector` with the first row
  ///   whose components are not finite or whose squares overflow.
  public static func codec(
    _ specification: CodecSpecification, for vectors: DenseVectors, seed: UInt64 = 42, pool: WorkerPool = .shared
  ) throws(IndexError) -> any VectorCodec {
    guard vectors.dimension > 0, vectors.dimension <= maximumDimension else {
      throw .invalidParameter("codecs keep vectors of 1 to \(maximumDimension) components")
    }
    for row in 0..<vectors.count {
      let squared = unsafe vectors.values.withUnsafeBufferPointer {
        unsafe VectorLength.squared(of: $0.baseAddress! + row * vectors.dimension, count: vectors.dimension)
      }
      guard squared <= Float.greatestFiniteMagnitude / 8 else {
        throw .unusableVector(row: row, reason: VectorLength.problem)
      }
    }
    return try blockCodec(specification, training: vectors.values, dimension: vectors.dimension, seed: seed, pool: pool)
  }

  /// A codec made elsewhere, if an index of such vectors can use it.
  static func checked(
    _ trained: any VectorCodec, dimension: Int, similarity: Similarity
  ) throws(IndexError) -> any BlockCodec {
    guard let codec = trained as? any BlockCodec, codec.dimension == dimension else {
      throw .invalidParameter("the codec \(trained.specification) is made for vectors of \(trained.dimension) components")
    }
    guard codec.codesDifferences || similarity != .euclidean else {
      throw .invalidParameter("codes of a network tell cosines, not distances; index with cosine")
    }
    return codec
  }

  /// - Parameter values: finite rows, one after the other.
  static func blockCodec(
    _ specification: CodecSpecification, training values: [Float], dimension: Int, seed: UInt64, pool: WorkerPool
  ) throws(IndexError) -> any BlockCodec {
    try specification.validate(dimension: dimension)
    switch specification {
    case .float32, .float16, .bfloat16: return FloatCodec(specification: specification, dimension: dimension)
    case .scalar(let bits): return ScalarCodec(training: values, dimension: dimension, bits: bits)
    case .locallyAdaptive(let bits, let residualBits):
      return LocallyAdaptiveCodec(dimension: dimension, bits: bits, residualBits: residualBits)
    case .product(let parts, let bits, let isRotated):
      return ProductCodec(
        training: values, dimension: dimension, parts: parts, bits: bits, isRotated: isRotated, seed: seed, pool: pool)
    case .anisotropic(let parts, let bits):
      var codec = ProductCodec(training: values, dimension: dimension, parts: parts, bits: bits, isRotated: false, seed: seed, pool: pool)
      codec.assignment = AnisotropicAssignment(dimension: dimension)
      return codec
    case .rotated(let bits):
      return RotatedCodec(dimension: dimension, bits: bits, rotation: RandomRotation(dimension: dimension, seed: seed))
    case .signs: return SignCodec(training: values, dimension: dimension)
    case .recurrent, .projected: throw .invalidParameter("codes of a network need a trained network")
    }
  }
}
