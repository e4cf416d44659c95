internal import NeedletailCore

/// The numbers of an index, as stored in its first section.
struct IndexMetadata {
  var count: Int
  var dimension: Int
  var similarity: Similarity
  var codec: VectorCodecKind
  /// `ExactRows.scale`.
  var scale: Float
  var graph: GraphParameters

  private static let similarities: [Similarity] = [.dot, .cosine, .euclidean]
  private static let codecs: [VectorCodecKind] = [.float32, .float16, .int8]

  /// Of an index without vectors.
  init(count: Int, dimension: Int, similarity: Similarity) {
    self.count = count
    self.dimension = dimension
    self.similarity = similarity
    codec = .float32
    scale = 1
    graph = GraphParameters()
  }

  init(_ vectors: EncodedVectors, graph: GraphParameters) {
    count = vectors.count
    dimension = vectors.dimension
    similarity = vectors.similarity
    codec = vectors.codec
    scale = vectors.exact.scale
    self.graph = graph
  }

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.append(UInt64(count))
    writer.append(UInt64(dimension))
    writer.append(UInt32(Self.similarities.firstIndex(of: similarity) ?? 0))
    writer.append(UInt32(Self.codecs.firstIndex(of: codec) ?? 0))
    writer.append(scale)
    writer.append(graph.diversification)
    writer.append(UInt64(graph.degree))
    writer.append(UInt64(graph.efConstruction))
    writer.append(UInt64(graph.efSearch))
    writer.append(graph.seed)
    writer.append(UInt64(graph.exactScanLimit))
    return writer.bytes
  }

  /// Nil if the bytes do not describe an index.
  init?(_ bytes: [UInt8]) {
    var reader = ByteReader(bytes)
    guard let count = reader.nextCount(), let dimension = reader.nextCount(),
      let similarity = reader.next(UInt32.self), let codec = reader.next(UInt32.self),
      let scale = reader.nextFloat(), let diversification = reader.nextFloat(),
      let degree = reader.nextCount(), let efConstruction = reader.nextCount(), let efSearch = reader.nextCount(),
      let seed = reader.next(UInt64.self), let exactScanLimit = reader.nextCount()
    else { return nil }
    guard count <= maximumRowCount, dimension <= maximumDimension, dimension > 0 || count == 0,
      similarity < Self.similarities.count, codec < Self.codecs.count,
      scale.isNormal, scale > 0, scale.significand == 1, diversification.isFinite
    else { return nil }
    self.count = count
    self.dimension = dimension
    self.similarity = Self.similarities[Int(similarity)]
    self.codec = Self.codecs[Int(codec)]
    self.scale = scale
    graph = GraphParameters(
      degree: degree, efConstruction: efConstruction, efSearch: efSearch, diversification: diversification, seed: seed,
      exactScanLimit: exactScanLimit)
  }
}
