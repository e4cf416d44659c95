internal import NeedletailCore
internal import NeedletailNumerics

extension DiskIndex {
  /// Links rows, encodes them and lays them out in pages, which stay in memory until the index is written.
  ///
  /// - Parameters:
  ///   - absent: rows that are never found.
  ///   - trained: the codec to take instead of one learned from the vectors.
  ///   - verifier: makes of the vectors what is kept on disk.
  init(
    _ vectors: DenseVectors, similarity: Similarity, specification: DenseIndexSpecification, absent: RowSet,
    codec trained: (any VectorCodec)?, verifier: Projection?, pool: WorkerPool
  ) throws(IndexError) {
    let given = try VectorEncoder(vectors: vectors, similarity: similarity, codec: .float32, excluded: absent, pool: pool).encode()
    let kept = try Self.kept(vectors, similarity, specification.codec, absent, verifier, pool)
    let linked = GraphIndex(linking: FlatIndex(kept, absent: absent, pool: pool), parameters: specification.graph, pool: pool)
    let exact = kept.exact
    let layout = PageLayout(
      stride: exact.stride, elementBytes: ExactRows.elementBytes(specification.codec), degree: specification.graph.degree)
    let outside = absent.union(linked.duplicates.followers)
    let members = (0..<Row(vectors.count)).filter { !outside.contains($0) }
    let order = PagePlan(
      linked.links, members: members, entries: linked.entries, recordsPerPage: layout.recordsPerPage
    ).order
    var places = [Row](repeating: 0, count: vectors.count)
    for (place, row) in order.enumerated() { places[Int(row)] = Row(place) }
    let mean = Column(given.exact.mean(count: vectors.count - absent.count, pool: pool))
    let codec = try Self.codec(trained, specification, given.exact, order, mean, vectors.dimension, pool)
    self.init(
      steering: SteeringCodes(given.exact, order: order, codec: codec, mean: mean, pool: pool), rows: Column(order),
      entries: linked.entries.map { places[Int($0)] }, duplicates: linked.duplicates, absent: absent,
      pages: PageSource(
        Self.pages(exact, linked.links, order, places, layout, pool), layout, placeCount: order.count),
      form: Self.form(kept), verifier: verifier, graph: specification.graph, parameters: specification.disk, count: vectors.count)
  }

  /// The vectors as pages keep them, with codes to link them by.
  private static func kept(
    _ vectors: DenseVectors, _ similarity: Similarity, _ kind: VectorCodecKind, _ absent: RowSet, _ verifier: Projection?,
    _ pool: WorkerPool
  ) throws(IndexError) -> EncodedVectors {
    var kept = vectors
    if let verifier {
      // As it will see queries.
      if similarity == .cosine { UnitRows.normalise(&kept.values, dimension: vectors.dimension) }
      kept = verifier.applied(to: kept)
    }
    let codec: VectorCodecKind = kind == .float32 ? .float32 : .int8
    return try VectorEncoder(vectors: kept, similarity: similarity, codec: codec, excluded: absent, pool: pool).encode()
  }

  /// What is left of encoded vectors without their rows.
  static func form(_ vectors: EncodedVectors) -> EncodedVectors {
    form(
      dimension: vectors.dimension, similarity: vectors.similarity, codec: vectors.codec == .float32 ? .float32 : .float16,
      scale: vectors.exact.scale)
  }

  static func form(dimension: Int, similarity: Similarity, codec: VectorCodecKind, scale: Float) -> EncodedVectors {
    EncodedVectors(
      dimension: dimension, codec: codec,
      exact: ExactRows(
        values: codec == .float32 ? .float32(Column([])) : .float16(Column([])), count: 0, similarity: similarity,
        stride: ExactRows.stride(dimension: dimension, codec: codec), scale: scale),
      codes: nil)
  }

  /// Rows that a codec is learned from, at most.
  private static let sampleCount = 100_000

  private static func codec(
    _ trained: (any VectorCodec)?, _ specification: DenseIndexSpecification, _ exact: ExactRows, _ order: [Row],
    _ mean: Column<Float>, _ dimension: Int, _ pool: WorkerPool
  ) throws(IndexError) -> any BlockCodec {
    if let trained { return try CodecTraining.checked(trained, dimension: dimension, similarity: exact.similarity) }
    let step = max(1, order.count / sampleCount)
    var sample: [Float] = []
    let row = AlignedMemory.zeroed(count: 4 * exact.stride)
    for number in stride(from: 0, to: order.count, by: step) {
      let components = unsafe row.start.assumingMemoryBound(to: Float.self)
      unsafe exact.load(Int(order[number]), into: components)
      for index in 0..<dimension { unsafe sample.append(components[index] - mean.start[index]) }
    }
    // An eighth of a byte for each component, in parts of eight.
    let codes = specification.codes ?? .product(parts: (dimension + 7) / 8, bits: 8, isRotated: false)
    return try CodecTraining.blockCodec(
      codes, training: sample, dimension: max(1, dimension), seed: specification.graph.seed, pool: pool)
  }

  private static func pages(
    _ exact: ExactRows, _ links: Links, _ order: [Row], _ places: [Row], _ layout: PageLayout, _ pool: WorkerPool
  ) -> Region {
    let pageCount = layout.pageCount(placeCount: order.count)
    let memory = AlignedMemory.zeroed(count: pageCount * layout.pageBytes)
    pool.forEach(pageCount) { page in
      let first = page * layout.recordsPerPage
      unsafe layout.write(
        page: page, count: layout.recordCount(of: page, placeCount: order.count), at: memory.start + page * layout.pageBytes
      ) { record, target in
        let row = order[first + record]
        unsafe target.copyMemory(
          from: exact.region.bytes.baseAddress! + Int(row) * layout.vectorBytes, byteCount: layout.vectorBytes)
        return (row, links[row].map { places[Int($0)] })
      }
    }
    return Region(memory)
  }
}
