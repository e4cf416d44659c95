internal import NeedletailNumerics

/// What all rows of a codec share, as bytes: its name, its dimension and its parameters.
enum CodecBytes {
  static func bytes(of codec: any BlockCodec) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(name: codec.specification.description)
    writer.append(UInt64(codec.dimension))
    codec.writeParameters(to: &writer)
    return writer.bytes
  }

  /// Nil if the bytes do not make a codec. Numbers are finite and lengths fit afterwards.
  static func codec(from bytes: [UInt8]) -> (any BlockCodec)? {
    var reader = ByteReader(bytes)
    guard let name = reader.nextName(), let dimension = reader.nextCount(), (1...maximumDimension).contains(dimension)
    else { return nil }
    if let network = RecurrentBinaryCodec(name: name, dimension: dimension, from: &reader) {
      return reader.isAtEnd ? network : nil
    }
    if let projected = ProjectedCodec(name: name, dimension: dimension, from: &reader) {
      return reader.isAtEnd ? projected : nil
    }
    guard let specification = CodecSpecification(name), let codec = codec(specification, dimension, &reader) else {
      return nil
    }
    return reader.isAtEnd ? codec : nil
  }

  private static func codec(
    _ specification: CodecSpecification, _ dimension: Int, _ reader: inout ByteReader
  ) -> (any BlockCodec)? {
    switch specification {
    case .float32, .float16, .bfloat16: return FloatCodec(specification: specification, dimension: dimension)
    case .scalar(let bits):
      guard let origins = reader.nextFloats(dimension), let steps = reader.nextFloats(dimension) else { return nil }
      return ScalarCodec(dimension: dimension, bits: bits, origins: origins, steps: steps)
    case .locallyAdaptive(let bits, let residualBits):
      return LocallyAdaptiveCodec(dimension: dimension, bits: bits, residualBits: residualBits)
    case .product(let parts, let bits, let isRotated):
      guard parts <= dimension else { return nil }
      var rotation: LearnedRotation?
      if isRotated {
        guard let matrix = reader.nextFloats(dimension * dimension) else { return nil }
        rotation = LearnedRotation(dimension: dimension, matrix: Column(matrix))
      }
      guard let codebooks = reader.nextFloats(
        ProductCodec.codebookCount(dimension: dimension, parts: parts, bits: bits))
      else { return nil }
      return ProductCodec(dimension: dimension, parts: parts, bits: bits, rotation: rotation, codebooks: Column(codebooks))
    case .anisotropic(let parts, let bits):
      guard parts <= dimension,
        let codebooks = reader.nextFloats(ProductCodec.codebookCount(dimension: dimension, parts: parts, bits: bits))
      else { return nil }
      return ProductCodec(
        dimension: dimension, parts: parts, bits: bits, rotation: nil, codebooks: Column(codebooks),
        assignment: AnisotropicAssignment(dimension: dimension))
    case .rotated(let bits):
      guard let seed = reader.next(UInt64.self) else { return nil }
      return RotatedCodec(dimension: dimension, bits: bits, rotation: RandomRotation(dimension: dimension, seed: seed))
    case .signs:
      guard let magnitude = reader.nextFloats(1) else { return nil }
      return SignCodec(dimension: dimension, magnitude: magnitude[0])
    case .recurrent, .projected: return nil
    }
  }
}
