import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

/// Inverted and flat layouts over every codec keep the promises of `SearchIndex`.
@Suite struct IVFIndexTests {
  private static func specification(
    _ codes: CodecSpecification, lists: Int, probes: Int? = nil, keepsVectors: Bool = true, codec: VectorCodecKind = .float16
  ) -> DenseIndexSpecification {
    DenseIndexSpecification(
      layout: .inverted, codec: codec, codes: codes,
      lists: ListParameters(listCount: lists, probeCount: probes, candidateCount: 200, exactScanLimit: 0),
      keepsVectors: keepsVectors)
  }

  private static func queries(_ vectors: DenseVectors) -> DenseVectors {
    var queries = vectors.rows((0..<10).map { $0 * 37 % vectors.count })
    var generator = SeededGenerator(seed: 9)
    queries.values = queries.values.map { $0 * Float.random(in: 0.6...1.4, using: &generator) }
    queries.values += [Float](repeating: 0, count: vectors.dimension)
    queries.values += vectors[0].map { -3 * $0 }
    return queries
  }

  @Test(arguments: CodecSpecification.examples, Similarity.allCases)
  func keepsThePromisesWithAnyCodec(_ codes: CodecSpecification, _ similarity: Similarity) throws {
    var vectors = IndexSamples.clustered(900, dimension: 24)
    vectors.values += vectors[7] + vectors[7] + [Float](repeating: 0, count: 24)
    let excluded = RowSet([3, 77, 900])
    for lists in [1, 12] {
      let index = try DenseIndexFactory.build(
        vectors, similarity: similarity, specification: Self.specification(codes, lists: lists, probes: 6),
        excluding: excluded)
      let conformance = SearchIndexConformance(
        vectors: vectors, similarity: similarity, excluded: excluded, queries: Self.queries(vectors))
      #expect(conformance.violations(of: index, minimumRecall: 0.8) == [], "\(lists) lists")
    }
  }

  @Test func fewRowsAndNoRows() throws {
    for count in [1, 2, 5] {
      for codes in [CodecSpecification.product(parts: 2, bits: 4, isRotated: false), .rotated(bits: 1)] {
        let vectors = IndexSamples.clustered(count, dimension: 5)
        let index = try DenseIndexFactory.build(
          vectors, similarity: .euclidean, specification: Self.specification(codes, lists: 8, probes: 1))
        let conformance = SearchIndexConformance(vectors: vectors, similarity: .euclidean, queries: vectors)
        #expect(conformance.violations(of: index, minimumRecall: 1) == [])
      }
    }
    let empty = try DenseIndexFactory.build(
      DenseVectors(dimension: 5, values: []), similarity: .dot, specification: Self.specification(.signs, lists: 4))
    #expect(try empty.search([1, 2, 3, 4, 5]) == [])
  }

  /// Without the vectors, an index is one of the decoded codes.
  @Test(arguments: CodecSpecification.examples, Similarity.allCases)
  func withoutVectorsScoresAreThoseOfTheCodes(_ codes: CodecSpecification, _ similarity: Similarity) throws {
    let vectors = IndexSamples.clustered(400, dimension: 24)
    let full = try DenseIndexFactory.build(
      vectors, similarity: similarity, specification: Self.specification(codes, lists: 1, codec: .float32))
    let bare = try DenseIndexFactory.build(
      vectors, similarity: similarity, specification: Self.specification(codes, lists: 1, keepsVectors: false))
    #expect(bare.footprint.totalBytes < full.footprint.totalBytes)
    #expect(bare.footprint.vectorBytes == 0)
    let query = vectors.rows([5])
    let exact = try bare.search(query, SearchOptions(limit: 400, isExact: true))[0]
    let usual = try bare.search(query, SearchOptions(limit: 10))[0]
    #expect(exact.count == 400 && Set(exact.map(\.row)).count == 400)
    #expect(zip(exact, exact.dropFirst()).allSatisfy { $0.score >= $1.score })
    #expect(usual.map(\.score).allSatisfy { score in exact.contains { abs($0.score - score) <= 1e-4 * max(1, abs(score)) } })
    let truth = try full.search(query, SearchOptions(limit: 400, isExact: true))[0]
    let scores = Dictionary(uniqueKeysWithValues: truth.map { ($0.row, $0.score) })
    // Scores of fine codes are those of the vectors.
    if [.float32, .scalar(bits: 8), .locallyAdaptive(bits: 8, residualBits: 8)].contains(codes) {
      for neighbour in exact { #expect(abs(neighbour.score - scores[neighbour.row]!) <= 0.02 * max(1, abs(neighbour.score))) }
    }
  }

  @Test func boundsReplaceANumberOfCandidates() throws {
    let vectors = IndexSamples.clustered(3_000, dimension: 64)
    let queries = IndexSamples.clustered(40, dimension: 64, seed: 2)
    let flat = try DenseIndexFactory.build(
      vectors, similarity: .euclidean, specification: DenseIndexSpecification(layout: .flat, codec: .float16))
    let truth = try flat.search(queries, SearchOptions(limit: 10)).map { Set($0.map(\.row)) }
    for bits in [1, 4] {
      let index = try DenseIndexFactory.build(
        vectors, similarity: .euclidean, specification: Self.specification(.rotated(bits: bits), lists: 1))
      let answers = try index.search(queries, SearchOptions(limit: 10, efSearch: 10))
      let found = zip(answers, truth).reduce(0) { sum, pair in sum + pair.0.count { pair.1.contains($0.row) } }
      #expect(Double(found) >= 0.98 * 400, "\(bits) bits")
    }
  }

  @Test func moreProbesFindMore() throws {
    let vectors = IndexSamples.clustered(4_000, dimension: 32, clusters: 200)
    let queries = IndexSamples.clustered(50, dimension: 32, clusters: 200, seed: 3)
    let index = try DenseIndexFactory.build(
      vectors, similarity: .cosine, specification: Self.specification(.float16, lists: 100))
    let truth = try index.search(queries, SearchOptions(limit: 10, isExact: true)).map { Set($0.map(\.row)) }
    let recalls = try [1, 10, 100].map { probes in
      let answers = try index.search(queries, SearchOptions(limit: 10, probes: probes))
      return Double(zip(answers, truth).reduce(0) { sum, pair in sum + pair.0.count { pair.1.contains($0.row) } }) / 500
    }
    #expect(recalls[0] < recalls[1] && recalls[1] < recalls[2] && recalls[2] > 0.99)
  }

  @Test(arguments: [CodecSpecification.float16, .locallyAdaptive(bits: 4, residualBits: 8), .product(parts: 5, bits: 4, isRotated: true), .rotated(bits: 3)])
  func anyNumberOfThreadsBuildsTheSame(_ codes: CodecSpecification) throws {
    let vectors = IndexSamples.clustered(2_000, dimension: 20)
    let files = try [1, 3].map { threads in
      try TemporaryFile.bytes {
        try DenseIndexFactory.write(
          DenseIndexFactory.build(
            vectors, similarity: .cosine, specification: Self.specification(codes, lists: 20),
            pool: WorkerPool(threadCount: threads)), to: $0)
      }
    }
    #expect(files[0] == files[1])
  }

  @Test func specificationsThatDoNotFitAreRefused() {
    let vectors = IndexSamples.clustered(50, dimension: 4)
    let wrong = [
      DenseIndexSpecification(layout: .graph, codes: .signs), DenseIndexSpecification(layout: .flat, keepsVectors: false),
      DenseIndexSpecification(layout: .inverted, lists: ListParameters(listCount: 0)),
      DenseIndexSpecification(layout: .inverted, lists: ListParameters(candidateCount: 0)),
      DenseIndexSpecification(layout: .flat, codes: .product(parts: 9, bits: 4, isRotated: false)),
    ]
    for specification in wrong {
      #expect(throws: IndexError.self) {
        try DenseIndexFactory.build(vectors, similarity: .dot, specification: specification)
      }
    }
  }

  @Test func specificationsOfEarlierReleasesAreRead() throws {
    let old = #"{"layout":"graph","codec":"int8","graph":{"degree":32,"efConstruction":128,"efSearch":80,"diversification":1.2,"seed":42,"exactScanLimit":10000}}"#
    #expect(try JSONDecoder().decode(DenseIndexSpecification.self, from: Data(old.utf8)) == DenseIndexSpecification(layout: .graph))
    let new = Self.specification(.product(parts: 8, bits: 4, isRotated: true), lists: 9, keepsVectors: false)
    #expect(try JSONDecoder().decode(DenseIndexSpecification.self, from: JSONEncoder().encode(new)) == new)
  }

  // MARK: - Files

  @Test(arguments: CodecSpecification.examples, [true, false])
  func openedIndexesAnswerAsTheyDidBefore(_ codes: CodecSpecification, _ keepsVectors: Bool) throws {
    let vectors = IndexSamples.clustered(300, dimension: 20)
    let index = try DenseIndexFactory.build(
      vectors, similarity: .euclidean, specification: Self.specification(codes, lists: 7, keepsVectors: keepsVectors),
      excluding: RowSet([1, 17]))
    try TemporaryFile.use { path in
      try DenseIndexFactory.write(index, to: path)
      let opened = try DenseIndexFactory.open(path)
      #expect(opened.footprint.isMapped && opened.footprint.totalBytes == index.footprint.totalBytes)
      for options in [SearchOptions(limit: 7), SearchOptions(limit: 400), SearchOptions(limit: 3, within: RowSet(0..<50))] {
        #expect(try opened.search(vectors, options) == index.search(vectors, options))
      }
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect(try Array(bytes) == TemporaryFile.bytes { try DenseIndexFactory.write(opened, to: $0) })
    }
  }

  /// Mutations with corrected checksums: whatever a file says, opening refuses it or searching it stays within it.
  @Test(arguments: CodecSpecification.examples)
  func forgedFilesNeverCrash(_ codes: CodecSpecification) throws {
    let vectors = IndexSamples.clustered(120, dimension: 16)
    var generator = SeededGenerator(seed: 78)
    var opened = 0
    for keepsVectors in [true, false] {
      let index = try DenseIndexFactory.build(
        vectors, similarity: .euclidean, specification: Self.specification(codes, lists: 4, keepsVectors: keepsVectors))
      let bytes = try TemporaryFile.bytes { try DenseIndexFactory.write(index, to: $0) }
      for _ in 0..<60 {
        var forged = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) { ForgedFile.mutate(&forged, using: &generator) }
        ForgedFile.correctChecksums(&forged)
        try TemporaryFile.use { path in
          try Data(forged).write(to: URL(fileURLWithPath: path))
          guard let index = try? DenseIndexFactory.open(path) else { return }
          opened += 1
          let query = [Float](repeating: 0.3, count: index.dimension)
          for options in [SearchOptions(limit: 5), SearchOptions(limit: 3, isExact: true)] {
            _ = try? index.search(query, options)
          }
        }
      }
    }
    #expect(opened > 5)
  }
}
