import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import NeedletailStore
import Testing

/// Sparse vectors of passages: what is written is found, by any state of segments and delta, and against plain arithmetic.
@Suite struct SparseVectorTests {
  static let terms = 40

  /// Some documents of one or two passages, each with up to eight weighted terms.
  private static func documents(_ count: Int, seed: UInt64, dimension: Int? = nil) -> [DocumentWrite] {
    var generator = SeededGenerator(seed: seed)
    return sampleDocuments(count, seed: seed, dimension: dimension).map { document in
      var document = document
      var vectors = SparseVectors(dimension: terms)
      for _ in document.passages { vectors.append(0..<1, of: batch(of: vector(&generator))) }
      document.sparseVectors = vectors
      return document
    }
  }

  private static func vector(_ generator: inout SeededGenerator) -> SparseVector {
    let chosen = Set((0..<Int.random(in: 0...8, using: &generator)).map { _ in UInt32.random(in: 0..<UInt32(terms), using: &generator) }).sorted()
    // Sixteenths, so that sums are exact.
    let entries = chosen.map { (term: $0, weight: Float(Int.random(in: 1...64, using: &generator)) / 16) }
    return (try? SparseVector(entries)) ?? SparseVector()
  }

  private static func batch(of vector: SparseVector) -> SparseVectors {
    var batch = SparseVectors(dimension: terms)
    try? batch.append(vector)
    return batch
  }

  private static func settings(dimension: Int? = nil) -> CollectionSettings {
    var settings = CollectionSettings.exact(dimension: dimension)
    settings.sparseEmbedder = EmbedderProfile(name: "terms", digest: "1", dimension: terms, maximumTokens: 16, similarity: .dot)
    return settings
  }

  /// The documents of the passages that score highest, by the definition.
  private static func best(_ query: SparseVector, _ documents: [DocumentWrite], limit: Int) -> [Float] {
    let scores = documents.flatMap { document in
      (document.sparseVectors.map { vectors in (0..<vectors.count).map { vectors[$0].dot(query) } } ?? []).filter { $0 > 0 }
    }
    return Array(scores.sorted(by: >).prefix(limit))
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func findsTheLargestProductsWhateverIsInSegments(seed: UInt64) async throws {
    let directory = try TemporaryDirectory()
    let collection = try DocumentCollection.open(
      "test", in: directory.data, access: .create(Self.settings()), minimumSegmentRows: 16, maximumDeltaRows: 64)
    var current = Self.documents(150, seed: seed)
    for start in stride(from: 0, to: current.count, by: 30) { try await collection.write(Array(current[start..<start + 30])) }
    try await collection.settle()
    // Some are replaced, some removed, some added; these stand in the delta.
    let changed = Self.documents(20, seed: seed + 10)
    try await collection.write(changed)
    current.replaceSubrange(0..<20, with: changed)
    #expect(try await collection.remove(documents: (30..<40).map { "doc-\($0)" }) == 10)
    current.removeSubrange(30..<40)
    var generator = SeededGenerator(seed: seed + 20)
    for round in 0..<2 {
      let snapshot = try collection.snapshot()
      for _ in 0..<10 {
        let query = Self.vector(&generator)
        #expect(try snapshot.nearest(to: query, limit: 12).map(\.score) == Self.best(query, current, limit: 12))
        let even = current.filter { $0.document.payload["parity"] == .string("even") }
        let found = try snapshot.nearest(to: query, limit: 12, filter: FilterExpression.parse("parity:even"))
        #expect(found.map(\.score) == Self.best(query, even, limit: 12))
      }
      if round == 0 { try await collection.settle() }
    }
    #expect(try collection.check().isEmpty)
    #expect(try collection.snapshot().statistics().segments.contains { $0.kind == "sparse" && $0.bytes > 0 })
    await collection.close()
  }

  @Test func isTheSameAfterOpeningAgainAndAfterDamage() async throws {
    let directory = try TemporaryDirectory()
    let documents = Self.documents(100, seed: 4, dimension: 8)
    let query = try SparseVector((0..<UInt32(Self.terms)).map { (term: $0, weight: 1) })
    func open() throws -> DocumentCollection {
      try DocumentCollection.open(
        "test", in: directory.data, access: .create(Self.settings(dimension: 8)), minimumSegmentRows: 16, maximumDeltaRows: 64)
    }
    var collection = try open()
    try await collection.write(documents)
    try await collection.settle()
    let before = try collection.snapshot().nearest(to: query, limit: 20)
    #expect(before.map(\.score) == Self.best(query, documents, limit: 20))
    let stored = try collection.snapshot().sparseVectors(ofDocument: "doc-7").vectors
    #expect(stored == documents[7].sparseVectors)
    await collection.close()
    for damage in 0..<3 {
      let files = directory.indexFiles().filter { $0.hasSuffix(".sparse") }
      #expect(!files.isEmpty)
      for file in files {
        let path = "\(directory.indexFolder())/\(file)"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        switch damage {
        case 0: try FileManager.default.removeItem(atPath: path)
        case 1: try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: path))
        default:
          bytes[bytes.count / 2] ^= 0x40
          try bytes.write(to: URL(fileURLWithPath: path))
        }
      }
      let reader = try DocumentCollection.open("test", in: directory.data, access: .read)
      #expect(try reader.snapshot().nearest(to: query, limit: 20) == before && !reader.notices.isEmpty)
      await reader.close()
      collection = try open()
      #expect(try collection.snapshot().nearest(to: query, limit: 20) == before)
      try await collection.settle()
      #expect(try collection.snapshot().nearest(to: query, limit: 20) == before)
      await collection.close()
      let again = try open()
      #expect(again.notices.isEmpty)
      await again.close()
    }
  }

  @Test func saysWhatDoesNotFit() async throws {
    let directory = try TemporaryDirectory()
    let collection = try DocumentCollection.open("test", in: directory.data, access: .create(Self.settings()))
    let document = Self.documents(1, seed: 5)[0]
    func refuses(_ change: (inout DocumentWrite) -> Void) async {
      var broken = document
      change(&broken)
      await #expect(throws: StoreError.self) { [broken] in try await collection.write([broken]) }
    }
    await refuses { $0.sparseVectors = nil }
    await refuses { $0.sparseVectors = SparseVectors(dimension: Self.terms) }
    await refuses { $0.sparseVectors = SparseVectors(dimension: Self.terms + 1) }
    let negative = try SparseVectors(dimension: Self.terms, offsets: [0, 1], terms: [3], weights: [-1])
    await refuses { $0.sparseVectors = negative }
    let huge = try SparseVectors(dimension: Self.terms, offsets: [0, 1], terms: [3], weights: [1e30])
    await refuses { $0.sparseVectors = huge }
    try await collection.write([document])
    let snapshot = try collection.snapshot()
    #expect(throws: StoreError.self) { try snapshot.nearest(to: SparseVector([(term: UInt32(Self.terms), weight: 1)]), limit: 3) }
    #expect(throws: StoreError.self) { try snapshot.nearest(to: SparseVector([(term: 1, weight: -1)]), limit: 3) }
    #expect(throws: StoreError.self) { try snapshot.nearest(to: SparseVector([(term: 1, weight: 1)]), limit: -1) }
    #expect(try snapshot.nearest(to: SparseVector(), limit: 3).isEmpty)
    await collection.close()
    let plain = try DocumentCollection.open("plain", in: directory.data, access: .create(.exact(dimension: nil)))
    await #expect(throws: StoreError.self) { try await plain.write([document]) }
    #expect(throws: StoreError.self) { try plain.snapshot().nearest(to: SparseVector([(term: 1, weight: 1)]), limit: 3) }
    await plain.close()
    #expect(throws: StoreError.self) { try DocumentCollection.open("plain", in: directory.data, access: .create(Self.settings())) }
  }
}
