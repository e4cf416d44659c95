internal import NeedletailCore
internal import NeedletailNumerics

/// Vectors in the codes of an index's codec, after the mean of all was subtracted.
struct CodedVectors: CompressedVectors {
  let count: Int
  private let codec: any VectorCodec
  private let mean: [Float]
  private let codes: [UInt8]

  init(_ vectors: DenseVectors, _ specification: CodecSpecification, seed: UInt64, pool: WorkerPool) throws(IndexError) {
    count = vectors.count
    var sum = [Double](repeating: 0, count: vectors.dimension)
    for (place, value) in vectors.values.enumerated() { sum[place % vectors.dimension] += Double(value) }
    let mean = sum.map { Float($0 / Double(max(1, vectors.count))) }
    self.mean = mean
    var centred = vectors
    for place in centred.values.indices { centred.values[place] -= mean[place % vectors.dimension] }
    codec = try CodecTraining.codec(specification, for: centred, seed: seed, pool: pool)
    codes = codec.encode(centred)
  }

  var dimension: Int { codec.dimension }

  var storage: [StoredPart] {
    [
      StoredPart(name: "codes", bits: 8 * codes.count), StoredPart(name: "codebooks", bits: 8 * codec.sharedBytes),
      StoredPart(name: "mean", bits: 32 * mean.count),
    ]
  }

  func decode(_ rows: Range<Int>) -> [Float] {
    let rowBytes = codec.codeBytes + codec.residualBytes
    var values = codec.decode(Array(codes[rows.lowerBound * rowBytes..<rows.upperBound * rowBytes])).values
    for place in values.indices { values[place] += mean[place % dimension] }
    return values
  }
}
