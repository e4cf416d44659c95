import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

@Suite struct CompressionTests {
  private static func distortion(_ vectors: DenseVectors, _ compressed: any CompressedVectors) -> Double {
    let decoded = compressed.decoded()
    let error = zip(vectors.values, decoded.values).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    return error / vectors.values.reduce(0.0) { $0 + Double($1 * $1) }
  }

  /// Dossier check 1, and that rows decode alone as they do together.
  @Test(arguments: CompressionMethod.allCases)
  func staysWithinTheBudgetAndDecodesRowByRow(_ method: CompressionMethod) throws {
    let vectors = IndexSamples.clustered(2_500, dimension: 40)
    var feasible = 0
    for budget in [1, 0.5, 0.3, 0.13, 0.04] {
      let bytes = Int(budget * Double(4 * vectors.values.count))
      guard let compressed = try method.compress(vectors, budgetBytes: bytes) else { continue }
      feasible += 1
      #expect(compressed.byteCount <= bytes && compressed.byteCount > 0)
      #expect(compressed.count == 2_500 && compressed.dimension == 40)
      let whole = compressed.decoded()
      #expect(whole.values.count == vectors.values.count && !whole.values.contains { !$0.isFinite })
      for rows in [0..<1, 1_234..<1_240, 2_499..<2_500, 7..<7] {
        let alone = compressed.decode(rows)
        let expected = whole.values[rows.lowerBound * 40..<rows.upperBound * 40]
        #expect(zip(alone, expected).allSatisfy { abs($0 - $1) < 1e-4 } && alone.count == expected.count)
      }
    }
    // Nothing repeats in these vectors, so deduplication never fits.
    #expect(method == .deduplicated || feasible > 0)
  }

  /// Independent counts of what formulas say is stored.
  @Test func storedBytesAreThoseOfTheFormulas() throws {
    let vectors = IndexSamples.clustered(1_000, dimension: 32)
    let original = 4 * vectors.values.count
    let eight = try #require(try CompressionMethod.fixedPoint.compress(vectors, budgetBytes: original / 4 + 4))
    #expect(eight.byteCount == 32_000 + 4)
    let lowRank = try #require(try CompressionMethod.lowRank.compress(vectors, budgetBytes: original / 4))
    let rank = original / 4 / 4 / (1_000 + 32)
    #expect(lowRank.byteCount == 4 * rank * (1_000 + 32))
    let pruned = try #require(try CompressionMethod.pruned.compress(vectors, budgetBytes: original / 2))
    #expect(pruned.byteCount == 4 * (2 * ((original / 2 / 4 - 1_001) / 2) + 1_001))
    let product = try #require(try CompressionMethod.product.compress(vectors, budgetBytes: 50_000))
    // 8 parts of 4 components: codes of a byte, codebooks of 256 rows.
    #expect(product.byteCount == 16 * 1_000 + 4 * 256 * 32 && product.byteCount <= 50_000)
  }

  /// Dossier check 2.
  @Test func withEnoughRoomTheVectorsComeBack() throws {
    let vectors = IndexSamples.clustered(200, dimension: 12)
    let room = 100 * 4 * vectors.values.count
    for method in [CompressionMethod.lowRank, .tensorTrain, .magnitudeLowRank] {
      let compressed = try #require(try method.compress(vectors, budgetBytes: room))
      #expect(Self.distortion(vectors, compressed) < 1e-8, "\(method)")
    }
    let few = IndexSamples.clustered(200, dimension: 4)
    let product = try #require(try CompressionMethod.product.compress(few, budgetBytes: room))
    #expect(Self.distortion(few, product) < 1e-7)
  }

  /// Dossier check 6: what a truncated decomposition leaves is the energy of the remaining singular values.
  @Test func lowRankLeavesTheTail() throws {
    let vectors = IndexSamples.clustered(600, dimension: 16)
    var products = [Double](repeating: 0, count: 256)
    for row in 0..<600 {
      let values = Array(vectors[row])
      for i in 0..<16 { for j in 0..<16 { products[16 * i + j] += Double(values[i]) * Double(values[j]) } }
    }
    let energies = SingularValues(products, count: 16).values
    let compressed = try #require(try CompressionMethod.lowRank.compress(vectors, budgetBytes: 5 * 4 * 616))
    let tail = energies[5...].reduce(0, +) / energies.reduce(0, +)
    #expect(abs(Self.distortion(vectors, compressed) - tail) < 1e-3 * tail)
  }

  /// Dossier check 6: product codes against plain Lloyd steps written out here.
  @Test func productCodesAreAsGoodAsPlainLloyd() throws {
    let vectors = IndexSamples.clustered(5_000, dimension: 4)
    let compressed = try #require(try CompressionMethod.product.compress(vectors, budgetBytes: 5_000 + 4 * 256 * 4))
    #expect(compressed.byteCount == 5_000 + 4 * 256 * 4)
    var generator = SeededGenerator(seed: 3)
    var centres = (0..<256).map { _ in Array(vectors[Int.random(in: 0..<5_000, using: &generator)]) }
    var error = 0.0
    for _ in 0..<16 {
      var sums = centres.map { [Double](repeating: 0, count: $0.count) }
      var counts = [Int](repeating: 0, count: 256)
      error = 0
      for row in 0..<5_000 {
        let values = Array(vectors[row])
        let distances = centres.map { centre in zip(values, centre).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
        let best = distances.indices.min { distances[$0] < distances[$1] }!
        error += Double(distances[best])
        counts[best] += 1
        for index in 0..<4 { sums[best][index] += Double(values[index]) }
      }
      for centre in 0..<256 where counts[centre] > 0 { centres[centre] = sums[centre].map { Float($0 / Double(counts[centre])) } }
    }
    let length = vectors.values.reduce(0.0) { $0 + Double($1 * $1) }
    #expect(abs(Self.distortion(vectors, compressed) / (error / length) - 1) < 0.05)
  }

  /// Dossier check 4: 8-bit integers of 100,000 equal components, whose mean must be the component.
  @Test func roundingAtRandomIsUnbiased() throws {
    var values = [Float](repeating: 0.3, count: 100_000)
    values[0] = 127
    let vectors = DenseVectors(dimension: 4, values: values)
    let compressed = try #require(try CompressionMethod.fixedPoint.compress(vectors, budgetBytes: 100_004))
    let decoded = compressed.decoded().values.dropFirst().map(Double.init)
    #expect(Set(decoded) == [0, 1])
    let mean = decoded.reduce(0, +) / Double(decoded.count)
    #expect(abs(mean - 0.3) < 3 * (0.3 * 0.7 / Double(decoded.count)).squareRoot())
  }

  @Test func repeatedBlocksAreStoredOnce() throws {
    let part = IndexSamples.clustered(100, dimension: 8)
    let vectors = DenseVectors(dimension: 8, values: (0..<16).flatMap { _ in part.values })
    let compressed = try #require(try CompressionMethod.deduplicated.compress(vectors, budgetBytes: 4 * 100 * 8 + 64))
    #expect(compressed.decoded().values == vectors.values)
    #expect(compressed.byteCount == 4 * 100 * 8 + 4 * 16)
  }

  @Test func longRowsGetMoreBits() throws {
    var vectors = IndexSamples.clustered(3_000, dimension: 16)
    for place in 0..<16 * 300 { vectors.values[place] *= 20 }
    let compressed = try #require(try CompressionMethod.magnitudeProduct.compress(vectors, budgetBytes: 120_000))
    #expect(compressed.storage.contains { $0.name == "map" && $0.bits == 3_000 * 33 })
    #expect(compressed.storage.contains { $0.name == "codes of group 2" })
  }

  @Test func theStudyMeasuresAndAdvises() throws {
    let vectors = IndexSamples.clustered(3_000, dimension: 32)
    let study = try CompressionStudy(of: vectors, budgets: [0.5, 0.15])
    #expect(study.results.count == 2 * CompressionMethod.allCases.count)
    func recall(_ method: CompressionMethod, _ budget: Double) -> Double? {
      study.results.first { $0.method == method && $0.budget == budget }?.recall
    }
    #expect(try #require(recall(.half, 0.5)) > 0.99)
    #expect(recall(.half, 0.15) == nil)
    #expect(try #require(recall(.product, 0.15)) > #require(recall(.lowRank, 0.15)))
    #expect(study.advice.contains { $0.use == "50% of the memory" } && study.advice.contains { $0.use == "15% of the memory" })
    #expect(throws: IndexError.self) { try CompressionStudy(of: vectors, budgets: [0]) }
    #expect(throws: IndexError.self) { try CompressionStudy(of: vectors.rows([1, 2]), budgets: [0.5]) }
  }
}
