internal import NeedletailCore
internal import NeedletailIndex
internal import NeedletailNumerics

/// What localisation did before: one vector for each camera, and votes of the nearest features of all.
struct FeatureAggregations {
  private let means: any SearchIndex
  private let residuals: any SearchIndex
  private let features: any SearchIndex
  private let owners: [Int]
  private let cells: KMeans
  private let dimension: Int
  private let neighbours: Int
  private let cameras: Int
  private(set) var meanTime = Duration.zero
  private(set) var residualTime = Duration.zero
  private(set) var voteTime = Duration.zero

  init(_ cameras: TokenVectors, cells count: Int, neighbours: Int, seed: UInt64) throws {
    let clock = ContinuousClock()
    let flat = DenseIndexSpecification(layout: .flat, codec: .float32)
    dimension = cameras.dimension
    self.neighbours = neighbours
    self.cameras = cameras.count
    owners = (0..<cameras.count).flatMap { item in cameras.tokens(of: item).map { _ in item } }
    var start = clock.now
    means = try DenseIndexFactory.build(
      DenseVectors(dimension: dimension, values: (0..<cameras.count).flatMap { Self.mean(Array(cameras[$0]), cameras.dimension) }),
      similarity: .cosine, specification: flat)
    meanTime = clock.now - start
    start = clock.now
    let cells = KMeans(cameras.values, dimension: dimension, parameters: .init(clusterCount: count, seed: seed))
    self.cells = cells
    let dimension = dimension
    residuals = try DenseIndexFactory.build(
      DenseVectors(
        dimension: dimension * cells.clusterCount,
        values: (0..<cameras.count).flatMap { Self.residuals(Array(cameras[$0]), cells, dimension) }), similarity: .cosine, specification: flat)
    residualTime = clock.now - start
    start = clock.now
    features = try DenseIndexFactory.build(DenseVectors(dimension: dimension, values: cameras.values), similarity: .euclidean, specification: flat)
    voteTime = clock.now - start
  }

  func byMean(_ query: [Float], limit: Int) throws -> [Int] {
    try means.search(Self.mean(query, dimension), SearchOptions(limit: limit)).map { Int($0.row) }
  }

  func byResiduals(_ query: [Float], limit: Int) throws -> [Int] {
    try residuals.search(Self.residuals(query, cells, dimension), SearchOptions(limit: limit)).map { Int($0.row) }
  }

  /// Each of the nearest features of each feature is a vote for its camera.
  func byVotes(_ query: [Float], limit: Int) throws -> [Int] {
    var votes = [Int](repeating: 0, count: cameras)
    for found in try features.search(DenseVectors(dimension: dimension, values: query), SearchOptions(limit: neighbours)) {
      for neighbour in found { votes[owners[Int(neighbour.row)]] += 1 }
    }
    return Array(votes.indices.sorted { (votes[$1], $0) < (votes[$0], $1) }.prefix(limit))
  }

  private static func mean(_ features: [Float], _ dimension: Int) -> [Float] {
    var sum = [Float](repeating: 0, count: dimension)
    for (place, value) in features.enumerated() { sum[place % dimension] += value }
    return sum
  }

  /// Sums of what is left over from the nearest of some centroids, the cells one after the other (Jégou et al., "Aggregating local
  /// descriptors into a compact image representation", CVPR 2010).
  private static func residuals(_ features: [Float], _ cells: KMeans, _ dimension: Int) -> [Float] {
    var sums = [Float](repeating: 0, count: dimension * cells.clusterCount)
    for (feature, cell) in cells.clusters(of: features).enumerated() {
      for component in 0..<dimension {
        sums[Int(cell) * dimension + component] += features[feature * dimension + component] - cells.centroids[Int(cell) * dimension + component]
      }
    }
    return sums
  }
}
