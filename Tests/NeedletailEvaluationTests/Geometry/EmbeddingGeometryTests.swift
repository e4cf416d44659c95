import NeedletailCore
import NeedletailEvaluation
import Testing

@Suite struct EmbeddingGeometryTests {
  /// Normally distributed rows, scaled by component.
  private func cloud(_ count: Int, scales: [Float], seed: UInt64) -> DenseVectors {
    var generator = SeededGenerator(seed: seed)
    let values = (0..<count).flatMap { _ in
      scales.map { scale in
        scale * (0..<12).reduce(Float(-6)) { sum, _ in sum + Float.random(in: 0...1, using: &generator) }
      }
    }
    return DenseVectors(dimension: scales.count, values: values)
  }

  @Test func anEvenCloudIsIsotropicAndALineIsNot() {
    #expect(EmbeddingGeometry.isoScore(cloud(20_000, scales: Array(repeating: 2, count: 16), seed: 1)) >= 0.98)
    #expect(EmbeddingGeometry.isoScore(cloud(5_000, scales: [1] + Array(repeating: 0, count: 15), seed: 2)) <= 0.01)
  }

  /// k of n directions of equal variance give (k − 1) / (n − 1).
  @Test(arguments: [2, 4, 8, 12])
  func usedDirectionsCount(_ used: Int) {
    let scales = Array(repeating: Float(1), count: used) + Array(repeating: Float(0), count: 16 - used)
    #expect(abs(EmbeddingGeometry.isoScore(cloud(20_000, scales: scales, seed: 3)) - Double(used - 1) / 15) < 0.01)
  }

  @Test func neitherRotationNorScaleMatters() {
    let scales: [Float] = [3, 1, 0.5, 0.2]
    let plain = cloud(3_000, scales: scales, seed: 4)
    // A rotation in two planes, and a shift, which the covariance does not see.
    let (cosine, sine) = (Float(0.6), Float(0.8))
    let turned = (0..<plain.count).flatMap { row -> [Float] in
      let v = Array(plain[row])
      return [cosine * v[0] - sine * v[2], cosine * v[1] + sine * v[3], sine * v[0] + cosine * v[2], cosine * v[3] - sine * v[1]].map { 7 * $0 + 1 }
    }
    let other = DenseVectors(dimension: 4, values: turned)
    #expect(abs(EmbeddingGeometry.isoScore(plain) - EmbeddingGeometry.isoScore(other)) < 1e-4)
  }

  @Test func averageCosineSeesACone() {
    let even = cloud(2_000, scales: Array(repeating: 1, count: 32), seed: 5)
    #expect(abs(EmbeddingGeometry.averageCosine(even)) < 0.02)
    let same = DenseVectors(dimension: 2, values: Array(repeating: [1, 2] as [Float], count: 10).flatMap { $0 })
    #expect(abs(EmbeddingGeometry.averageCosine(same, pairs: 50) - 1) < 1e-12)
    #expect(EmbeddingGeometry.averageCosine(even, pairs: 99, seed: 6) == EmbeddingGeometry.averageCosine(even, pairs: 99, seed: 6))
  }
}
