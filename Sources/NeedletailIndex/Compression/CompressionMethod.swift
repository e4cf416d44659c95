public import NeedletailCore
public import NeedletailNumerics

/// The ways to compress a finished collection of vectors that the study compares.
public enum CompressionMethod: String, CaseIterable, Codable, Sendable {
  case fixedPoint, pruned, product, magnitudeProduct, lowRank, magnitudeLowRank, tensorTrain, deduplicated
  case half, scalar, locallyAdaptive, rotated, optimizedProduct, signs

  /// What the literature calls it.
  public var title: String {
    switch self {
    case .fixedPoint: "INT8/16"
    case .pruned: "Prune"
    case .product: "PQ"
    case .magnitudeProduct: "MagPQ"
    case .lowRank: "SVD"
    case .magnitudeLowRank: "MagSVD"
    case .tensorTrain: "TT"
    case .deduplicated: "Dedup"
    case .half: "float16"
    case .scalar: "SQ 8/4"
    case .locallyAdaptive: "LVQ 8/4"
    case .rotated: "RaBitQ 1-8"
    case .optimizedProduct: "OPQ x4"
    case .signs: "sign"
    }
  }

  /// Compresses a collection as well as the method can within a budget.
  ///
  /// - Returns: nil if the method cannot go that low.
  public func compress(
    _ vectors: DenseVectors, budgetBytes: Int, seed: UInt64 = 42, pool: WorkerPool = .shared
  ) throws(IndexError) -> (any CompressedVectors)? {
    guard vectors.count > 0 else { throw .invalidParameter("there are no vectors to compress") }
    let compressed = try candidate(vectors, budgetBytes, seed, pool)
    return compressed.flatMap { $0.byteCount <= budgetBytes ? $0 : nil }
  }

  private func candidate(
    _ vectors: DenseVectors, _ budget: Int, _ seed: UInt64, _ pool: WorkerPool
  ) throws(IndexError) -> (any CompressedVectors)? {
    let (count, dimension) = (vectors.count, vectors.dimension)
    switch self {
    case .fixedPoint:
      let elements = count * dimension
      guard budget >= elements + 4 else { return nil }
      return FixedPointVectors(vectors, bits: budget >= 2 * elements + 4 ? 16 : 8, seed: seed)
    case .pruned: return PrunedVectors(vectors, budgetBytes: budget)
    case .product:
      let parts = SubspaceCodes.parts(count: count, dimension: dimension, bits: 8, budgetBytes: budget)
      return parts > 0 ? SubspaceCodes(vectors, parts: parts, bits: 8, seed: seed, pool: pool) : nil
    case .magnitudeProduct: return Self.magnitudeProduct(vectors, budget, seed, pool)
    case .lowRank:
      let rank = LowRankVectors.rank(count: count, dimension: dimension, budgetBytes: budget)
      return rank > 0 ? LowRankVectors(vectors, rank: rank, pool: pool) : nil
    case .magnitudeLowRank: return Self.magnitudeLowRank(vectors, budget, pool)
    case .tensorTrain:
      return TensorTrainVectors.Shape(count: count, dimension: dimension, budgetBytes: budget).map {
        TensorTrainVectors(vectors, shape: $0, pool: pool)
      }
    case .deduplicated:
      return DeduplicatedVectors(vectors, blockRows: min(10_000, max(1, count / 16)), blockColumns: min(100, dimension), budgetBytes: budget)
    default:
      for specification in codecs(dimension: dimension) {
        guard Self.leastBytes(specification, count: count, dimension: dimension) <= budget else { continue }
        return try CodedVectors(vectors, specification, seed: seed, pool: pool)
      }
      return nil
    }
  }

  /// The codecs of a method, the most precise first.
  private func codecs(dimension: Int) -> [CodecSpecification] {
    switch self {
    case .half: [.float16]
    case .scalar: [.scalar(bits: 8), .scalar(bits: 4)]
    case .locallyAdaptive:
      [
        .locallyAdaptive(bits: 8, residualBits: 8), .locallyAdaptive(bits: 4, residualBits: 8),
        .locallyAdaptive(bits: 8, residualBits: 0), .locallyAdaptive(bits: 4, residualBits: 0),
      ]
    case .rotated: (1...8).reversed().map { .rotated(bits: $0) }
    case .optimizedProduct:
      [1, 2, 3, 4, 6, 8, 12, 16].filter { $0 <= dimension }.map {
        .product(parts: (dimension + $0 - 1) / $0, bits: 4, isRotated: true)
      }
    case .signs: [.signs]
    default: []
    }
  }

  /// A lower bound of what a codec takes, so that none is trained in vain.
  private static func leastBytes(_ specification: CodecSpecification, count: Int, dimension: Int) -> Int {
    let width = (dimension + 63) / 64 * 64
    let mean = 4 * dimension
    return switch specification {
    case .float32: 4 * count * dimension + mean
    case .float16, .bfloat16: 2 * count * dimension
    case .scalar(let bits): count * (bits == 8 ? dimension : width / 2) + 8 * dimension + mean
    case .locallyAdaptive(let bits, let rest):
      count * (4 + (bits == 8 ? dimension : width / 2) + (rest == 8 ? dimension : rest * width / 8)) + mean
    case .product(let parts, let bits, let isRotated):
      count * (bits == 8 ? parts : (parts + 1) / 2) + 4 * dimension << bits + (isRotated ? 4 * dimension * dimension : 0) + mean
    case .anisotropic(let parts, let bits): count * (bits == 8 ? parts : (parts + 1) / 2) + 4 * dimension << bits + mean
    case .rotated(let bits): count * (8 + bits * width / 8) + 8 + mean
    case .signs: count * width / 8 + 4 + mean
    case .recurrent, .projected: .max
    }
  }

  /// Nine bits for the long rows, eight for the others.
  private static func magnitudeProduct(
    _ vectors: DenseVectors, _ budget: Int, _ seed: UInt64, _ pool: WorkerPool
  ) -> (any CompressedVectors)? {
    let members = MagnitudeGroups.members(of: vectors)
    let bits: [Int] = members.indices.map { $0 == 0 ? 9 : 8 }
    // Both groups are cut into as many parts as fit together.
    func fits(_ parts: Int) -> Bool {
      let width = (vectors.dimension + parts - 1) / parts
      let real = (vectors.dimension + width - 1) / width
      var total: Int = MagnitudeGroups.mapBits(count: vectors.count)
      for number in members.indices {
        total += members[number].count * real * bits[number]
        total += real * width * 32 * (1 << bits[number])
      }
      return total <= 8 * budget
    }
    var parts = vectors.dimension
    while parts > 0, !fits(parts) { parts -= 1 }
    guard parts > 0 else { return nil }
    let groups: [any CompressedVectors] = members.indices.map { number in
      SubspaceCodes(
        DenseVectors(dimension: vectors.dimension, values: members[number].flatMap { vectors[$0] }), parts: parts,
        bits: bits[number], seed: seed, pool: pool)
    }
    return MagnitudeGroups(vectors, members: members, groups: groups)
  }

  /// Ranks in proportion to the size of a group to the power of -0.3.
  private static func magnitudeLowRank(_ vectors: DenseVectors, _ budget: Int, _ pool: WorkerPool) -> (any CompressedVectors)? {
    let members = MagnitudeGroups.members(of: vectors)
    let floats = Double(budget - (MagnitudeGroups.mapBits(count: vectors.count) + 7) / 8) / 4
    let weights = members.map { Exponential.power(Double($0.count), -0.3) }
    let unit = zip(members, weights).reduce(0.0) { $0 + Double($1.0.count + vectors.dimension) * $1.1 }
    let ranks = weights.map { min(vectors.dimension, Int(floats / unit * $0)) }
    guard ranks.allSatisfy({ $0 > 0 }) else { return nil }
    let groups = zip(members, ranks).map { rows, rank in
      LowRankVectors(DenseVectors(dimension: vectors.dimension, values: rows.flatMap { vectors[$0] }), rank: rank, pool: pool)
    }
    return MagnitudeGroups(vectors, members: members, groups: groups)
  }
}
