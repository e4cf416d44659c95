public import NeedletailCore
public import NeedletailNumerics

extension MultiVectorIndex {
  /// Builds an index; row `i` is item `i` of `vectors`.
  ///
  /// - Parameters:
  ///   - vectors: the vectors of all rows; a row may have none, and scores 0.
  ///   - specification: how they are stored.
  ///   - pool: the threads to build with; the result does not depend on how many there are.
  /// - Throws: `unusableVector` with the lowest row that has a component which is not a finite number, `invalidParameter`.
  public init(
    _ vectors: TokenVectors, specification: MultiVectorSpecification = MultiVectorSpecification(), pool: WorkerPool = .shared
  ) throws(IndexError) {
    try specification.validate()
    guard vectors.count <= maximumRowCount, vectors.tokenCount <= maximumRowCount, vectors.dimension <= maximumDimension else {
      throw .invalidParameter("a multi-vector index holds up to \(maximumRowCount) vectors of up to \(maximumDimension) components")
    }
    if let place = vectors.values.firstIndex(where: { !$0.isFinite }) {
      let row = vectors.offsets.dropFirst().firstIndex { $0 * vectors.dimension > place } ?? 1
      throw .unusableVector(row: row - 1, reason: "a component is not a finite number")
    }
    let offsets = Column(vectors.offsets.map(UInt64.init))
    let (dimension, codec) = (vectors.dimension, specification.codec)
    func rows(_ components: Region, scales: [Float] = []) -> TokenRows {
      TokenRows(
        dimension: dimension, codec: codec, components: components, scales: Column(scales), residuals: nil, assignments: Column([UInt32]()))
    }
    switch codec {
    case .float32: self.init(rows: rows(Column(vectors.values).region), offsets: offsets, lists: nil)
    case .float16:
      self.init(rows: rows(Column(DistanceKernels.current.halves(from: vectors.values.span)).region), offsets: offsets, lists: nil)
    case .int8:
      let (codes, scales) = PreparedTokens.quantized(vectors.values, dimension: dimension)
      self.init(rows: rows(Column(codes).region, scales: scales), offsets: offsets, lists: nil)
    case .residual(let bits):
      self.init(residuals: vectors, bits: bits, specification, offsets: offsets, pool)
    }
  }

  private init(residuals vectors: TokenVectors, bits: Int, _ specification: MultiVectorSpecification, offsets: Column<UInt64>, _ pool: WorkerPool) {
    let (values, dimension) = (vectors.values, vectors.dimension)
    let clustering = KMeans(
      values, dimension: dimension,
      parameters: KMeans.Parameters(
        clusterCount: specification.centroids(vectors: vectors.tokenCount), iterationCount: 8, rowsPerCluster: 64, seed: specification.seed),
      pool: pool)
    let assignments = clustering.clusters(of: values, pool: pool)
    let (boundaries, steps) = ResidualCodec.quantiles(
      values, dimension: dimension, bits: bits, centroids: clustering.centroids, assignments: assignments, seed: specification.seed)
    let codes = ResidualCodec.encode(
      values, dimension: dimension, bits: bits, centroids: clustering.centroids, assignments: assignments, boundaries: boundaries, pool: pool)
    let codec = ResidualCodec(
      dimension: dimension, bits: bits, centroids: Column(clustering.centroids), steps: Column(steps), isScaled: vectors.areUnit)
    self.init(
      rows: TokenRows(
        dimension: dimension, codec: specification.codec, components: Column(codes).region, scales: Column([Float]()), residuals: codec,
        assignments: Column(assignments)),
      offsets: offsets,
      lists: CentroidLists(assignments: assignments, offsets: vectors.offsets, centroidCount: codec.centroidCount))
  }
}

extension TokenVectors {
  /// Whether all vectors have unit length.
  fileprivate var areUnit: Bool {
    for start in stride(from: 0, to: values.count, by: dimension) {
      var squares: Float = 0
      for place in start..<start + dimension { squares += values[place] * values[place] }
      if abs(squares - 1) > 1e-2 { return false }
    }
    return true
  }
}
