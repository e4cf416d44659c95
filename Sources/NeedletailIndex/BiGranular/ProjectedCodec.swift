public import NeedletailCore
internal import NeedletailNumerics

/// Product codes of projected vectors: codes whose projection and learned vectors were trained for what they find, not for
/// what they keep. `BiGranularTraining` makes them.
///
/// A query is projected, not encoded, and compared by the tables of `ProductCodec`.
public struct ProjectedCodec: VectorCodec, BlockCodec {
  let projection: Projection
  let product: ProductCodec

  public var dimension: Int { projection.dimension }
  public var specification: CodecSpecification { .projected(parts: product.parts, bits: product.bits) }
  public var decodedDimension: Int { dimension }
  public var codeBytes: Int { product.codeBytes }
  public var residualBytes: Int { 0 }
  public var sharedBytes: Int { projection.byteCount + product.sharedBytes }
  public var scoreTolerance: Float { product.scoreTolerance }
  var blockRows: Int { product.blockRows }
  var blockBytes: Int { product.blockBytes }
  var queryBytes: Int { product.queryBytes }
  var codesDifferences: Bool { false }

  public func encode(_ vectors: DenseVectors) -> [UInt8] { CodeArrays(self).encode(vectors) }
  public func decode(_ codes: [UInt8]) -> DenseVectors { CodeArrays(self).decode(codes, withResiduals: true) }
  public func decodeCoarsely(_ codes: [UInt8]) -> DenseVectors { decode(codes) }
  public func scores(of query: [Float], codes: [UInt8]) -> [Float] { CodeArrays(self).scores(of: query, codes: codes) }
  public func image(of query: [Float]) -> [Float] { projection.applied(to: query) }

  func encode(
    _ row: UnsafePointer<Float>, into code: UnsafeMutablePointer<UInt8>, residual: UnsafeMutablePointer<UInt8>
  ) {
    unsafe ScratchMemory.use(of: Float.self, count: dimension) { projected in
      unsafe projection.apply(to: row, into: projected.baseAddress!)
      unsafe product.encode(projected.baseAddress!, into: code, residual: residual)
    }
  }

  func decode(
    _ code: UnsafePointer<UInt8>, residual: UnsafePointer<UInt8>?, into row: UnsafeMutablePointer<Float>
  ) {
    unsafe product.decode(code, residual: nil, into: row)
  }

  func pack(_ codes: UnsafePointer<UInt8>, count: Int, into block: UnsafeMutablePointer<UInt8>) {
    unsafe product.pack(codes, count: count, into: block)
  }

  func unpack(_ row: Int, of block: UnsafePointer<UInt8>, into code: UnsafeMutablePointer<UInt8>) {
    unsafe product.unpack(row, of: block, into: code)
  }

  func prepare(_ query: UnsafePointer<Float>, _ prepared: CodeQuery) {
    unsafe ScratchMemory.use(of: Float.self, count: dimension) { projected in
      unsafe projection.apply(to: query, into: projected.baseAddress!)
      unsafe product.prepare(projected.baseAddress!, prepared)
    }
  }

  func score(
    _ prepared: CodeQuery, _ blocks: UnsafePointer<UInt8>, count: Int, into scores: UnsafeMutablePointer<Float>
  ) {
    unsafe product.score(prepared, blocks, count: count, into: scores)
  }

  // MARK: - In a file

  func writeParameters(to writer: inout ByteWriter) {
    projection.write(to: &writer)
    product.writeParameters(to: &writer)
  }

  /// Nil if the name is not that of projected codes, or the bytes do not hold them.
  init?(name: String, dimension: Int, from reader: inout ByteReader) {
    let numbers = name.dropFirst("projected".count).split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard name.hasPrefix("projected"), numbers.count == 2, let parts = numbers[0], let bits = numbers[1],
      (1...dimension).contains(parts), [4, 8].contains(bits),
      let projection = Projection(dimension: dimension, from: &reader),
      let matrix = reader.nextFloats(dimension * dimension),
      let codebooks = reader.nextFloats(ProductCodec.codebookCount(dimension: dimension, parts: parts, bits: bits))
    else { return nil }
    self.init(
      projection: projection,
      product: ProductCodec(
        dimension: dimension, parts: parts, bits: bits,
        rotation: LearnedRotation(dimension: dimension, matrix: Column(matrix)), codebooks: Column(codebooks)))
  }

  init(projection: Projection, product: ProductCodec) {
    self.projection = projection
    self.product = product
  }
}
