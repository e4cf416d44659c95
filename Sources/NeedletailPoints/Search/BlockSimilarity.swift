internal import NeedletailCore
internal import NeedletailNumerics

/// Compares one vector with those of a block.
///
/// Similarities are inner ones, higher for nearer: inner product, cosine, negative squared Euclidean distance, negative
/// Manhattan distance; for several rows the sum over the query's rows of the best of a point's rows (MaxSim).
struct BlockSimilarity: Sendable {
  let settings: VectorSettings
  /// Prepared as stored vectors are.
  let vector: VectorValue
  /// For sparse vectors: points that share no dimension have a similarity of zero rather than none.
  let includesUnrelated: Bool

  init(_ value: VectorValue, settings: VectorSettings, includesUnrelated: Bool) {
    self.settings = settings
    vector = settings.prepared(settings.shaped(value))
    self.includesUnrelated = includesUnrelated
  }

  /// Writes the similarity of each of `places` to `scores`; returns the places that have one.
  func score(_ column: VectorColumn, _ places: BlockMask, into scores: inout [Float], from offset: Int) -> BlockMask {
    let places = places & column.present
    guard !places.isEmpty else { return .none }
    switch vector {
    case .dense(let query):
      scoreDense(query, column.dense, places, into: &scores, from: offset)
      return places
    case .multi(let queries):
      places.forEach { place in
        scores[offset + place] = column.multi[place].map { Self.maximumSimilarity(queries, $0, settings) } ?? 0
      }
      return places
    case .sparse(let query): return scoreSparse(query, column, places, into: &scores, from: offset)
    }
  }

  private func scoreDense(_ query: [Float], _ rows: [Float], _ places: BlockMask, into scores: inout [Float], from offset: Int) {
    let isDense = places.count * 3 > rows.count / settings.size
    if settings.distance == .manhattan || !isDense {
      places.forEach { place in
        scores[offset + place] = Self.similarity(query.span, rows.span.extracting(place * settings.size..<(place + 1) * settings.size), settings)
      }
      return
    }
    let found = Self.products(query.span, rows.span, settings)
    for place in found.indices { scores[offset + place] = found[place] }
  }

  private func scoreSparse(
    _ query: SparsePointVector, _ column: VectorColumn, _ places: BlockMask, into scores: inout [Float], from offset: Int
  ) -> BlockMask {
    let lists = column.postings.lists(of: column.sparse)
    places.forEach { scores[offset + $0] = 0 }
    var related = BlockMask.none
    for (index, weight) in zip(query.indices, query.values) {
      for posting in lists[index] ?? [] where places.contains(Int(posting.place)) {
        scores[offset + Int(posting.place)] += weight * posting.value
        related.insert(Int(posting.place))
      }
    }
    return includesUnrelated ? places : related
  }

  // MARK: rows

  /// The similarities of a query with rows that lie one after the other.
  private static func products(_ query: Span<Float>, _ rows: Span<Float>, _ settings: VectorSettings) -> [Float] {
    switch settings.distance {
    case .dot: return DistanceKernels.current.dot(query, rows: rows)
    case .cosine:
      let products = DistanceKernels.current.dot(query, rows: rows)
      guard settings.component == .uint8 else { return products }
      // Bytes are not scaled to unit length when they are stored.
      let length = length(query)
      return products.indices.map { row in
        let product = length * Self.length(rows.extracting(row * settings.size..<(row + 1) * settings.size))
        return product > 0 ? products[row] / product : 0
      }
    case .euclid: return DistanceKernels.current.squaredEuclidean(query, rows: rows).map { -$0 }
    case .manhattan:
      return (0..<rows.count / settings.size).map { row in
        -manhattan(query, rows.extracting(row * settings.size..<(row + 1) * settings.size))
      }
    }
  }

  /// The similarity of two rows.
  static func similarity(_ query: Span<Float>, _ row: Span<Float>, _ settings: VectorSettings) -> Float {
    switch settings.distance {
    case .dot: return product(query, row)
    case .cosine where settings.component == .uint8: return products(query, row, settings)[0]
    case .cosine: return product(query, row)
    case .euclid: return -squaredDistance(query, row)
    case .manhattan: return -manhattan(query, row)
    }
  }

  private static func product(_ query: Span<Float>, _ row: Span<Float>) -> Float {
    var product: Float = 0
    unsafe withRow(query, row) { query, row in unsafe DistanceKernels.current.dot(query, row, indices: nil, count: 1, into: &product) }
    return product
  }

  private static func squaredDistance(_ query: Span<Float>, _ row: Span<Float>) -> Float {
    var distance: Float = 0
    unsafe withRow(query, row) { query, row in unsafe DistanceKernels.current.squaredEuclidean(query, row, indices: nil, count: 1, into: &distance) }
    return distance
  }

  /// Candidates are compared one by one, so this allocates nothing.
  @unsafe private static func withRow(_ query: Span<Float>, _ row: Span<Float>, _ body: (UnsafePointer<Float>, RowPointer<Float>) -> Void) {
    precondition(query.count == row.count, "the rows that are compared are of one length")
    unsafe query.withUnsafeBufferPointer { query in
      unsafe row.withUnsafeBufferPointer { row in
        guard let query = query.baseAddress, let base = row.baseAddress else { return }
        unsafe body(query, RowPointer(base: base, stride: row.count, dimension: row.count))
      }
    }
  }

  static func maximumSimilarity(_ queries: DenseVectors, _ rows: DenseVectors, _ settings: VectorSettings) -> Float {
    var sum: Float = 0
    for query in 0..<queries.count {
      let values = queries.values.span.extracting(query * queries.dimension..<(query + 1) * queries.dimension)
      sum += products(values, rows.values.span, settings).max() ?? 0
    }
    return sum
  }

  private static func length(_ values: Span<Float>) -> Float { DistanceKernels.current.dot(values, rows: values)[0].squareRoot() }

  /// Eight sums side by side, which the compiler turns into vector instructions.
  private static func manhattan(_ query: Span<Float>, _ row: Span<Float>) -> Float {
    var sums = SIMD8<Float>.zero
    var component = 0
    while component + 8 <= query.count {
      var difference = SIMD8<Float>.zero
      for lane in 0..<8 { difference[lane] = query[component + lane] - row[component + lane] }
      sums += difference.replacing(with: -difference, where: difference .< 0)
      component += 8
    }
    var sum = sums.sum()
    while component < query.count {
      sum += abs(query[component] - row[component])
      component += 1
    }
    return sum
  }
}
