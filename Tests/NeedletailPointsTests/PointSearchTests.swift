import Foundation
import NeedletailCore
import NeedletailNumerics
import NeedletailPoints
import Testing

@Suite struct PointSearchTests {
  private func vector(_ size: Int, _ random: inout SeededGenerator) -> [Float] { (0..<size).map { _ in Float.random(in: -1...1, using: &random) } }

  /// Reported scores against the definitions, in double precision.
  @Test(arguments: Distance.allCases) func ranksAsTheDefinitionSays(distance: Distance) async throws {
    let place = PointPlace()
    let library = try place.library()
    defer { library.close() }
    let collection = try library.create("c", PointCollectionSettings(vectors: ["v": .dense(19, distance)], hasUnnamedVector: false))
    var random = SeededGenerator(seed: 5)
    let vectors = (0..<700).map { _ in vector(19, &random) }
    try await collection.apply(.upsert(vectors.enumerated().map { PointWrite(id: .number(UInt64($0)), vectors: ["v": .dense($1)]) }))
    func score(_ x: [Float], _ y: [Float]) -> Double {
      let pairs = zip(x, y).map { (Double($0), Double($1)) }
      let dot = pairs.reduce(0) { $0 + $1.0 * $1.1 }
      switch distance {
      case .dot: return dot
      case .cosine: return dot / (pairs.reduce(0) { $0 + $1.0 * $1.0 } * pairs.reduce(0) { $0 + $1.1 * $1.1 }).squareRoot()
      case .euclid: return pairs.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      case .manhattan: return pairs.reduce(0) { $0 + abs($1.0 - $1.1) }
      }
    }
    let snapshot = collection.snapshot()
    for _ in 0..<5 {
      let query = vector(19, &random)
      let expected = vectors.map { score(query, $0) }.sorted { distance.isLargerBetter ? $0 > $1 : $0 < $1 }.prefix(20)
      let stage = QueryStage(query: .nearest(.value(.dense(query))), using: "v", limit: 20)
      let found = try snapshot.query(stage, PointPart(), lookup: { _ in snapshot })
      #expect(found.count == 20)
      for (hit, expected) in zip(found, expected) { #expect(abs(Double(hit.score) - expected) < 1e-4) }
    }
  }

  /// Ranking by words against the definition, under a filter that changes neither frequencies nor lengths.
  @Test func ranksByWordsAsTheDefinitionSays() async throws {
    let place = PointPlace()
    let library = try place.library()
    defer { library.close() }
    let collection = try library.create("c", PointCollectionSettings(vectors: [:], hasUnnamedVector: false))
    var random = SeededGenerator(seed: 3)
    let vocabulary = ["red", "hat", "Shoes", "blue", "big"]
    var texts: [[String]] = []
    for _ in 0..<600 {
      let count = Int.random(in: 0...6, using: &random)
      texts.append((0..<count).map { _ in vocabulary.randomElement(using: &random)! })
    }
    let points = texts.enumerated().map { number, words -> PointWrite in
      PointWrite(id: .number(UInt64(number)), payload: ["t": .string(words.joined(separator: " ")), "n": .integer(Int64(number % 3))])
    }
    try await collection.apply(.upsert(points))
    func answers(_ ranking: TextRanking, threshold: Float? = nil) throws -> [ScoredPoint] {
      let snapshot = collection.snapshot()
      let filter = PointFilter(must: [.field(PayloadPath("n")!, .equal(1))])
      return try snapshot.query(QueryStage(query: .text(ranking), using: "t", filter: filter, scoreThreshold: threshold, limit: 1_000), PointPart(), lookup: { _ in snapshot })
    }
    #expect(throws: PointError.self) { try answers(TextRanking(text: "red")) }
    try await collection.createIndex(on: "t", PayloadIndex(kind: .text, options: ["type": "text", "scoring": true]))
    let k = 1.4, b = 0.6
    let held: [[String]] = texts.filter { !$0.isEmpty }.map { $0.map { $0.lowercased() } }
    let size = Double(held.count)
    let average = Double(held.joined().count) / size
    func score(_ words: [String]) -> Double {
      var sum = 0.0
      for word in ["red", "shoes"] {
        let frequency = Double(held.filter { $0.contains(word) }.count)
        let count = Double(words.filter { $0.lowercased() == word }.count)
        let weight: Double = log(1 + (size - frequency + 0.5) / (frequency + 0.5))
        let norm: Double = k * (1 - b + b * Double(words.count) / average)
        sum += weight * count * (k + 1) / (count + norm)
      }
      return sum
    }
    let found = try answers(TextRanking(text: "Red shoes red", k: Float(k), b: Float(b)))
    let admitted = stride(from: 1, to: texts.count, by: 3).map { score(texts[$0]) }
    let expected = admitted.filter { $0 > 0 }.sorted(by: >)
    #expect(found.count == expected.count)
    for (hit, expected) in zip(found, expected) { #expect(abs(Double(hit.score) - expected) < 1e-4) }
    let threshold = Float(expected[expected.count / 2])
    #expect(try answers(TextRanking(text: "red shoes", k: Float(k), b: Float(b)), threshold: threshold).allSatisfy { $0.score > threshold })
  }

  /// What may be picked next asks with its rows; what was picked answers. (The other way round, point 3 would come second.)
  @Test func diversityComparesFromTheOneThatMayBePicked() async throws {
    let place = PointPlace()
    let library = try place.library()
    defer { library.close() }
    let rows = try #require(VectorSettings(dense: ["size": 2, "distance": "Dot", "multivector_config": ["comparator": "max_sim"]]))
    let collection = try library.create("c", PointCollectionSettings(vectors: ["": rows], hasUnnamedVector: true))
    func multi(_ values: [Float]) -> VectorValue { .multi(DenseVectors(dimension: 2, values: values)) }
    let vectors: [[Float]] = [[1, 0], [0.9, 0], [0.8, 0, 0.8, 0, 0.8, 0]]
    try await collection.apply(.upsert(vectors.enumerated().map { PointWrite(id: .number(UInt64($0 + 1)), vectors: ["": multi($1)]) }))
    let snapshot = collection.snapshot()
    func order(_ share: Float) throws -> [PointID] {
      let query = PointQuery.nearest(.value(multi([1, 0])), diversity: Diversity(share: share, candidates: 3))
      return try snapshot.query(QueryStage(query: query, limit: 3), PointPart(), lookup: { _ in snapshot }).map(\.point.id)
    }
    #expect(try order(0) == [.number(1), .number(2), .number(3)])
    // Balance of 2: 0.4 * 0.9 - 0.6 * 0.9 = -0.18; of 3, whose three rows all ask: 0.4 * 0.8 - 0.6 * 2.4 = -1.12, not -0.16.
    #expect(try order(0.6) == [.number(1), .number(2), .number(3)])
  }

  /// A graph is built over a large column, its answers are nearly those of a full comparison, with and without filter and
  /// after changes, and it is there again after reopening.
  @Test func graphAgreesWithComparison() async throws {
    let place = PointPlace()
    var library = try place.library()
    defer { library.close() }
    let settings = PointCollectionSettings(vectors: ["": .dense(16, .euclid)], hasUnnamedVector: true, options: ["optimizers_config": ["indexing_threshold": 100]])
    var collection = try library.create("c", settings)
    var random = SeededGenerator(seed: 9)
    for start in stride(from: 0, to: 9_000, by: 3_000) {
      let points = (start..<start + 3_000).map { PointWrite(id: .number(UInt64($0)), vectors: ["": .dense(vector(16, &random))], payload: ["even": .bool($0 % 2 == 0)]) }
      try await collection.apply(.upsert(points))
    }
    await collection.settle()
    #expect(collection.snapshot().indexedVectorCount >= 6_750)
    try await collection.apply(.delete(.ids((0..<500).map { .number($0) })))
    try await collection.apply(.upsert((500..<700).map { PointWrite(id: .number($0), vectors: ["": .dense(vector(16, &random))]) }))
    func check(_ collection: PointCollection) throws {
      let snapshot = collection.snapshot()
      var common = 0
      for number in 0..<20 {
        let filter = number % 2 == 0 ? nil : PointFilter(must: [.field(PayloadPath("even")!, .equal(true))])
        var stage = QueryStage(query: .nearest(.value(.dense(vector(16, &random)))), filter: filter, limit: 10)
        let found = try snapshot.query(stage, PointPart(), lookup: { _ in snapshot })
        stage.parameters.isExact = true
        let exact = try snapshot.query(stage, PointPart(), lookup: { _ in snapshot })
        #expect(found.count == 10)
        common += Set(found.map(\.point.id)).intersection(exact.map(\.point.id)).count
      }
      #expect(common >= 190, "\(common) of 200")
    }
    try check(collection)
    await collection.settle()
    library.close()
    library = try place.library()
    collection = try library.collection("c")
    #expect(collection.snapshot().indexedVectorCount > 0)
    #expect(collection.notices.isEmpty)
    try check(collection)
  }

  @Test func fusesAsTheFormulasSay() async throws {
    let place = PointPlace()
    let library = try place.library()
    defer { library.close() }
    let collection = try library.create("c", PointCollectionSettings(vectors: ["": .dense(1, .dot)], hasUnnamedVector: true))
    try await collection.apply(.upsert((1...4).map { PointWrite(id: .number($0), vectors: ["": .dense([Float($0)])]) }))
    let snapshot = collection.snapshot()
    func best(_ sign: Float, _ limit: Int) -> QueryStage { QueryStage(query: .nearest(.value(.dense([sign]))), limit: limit) }
    func scores(_ query: PointQuery) throws -> [PointID: Float] {
      let found = try snapshot.query(QueryStage(query: query, prefetch: [best(1, 2), best(-1, 3)], limit: 10), PointPart(), lookup: { _ in snapshot })
      return Dictionary(uniqueKeysWithValues: found.map { ($0.point.id, $0.score) })
    }
    // The lists are 4, 3 and 1, 2, 3.
    #expect(try scores(.reciprocalRanks(k: 2, weights: nil)) == [.number(4): 0.5, .number(1): 0.5, .number(3): 1 / 3 + 0.25, .number(2): 1 / 3])
    #expect(try scores(.reciprocalRanks(k: 2, weights: [2, 0])) [.number(4)] == 1 / (Float(1) / 2 + 1))
    let distribution = try scores(.distributionScores)
    #expect(abs(distribution[.number(2)]! - 0.5) < 1e-6)
    #expect(throws: PointError.self) { try scores(.reciprocalRanks(k: 2, weights: [1])) }
  }
}
