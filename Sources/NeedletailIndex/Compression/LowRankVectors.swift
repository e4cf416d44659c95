internal import NeedletailCore
internal import NeedletailNumerics

/// Coordinates along the directions of the greatest spread: a truncated singular value decomposition `X ≈ (U Σ) Vᵀ`.
///
/// The directions come from the products of columns with each other, which is exact enough for float data and needs no
/// random projection; otherwise as Zhang et al., VLDB 2024.
struct LowRankVectors: CompressedVectors {
  let count: Int
  let dimension: Int
  let rank: Int
  /// `count` rows of `rank`.
  private let coordinates: [Float]
  /// `rank` rows of `dimension`.
  private let directions: [Float]

  init(_ vectors: DenseVectors, rank: Int, pool: WorkerPool) {
    count = vectors.count
    dimension = vectors.dimension
    self.rank = min(rank, vectors.dimension)
    let rank = self.rank
    let transposed = Matrix.transposed(vectors.values, columns: vectors.dimension)
    let products = DenseProduct.rows(transposed, transposed, depth: vectors.count, pool: pool).map(Double.init)
    let parts = SingularValues(products, count: vectors.dimension)
    directions = (0..<rank).flatMap { parts.right[$0].map { Float($0) } }
    coordinates = DenseProduct.rows(vectors.values, directions, depth: vectors.dimension, pool: pool)
  }

  /// The rank that fits a budget.
  static func rank(count: Int, dimension: Int, budgetBytes: Int) -> Int {
    min(dimension, max(0, budgetBytes) / 4 / max(1, count + dimension))
  }

  var storage: [StoredPart] {
    [StoredPart(name: "coordinates", bits: 32 * coordinates.count), StoredPart(name: "directions", bits: 32 * directions.count)]
  }

  func decode(_ rows: Range<Int>) -> [Float] {
    guard !rows.isEmpty else { return [] }
    return DenseProduct.rows(
      Array(coordinates[rows.lowerBound * rank..<rows.upperBound * rank]), Matrix.transposed(directions, columns: dimension),
      depth: rank)
  }
}
