import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

/// What indexes on disk promise beyond `SearchIndex`; that and their files are tested with the other layouts.
@Suite struct DiskIndexTests {
  private static let vectors = IndexSamples.clustered(3_000, dimension: 64)

  private static func build(
    _ vectors: DenseVectors = vectors, similarity: Similarity = .cosine, codes: CodecSpecification? = nil,
    pool: WorkerPool = .shared
  ) throws -> DiskIndex {
    try #require(
      DenseIndexFactory.build(
        vectors, similarity: similarity, specification: DenseIndexSpecification(layout: .disk, codes: codes), pool: pool)
        as? DiskIndex)
  }

  private static func opened<Result>(_ index: DiskIndex, _ body: (DiskIndex, String) throws -> Result) throws -> Result {
    try TemporaryFile.use { path in
      try DenseIndexFactory.write(index, to: path)
      return try body(try #require(try DenseIndexFactory.open(path) as? DiskIndex), path)
    }
  }

  @Test(arguments: CodecSpecification.examples, [Similarity.cosine, .euclidean])
  func anyCodecSteers(_ codes: CodecSpecification, _ similarity: Similarity) throws {
    let vectors = IndexSamples.clustered(800, dimension: 24)
    let index = try Self.build(vectors, similarity: similarity, codes: codes)
    let conformance = SearchIndexConformance(
      vectors: vectors, similarity: similarity, queries: vectors.rows((0..<10).map { 71 * $0 }))
    #expect(conformance.violations(of: index, minimumRecall: 0.9) == [])
  }

  @Test func aSearchReadsFarFewerPagesThanThereAre() throws {
    try Self.opened(Self.build()) { index, _ in
      let before = index.pageReads
      let answer = try index.search(Array(Self.vectors[5]), SearchOptions(limit: 10, efSearch: 30))
      let reads = index.pageReads - before
      #expect(answer.first?.row == 5)
      // Each candidate costs a page at most, and some share one.
      #expect(reads > 5 && reads <= 30 + 64)
      #expect(reads < index.pageCount / 4)
    }
  }

  @Test func codesAloneAreInMemory() throws {
    let index = try Self.build()
    let footprint = index.footprint
    // 8 bytes of code and 4 of row number for each of 3,000 rows, and what they share.
    let shared = index.codec.sharedBytes + 4 * 64
    #expect(footprint.totalBytes == 3_000 * (8 + 4) + shared)
    #expect(footprint.diskBytes == index.pageCount * 4_096)
  }

  @Test func linkedRowsShareAPage() throws {
    let index = try Self.build()
    // 128 bytes of components, 136 of number and links: twelve records of five lines in a page.
    #expect(index.pageCount == 250)
    // By chance one link in two hundred and fifty would stay on its page.
    let kept = try index.linksKeptOnTheirPage()
    #expect(kept > 0.05, "\(kept) of the links stay on their page")
  }

  @Test func anyNumberOfThreadsBuildsTheSameFile() throws {
    let vectors = IndexSamples.clustered(700, dimension: 20)
    let files = try [1, 3].map { threads in
      let index = try Self.build(vectors, pool: WorkerPool(threadCount: threads))
      return try TemporaryFile.bytes { try DenseIndexFactory.write(index, to: $0) }
    }
    #expect(files[0] == files[1])
  }

  @Test func aDamagedPageIsNoticedWhenItIsRead() throws {
    let bytes = try TemporaryFile.bytes { try DenseIndexFactory.write(Self.build(), to: $0) }
    let start = bytes.count - (try Self.build()).pageCount * 4_096
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<40 {
      var damaged = bytes
      damaged[Int.random(in: start..<bytes.count, using: &generator)] ^= UInt8.random(in: 1...255, using: &generator)
      try TemporaryFile.use { path in
        try Data(damaged).write(to: URL(fileURLWithPath: path))
        let index = try DenseIndexFactory.open(path)
        let error = #expect(throws: IndexError.self) {
          try index.search(Array(Self.vectors[0]), SearchOptions(limit: 1, isExact: true))
        }
        #expect(error?.category == .corrupted)
      }
    }
  }

  @Test func exchangedPagesAreNoticed() throws {
    let bytes = try TemporaryFile.bytes { try DenseIndexFactory.write(Self.build(), to: $0) }
    let last = bytes.count - 4_096
    var exchanged = bytes
    for index in 0..<4_096 { exchanged.swapAt(last + index, last - 4_096 + index) }
    try TemporaryFile.use { path in
      try Data(exchanged).write(to: URL(fileURLWithPath: path))
      let index = try DenseIndexFactory.open(path)
      #expect(throws: IndexError.self) {
        try index.search(Array(Self.vectors[0]), SearchOptions(limit: 1, isExact: true))
      }
    }
  }

  @Test func aVerifierDecidesTheScores() throws {
    let vectors = IndexSamples.clustered(400, dimension: 16)
    // Turns every pair of components by a right angle and drops nothing: cosines stay, so a broken one would show.
    var weights = [Float](repeating: 0, count: 256)
    for index in 0..<16 { weights[index * 16 + index ^ 1] = index.isMultiple(of: 2) ? -1 : 1 }
    weights[0] = 3
    let verifier = Projection(dimension: 16, weights: weights, bias: [Float](repeating: 0.1, count: 16))
    let index = try #require(
      try DenseIndexFactory.build(
        vectors, similarity: .cosine, specification: DenseIndexSpecification(layout: .disk, codec: .float32),
        verifier: verifier) as? DiskIndex)
    let projected = verifier.applied(to: vectors)
    try Self.opened(index) { index, _ in
      for query in [3, 77] {
        let expected = zip(projected[query], projected[9]).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        let answer = try index.search(Array(vectors[query]), SearchOptions(limit: 400))
        #expect(abs(Double(answer.first { $0.row == 9 }!.score) - expected) < 1e-4)
      }
    }
    #expect(throws: IndexError.self) {
      try DenseIndexFactory.build(
        vectors, similarity: .cosine, specification: DenseIndexSpecification(layout: .graph), verifier: verifier)
    }
  }

  @Test func aPlanComparesCodesUnlessNearlyAllRowsMatch() {
    #expect(DiskFilterPlan(matching: 1_000, of: 1_000_000, ef: 80) == .compareCodes)
    #expect(DiskFilterPlan(matching: 50_000, of: 100_000, ef: 80) == .compareCodes)
    #expect(DiskFilterPlan(matching: 990_000, of: 1_000_000, ef: 80) == .dropAfterwards(ef: 81))
  }
}
