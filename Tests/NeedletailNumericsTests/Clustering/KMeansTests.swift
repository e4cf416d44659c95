import NeedletailNumerics
import Testing

@Suite struct KMeansTests {
  /// Clouds around random places, the first ones larger.
  private func clouds(_ count: Int, dimension: Int, places: Int, spread: Float = 0.1) -> [Float] {
    var generator = SeededGenerator(seed: 3)
    let centres = (0..<places * dimension).map { _ in Float.random(in: -1...1, using: &generator) }
    return (0..<count).flatMap { _ -> [Float] in
      let place = min(Int.random(in: 0..<places, using: &generator), Int.random(in: 0..<places, using: &generator))
      return (0..<dimension).map { centres[place * dimension + $0] + Float.random(in: -spread...spread, using: &generator) }
    }
  }

  private func squaredDistance(_ values: [Float], _ row: Int, _ means: KMeans, _ cluster: Int) -> Double {
    (0..<means.dimension).reduce(0.0) {
      let difference = Double(values[row * means.dimension + $1]) - Double(means.centroids[cluster * means.dimension + $1])
      return $0 + difference * difference
    }
  }

  @Test func rowsBelongToTheirNearestCentroid() {
    for (dimension, clusterCount) in [(3, 5), (8, 16), (20, 37), (1, 2)] {
      let values = clouds(1_000, dimension: dimension, places: 12, spread: 0.5)
      let means = KMeans(values, dimension: dimension, parameters: .init(clusterCount: clusterCount))
      let clusters = means.clusters(of: values)
      for row in stride(from: 0, to: 1_000, by: 7) {
        let distances = (0..<clusterCount).map { squaredDistance(values, row, means, $0) }
        #expect(distances[Int(clusters[row])] <= distances.min()! + 1e-5)
      }
    }
  }

  @Test func separateCloudsAreFound() {
    let values = clouds(2_000, dimension: 6, places: 8, spread: 0.02)
    let means = KMeans(values, dimension: 6, parameters: .init(clusterCount: 24, iterationCount: 20))
    let clusters = means.clusters(of: values)
    let mean = (0..<2_000).reduce(0.0) { $0 + squaredDistance(values, $1, means, Int(clusters[$1])) } / 2_000
    #expect(mean < 0.01)
  }

  @Test func anyNumberOfThreadsGivesTheSame() {
    let values = clouds(5_000, dimension: 24, places: 30)
    for isBalanced in [false, true] {
      let results = [1, 2, 5].map { threads in
        KMeans(
          values, dimension: 24, parameters: .init(clusterCount: 50, isBalanced: isBalanced),
          pool: WorkerPool(threadCount: threads)
        ).centroids
      }
      #expect(results[0] == results[1] && results[1] == results[2])
    }
  }

  /// How much more a scan of the clusters near random rows compares than it would if all were equally large: k Σ nᵢ² / n² (the imbalance
  /// factor of H. Jégou, M. Douze and C. Schmid, PAMI 2011, section IV), 1 at best.
  private func imbalance(_ values: [Float], isBalanced: Bool, seed: UInt64) -> Double {
    let means = KMeans(
      values, dimension: 8, parameters: .init(clusterCount: 32, iterationCount: 40, isBalanced: isBalanced, seed: seed))
    let sizes = Dictionary(grouping: means.clusters(of: values)) { $0 }.values.map { Double($0.count) }
    return 32 * sizes.reduce(0) { $0 + $1 * $1 } / Double(6_000 * 6_000)
  }

  /// Without any effect each seed would be a toss of a coin, and all eight would fall alike once in 256 times. No bound for the size
  /// itself is known: prices are raised a finite number of times.
  @Test func balanceEvensOutSizesWhateverTheSeed() {
    let values = clouds(6_000, dimension: 8, places: 10, spread: 0.3)
    for seed in 1...8 as ClosedRange<UInt64> {
      let (plain, balanced) = (imbalance(values, isBalanced: false, seed: seed), imbalance(values, isBalanced: true, seed: seed))
      #expect(balanced < plain, "seed \(seed)")
      #expect(balanced >= 1 - 1e-9)
    }
  }

  @Test func fewRowsGiveFewCentroids() {
    let means = KMeans([1, 2, 3, 4, 5, 6], dimension: 2, parameters: .init(clusterCount: 10))
    #expect(means.clusterCount == 3)
    #expect(Set(means.clusters(of: [1, 2, 3, 4, 5, 6])).count == 3)
    #expect(KMeans([], dimension: 4, parameters: .init(clusterCount: 10)).clusterCount == 1)
  }

  @Test func equalRowsDoNotHang() {
    let means = KMeans([Float](repeating: 1, count: 300), dimension: 3, parameters: .init(clusterCount: 7))
    #expect(means.clusterCount == 7 && means.centroids.allSatisfy(\.isFinite))
  }
}
