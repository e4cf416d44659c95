import NeedletailCore
import NeedletailIndex
import NeedletailStore
import Testing

/// A collection of sparse vectors that is written, removed from and merged at random, beside a dictionary that should hold the same.
@Suite struct SparseSegmentsTests {
  private static let terms = 60
  private static let filters: [Filter?] = [
    nil, .match(field: "parity", values: ["even"]), .not(.match(field: "parity", values: ["even"])),
    .range(field: "number", FilterRange(atLeast: 3, lessThan: 12)), .match(field: "number", values: [-1]),
  ]

  private static func vector(_ generator: inout SeededGenerator) throws -> SparseVector {
    let chosen = Set((0..<Int.random(in: 0...10, using: &generator)).map { _ in UInt32.random(in: 0..<UInt32(terms), using: &generator) }).sorted()
    // Sixteenths, so that sums are exact.
    return try SparseVector(chosen.map { (term: $0, weight: Float(Int.random(in: 1...64, using: &generator)) / 16) })
  }

  private static func document(_ number: Int, _ generator: inout SeededGenerator) throws -> DocumentWrite {
    let passages = (0..<Int.random(in: 0...3, using: &generator)).map { Passage(ordinal: $0, byteRange: $0..<$0 + 1) }
    var vectors = SparseVectors(dimension: terms)
    for _ in passages { try vectors.append(vector(&generator)) }
    let payload: Payload = ["number": .integer(Int64(number)), "parity": .string(number % 2 == 0 ? "even" : "odd")]
    return DocumentWrite(document: Document(id: "doc-\(number)", text: "abc", payload: payload), passages: passages, sparseVectors: vectors)
  }

  private static func isAllowed(_ number: Int, by filter: Int) -> Bool {
    switch filter {
    case 0: true
    case 1: number % 2 == 0
    case 2: number % 2 != 0
    case 3: (3..<12).contains(number)
    default: false
    }
  }

  @Test(arguments: 0..<4 as Range<UInt64>) func randomWritesRemovalsAndMergesAgreeWithADictionary(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    let scratch = try Scratch()
    var settings = CollectionSettings(embedder: nil)
    settings.sparseEmbedder = EmbedderProfile(name: "terms", digest: "1", dimension: Self.terms, maximumTokens: 16, similarity: .dot)
    let collection = try DocumentCollection.open(
      "test", in: DataDirectory(path: scratch.path + "/data"), access: .create(settings), minimumSegmentRows: 10, maximumDeltaRows: 30)
    var model: [Int: DocumentWrite] = [:]
    for _ in 0..<60 {
      switch Int.random(in: 0..<8, using: &generator) {
      case 0...4:
        let numbers = Set((0..<Int.random(in: 1...12, using: &generator)).map { _ in Int.random(in: 0..<80, using: &generator) }).sorted()
        let batch = try numbers.map { try Self.document($0, &generator) }
        try await collection.write(batch)
        for (number, write) in zip(numbers, batch) { model[number] = write }
      case 5, 6:
        let numbers = Set((0..<6).map { _ in Int.random(in: 0..<80, using: &generator) })
        #expect(try await collection.remove(documents: numbers.map { "doc-\($0)" }) == numbers.intersection(model.keys).count)
        for number in numbers { model[number] = nil }
      default: try await collection.settle()
      }
      let query = try Self.vector(&generator)
      let limit = Int.random(in: 1...40, using: &generator)
      let snapshot = try collection.snapshot()
      for (place, filter) in Self.filters.enumerated() {
        let scores = model.filter { Self.isAllowed($0.key, by: place) }.values.flatMap { write in
          (0..<(write.sparseVectors?.count ?? 0)).compactMap { write.sparseVectors?[$0].dot(query) }
        }.filter { $0 > 0 }.sorted(by: >)
        for isExact in [false, true] {
          let found = try snapshot.nearest(to: query, limit: limit, filter: filter, isExact: isExact)
          #expect(found.map(\.score) == Array(scores.prefix(limit)))
          #expect(Set(found.map(\.id)).count == found.count)
        }
      }
    }
    try await collection.settle()
    #expect(try collection.snapshot().statistics().segments.contains { $0.kind == "sparse" })
    #expect(try collection.check() == [])
    await collection.close()
  }
}
