import Foundation
import NeedletailCore
import NeedletailEvaluation
import NeedletailNumerics
import Testing

@Suite struct FreeEmbeddingsTests {
  /// The loss in double precision, written as its definition reads.
  private func loss(_ queries: [[Double]], _ documents: [[Double]], _ relevant: [[Int]], temperature: Double) -> Double {
    var total = 0.0
    var pairs = 0
    for (query, members) in relevant.enumerated() {
      let scores = documents.map { zip($0, queries[query]).reduce(0) { $0 + $1.0 * $1.1 } / temperature }
      let sum = log(scores.reduce(0) { $0 + exp($1) })
      for member in members {
        total += sum - scores[member]
        pairs += 1
      }
    }
    return total / Double(pairs)
  }

  @Test(arguments: [(5, 3, [[0, 1], [1, 4], [2]]), (11, 9, [[0, 10], [3], [4, 5, 6], [10]])])
  func gradientsEqualFiniteDifferencesOfTheDefinition(_ count: Int, _ dimension: Int, _ relevant: [[Int]]) throws {
    var embeddings = try FreeEmbeddings(relevant: relevant, documentCount: count, dimension: dimension, seed: 5)
    let (value, queryGradient, documentGradient) = embeddings.lossAndGradients(temperature: 0.5)
    let vectors = embeddings.vectors
    let queries = vectors.queries.map { $0.map(Double.init) }
    let documents = vectors.documents.map { $0.map(Double.init) }
    #expect(abs(Double(value) - loss(queries, documents, relevant, temperature: 0.5)) < 1e-5)
    let width = 1e-5
    for row in queries.indices {
      for column in 0..<dimension {
        var (up, down) = (queries, queries)
        up[row][column] += width
        down[row][column] -= width
        let slope =
          (loss(up, documents, relevant, temperature: 0.5) - loss(down, documents, relevant, temperature: 0.5)) / (2 * width)
        #expect(abs(slope - Double(queryGradient[row][column])) < 1e-5)
      }
    }
    for row in documents.indices {
      for column in 0..<dimension {
        var (up, down) = (documents, documents)
        up[row][column] += width
        down[row][column] -= width
        let slope = (loss(queries, up, relevant, temperature: 0.5) - loss(queries, down, relevant, temperature: 0.5)) / (2 * width)
        #expect(abs(slope - Double(documentGradient[row][column])) < 1e-5)
      }
    }
  }

  @Test func keepsEveryVectorAtUnitLength() throws {
    var embeddings = try FreeEmbeddings(relevant: CriticalCount.combinations(of: 9, size: 2), documentCount: 9, dimension: 3, seed: 1)
    var options = FreeEmbeddings.Options()
    options.maximumSteps = 20
    _ = embeddings.solve(options)
    let vectors = embeddings.vectors
    for vector in vectors.queries + vectors.documents {
      #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 2e-6)
    }
  }

  @Test func solvesWhatItSaysItSolves() throws {
    let relevant = CriticalCount.combinations(of: 8, size: 2)
    var embeddings = try FreeEmbeddings(relevant: relevant, documentCount: 8, dimension: 4, seed: 42)
    let isSolved = embeddings.solve()
    try #require(isSolved)
    let (queries, documents) = embeddings.vectors
    for (query, members) in relevant.enumerated() {
      let scores = documents.map { zip($0, queries[query]).reduce(0) { $0 + $1.0 * $1.1 } }
      let best = scores.indices.sorted { scores[$0] > scores[$1] }.prefix(2)
      #expect(Set(best) == Set(members))
    }
  }

  /// Eleven documents in two dimensions: no more than a document's two neighbours on the circle can stand beside it.
  @Test func doesNotClaimWhatIsImpossible() throws {
    var embeddings = try FreeEmbeddings(relevant: CriticalCount.combinations(of: 11, size: 2), documentCount: 11, dimension: 2, seed: 1)
    var options = FreeEmbeddings.Options()
    options.maximumSteps = 2000
    let isSolved = embeddings.solve(options)
    #expect(!isSolved)
  }

  @Test(arguments: [[[0, 5]], [[0, 0]], [[]], []] as [[[Int]]])
  func refusesAPatternThatNamesNothing(_ relevant: [[Int]]) {
    #expect(throws: EvaluationError.self) { try FreeEmbeddings(relevant: relevant, documentCount: 3, dimension: 2, seed: 1) }
  }

  /// The paper has 10 documents for 4 dimensions.
  @Test func findsTheCriticalNumberOfFourDimensions() throws {
    var options = CriticalCount.Options()
    options.seeds = [42, 43]
    #expect((9...11).contains(try CriticalCount.find(dimension: 4, options: options)))
  }
}

@Suite struct MomentCurveTests {
  /// Shares computed with NumPy by the formulas in the comment of `MomentCurve`; half precision differs by how scores round.
  @Test(arguments: [
    (46, MomentCurve.Precision.float64, 1.0, 0), (46, .float32, 1.0, 0), (200, .float64, 1.0, 0), (200, .float32, 0.997, 0.01),
    (46, .float16, 0.93, 0.03), (200, .float16, 0.58, 0.03), (46, .int8, 0.65, 0.03), (200, .int8, 0.11, 0.03),
  ] as [(Int, MomentCurve.Precision, Double, Double)])
  func fourDimensionsSolvePairsAsFarAsPrecisionGoes(
    _ count: Int, _ precision: MomentCurve.Precision, _ share: Double, _ tolerance: Double
  ) {
    #expect(abs(MomentCurve.solvedShare(count: count, precision: precision) - share) <= tolerance)
  }
}

@Suite struct PolynomialFitTests {
  @Test(arguments: [(512.0, 5.12e5), (768, 1.71e6), (1024, 4.03e6), (3072, 1.08e8), (4096, 2.55e8)])
  func thePublishedCubicGivesThePublishedCounts(_ dimension: Double, _ count: Double) {
    #expect(abs(PolynomialFit.publishedCriticalCount(dimension) / count - 1) < 0.005)
  }

  @Test func findsThePolynomialItsPointsComeFrom() throws {
    let truth = PolynomialFit(coefficients: [3, -2, 0.5, 0.01])
    let fit = try #require(PolynomialFit(points: (0..<12).map { (Double($0 * 7), truth(Double($0 * 7))) }, degree: 3))
    for (found, expected) in zip(fit.coefficients, truth.coefficients) { #expect(abs(found - expected) < 1e-6) }
  }

  @Test func needsAsManyPointsAsCoefficients() {
    #expect(PolynomialFit(points: [(1, 2), (2, 3), (2, 4)], degree: 2) == nil)
  }
}

@Suite struct CombinationTaskTests {
  @Test(arguments: RelevancePattern.allCases)
  func everyAskedAttributeIsLikedByExactlyTheTwoRelevantPeople(_ pattern: RelevancePattern) throws {
    var generator = CombinationTask()
    generator.pattern = pattern
    generator.documentCount = 420
    generator.queryCount = 200
    let task = try generator.make()
    #expect(Set(task.corpus.map(\.id)).count == 420)
    for query in task.queries {
      let attribute = query.text.dropFirst("Who likes ".count).dropLast()
      let liking = task.corpus.filter { document in
        document.text.dropFirst(document.id.count + " likes ".count).dropLast()
          .replacingOccurrences(of: " and ", with: ", ").components(separatedBy: ", ").contains(String(attribute))
      }
      #expect(Set(liking.map(\.id)) == Set(try #require(task.judgements[query.id]).keys), "\(query.text)")
      #expect(liking.count == 2)
    }
    #expect(Set(task.judgements.values.map { Set($0.keys) }).count == 200, "two queries ask for the same pair")
  }

  @Test func theDensePatternOfAThousandQueriesNeedsFortySixPeopleWithAtMostFiftyAttributes() throws {
    let task = try CombinationTask().make()
    #expect(Set(task.judgements.values.flatMap(\.keys)).count == 46)
    for document in task.corpus { #expect(document.text.filter { $0 == "," }.count + 2 <= 50) }
  }

  @Test func survivesAWayThroughFiles() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let task = try CombinationTask().make()
    try BEIRWriter.write(task, to: folder.path)
    let read = try BEIRReader.read(directory: folder.path)
    #expect(read.corpus.map(\.text) == task.corpus.map(\.text))
    #expect(read.queries == task.queries)
    #expect(read.judgements == task.judgements)
  }

  @Test func refusesMoreQueriesThanThePatternHasRoomFor() {
    var generator = CombinationTask()
    generator.pattern = .disjoint
    let error = #expect(throws: EvaluationError.self) { try generator.make() }
    #expect(error?.description.contains("2000") == true)
  }

  @Test func hardnessCountsSharedQueriesAndOverlaps() {
    let disjoint = PatternHardness(of: ["1": ["a": 1, "b": 1], "2": ["c": 1, "d": 1]])
    #expect(abs(disjoint.graphDensity - 2.0 / 6) < 1e-12 && disjoint.averageQueryStrength == 0)
    let chain = PatternHardness(of: ["1": ["a": 1, "b": 1], "2": ["b": 1, "c": 1], "3": ["z": 0]])
    #expect(abs(chain.graphDensity - 2.0 / 3) < 1e-12)
    #expect(abs(chain.averageQueryStrength - 1.0 / 3) < 1e-12)
  }
}
