internal import NeedletailCore
internal import NeedletailIndex
internal import NeedletailNumerics

/// Cameras by the words of their features: what the features of a word leave over from it is summed and scaled, and compared word by word.
///
/// G. Tolias, Y. Avrithis and H. Jégou, "Image search with selective match kernels: aggregation across and within images", IJCV 2016,
/// section 4: what localisation by aggregated local features is published with. The power is 3, a query's feature counts for its five
/// nearest words. Deviations: words are features of another town, not centroids, and what is left over keeps its precision.
struct AggregatedWords {
  private let words: any SearchIndex
  private let centres: [Float]
  private let dimension: Int
  private let cameras: Int
  /// For each word the cameras that have it, and what their features leave over.
  private var lists: [Int: [(camera: Int, residual: [Float])]] = [:]
  /// One over the square root of a camera's words.
  private var scales: [Double] = []
  private(set) var buildTime = Duration.zero

  private static let assignments = 5

  init(_ cameras: TokenVectors, words centres: [Float]) throws {
    dimension = cameras.dimension
    self.centres = centres
    self.cameras = cameras.count
    let start = ContinuousClock.now
    words = try DenseIndexFactory.build(
      DenseVectors(dimension: cameras.dimension, values: centres), similarity: .euclidean, specification: .init(layout: .flat, codec: .float32))
    for camera in 0..<cameras.count {
      let residuals = try residuals(Array(cameras[camera]), assignments: 1)
      scales.append(residuals.isEmpty ? 0 : 1 / Double(residuals.count).squareRoot())
      for (word, residual) in residuals { lists[word, default: []].append((camera, residual)) }
    }
    buildTime = ContinuousClock.now - start
  }

  /// What the features of each word leave over, scaled to unit length.
  private func residuals(_ features: [Float], assignments: Int) throws -> [Int: [Float]] {
    var sums: [Int: [Float]] = [:]
    let found = try words.search(DenseVectors(dimension: dimension, values: features), SearchOptions(limit: assignments))
    for (feature, nearest) in found.enumerated() {
      for neighbour in nearest {
        let word = Int(neighbour.row)
        var sum = sums[word] ?? [Float](repeating: 0, count: dimension)
        for component in 0..<dimension { sum[component] += features[feature * dimension + component] - centres[word * dimension + component] }
        sums[word] = sum
      }
    }
    return sums.mapValues { sum in
      let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return length > 0 ? sum.map { $0 / length } : sum
    }
  }

  func search(_ query: [Float], limit: Int) throws -> [Int] {
    var scores = [Double](repeating: 0, count: cameras)
    // In the order of the words, so that the last digit does not depend on hashing.
    for (word, residual) in try residuals(query, assignments: Self.assignments).sorted(by: { $0.key < $1.key }) {
      for (camera, other) in lists[word] ?? [] {
        var product: Float = 0
        for component in 0..<dimension { product += residual[component] * other[component] }
        if product > 0 { scores[camera] += Double(product * product * product) * scales[camera] }
      }
    }
    return Array(scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }.prefix(limit))
  }
}
