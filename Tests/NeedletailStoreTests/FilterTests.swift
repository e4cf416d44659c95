import NeedletailCore
import NeedletailNumerics
import NeedletailStore
import Testing

@Suite struct FilterTests {
  /// Payloads and filters out of few words, so that they meet.
  struct Maker {
    var generator: SeededGenerator

    mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &generator)] }
    mutating func field() -> String { pick(["a", "b", "a.b", "b.c", "a.b.c", "x y", "é"]) }
    mutating func scalar() -> JSONValue {
      pick([
        nil, true, false, 0, 1, -3, 2, .number(1), .number(1.5), .number(-0.0), .integer(1 << 60), .integer((1 << 60) + 1), "", "a", "ab", "abc", "b",
        "1", "z\0z", "z", "\u{e9}", "e\u{301}", "🦡", "2024-05-01", "2024-05-01T10:00:00Z",
      ])
    }

    mutating func value(depth: Int) -> JSONValue {
      switch Int.random(in: 0..<(depth > 2 ? 6 : 9), using: &generator) {
      case 6: .array((0..<Int.random(in: 0...3, using: &generator)).map { _ in value(depth: depth + 1) })
      case 7, 8: .object(payload(depth: depth + 1))
      default: scalar()
      }
    }

    mutating func payload(depth: Int = 0) -> Payload {
      var payload: Payload = [:]
      for _ in 0..<Int.random(in: 0...3, using: &generator) { payload[pick(["a", "b", "c", "a.b", "x y", "é"])] = value(depth: depth) }
      return payload
    }

    mutating func filter(depth: Int = 0) -> Filter {
      switch Int.random(in: 0..<(depth > 2 ? 5 : 9), using: &generator) {
      case 0: .match(field: field(), values: (0..<Int.random(in: 0...3, using: &generator)).map { _ in scalar() })
      case 1: .match(field: field(), values: [scalar()])
      case 2: .range(field: field(), range())
      case 3: .prefix(field: field(), pick(["", "a", "ab", "z\0", "2024-05", "e", "🦡"]))
      case 4: .exists(field: field())
      case 5, 6: .not(filter(depth: depth + 1))
      case 7: .all((0..<Int.random(in: 0...3, using: &generator)).map { _ in filter(depth: depth + 1) })
      default: .any((0..<Int.random(in: 0...3, using: &generator)).map { _ in filter(depth: depth + 1) })
      }
    }

    mutating func range() -> FilterRange {
      let bounds: [JSONValue] = [0, 1, .number(1.5), -3, .integer(1 << 60), "a", "ab", "2024", "2024-05-01", "z"]
      var range = FilterRange()
      if Bool.random(using: &generator) { range.atLeast = pick(bounds) }
      if Int.random(in: 0..<4, using: &generator) == 0 { range.greaterThan = pick(bounds) }
      if Bool.random(using: &generator) { range.lessThan = pick(bounds) }
      if Int.random(in: 0..<4, using: &generator) == 0 { range.atMost = pick(bounds) }
      return range
    }
  }

  @Test(arguments: 0..<6) func agreesWithTheNaiveEvaluator(seed: UInt64) async throws {
    let directory = try TemporaryDirectory()
    let collection = try DocumentCollection.open("test", in: directory.data, access: .create(.exact()))
    var maker = Maker(generator: SeededGenerator(seed: seed))
    var payloads: [String: Payload] = [:]
    var batch: [DocumentWrite] = []
    for number in 0..<150 {
      let payload = maker.payload()
      payloads["\(number)"] = payload
      batch.append(DocumentWrite("\(number)", ["text"], payload: payload, using: &maker.generator))
    }
    try await collection.write(batch)
    let snapshot = try collection.snapshot()
    for _ in 0..<250 {
      let filter = maker.filter()
      let expected = payloads.filter { NaiveFilter.matches(filter, $0.value) }.keys.sorted()
      let found = try snapshot.documents(matching: filter, limit: 1_000).map(\.id)
      #expect(found == expected, "\(filter)")
      #expect(try snapshot.documentCount(matching: filter) == expected.count)
      #expect(try snapshot.nearest(to: Array(repeating: 0.3, count: 8), limit: 1_000, filter: filter).count == expected.count)
      let limited = try snapshot.nearest(to: Array(repeating: 0.3, count: 8), limit: 5, filter: filter)
      #expect(limited.count == min(5, expected.count))
      #expect(try snapshot.lexical("text", limit: 1_000, filter: filter).count == expected.count)
    }
    await collection.close()
  }

  @Test func facetsCountDocuments() async throws {
    let directory = try TemporaryDirectory()
    let collection = try DocumentCollection.open("test", in: directory.data, access: .create(.exact()))
    var generator = SeededGenerator(seed: 1)
    let payloads: [Payload] = [
      ["tag": ["red", "red", "blue"], "n": 1], ["tag": "red", "n": .number(1)], ["tag": ["green", nil, 3]], ["tag": .object([:]), "n": .number(1.5)], [:],
    ]
    try await collection.write(payloads.enumerated().map { DocumentWrite("\($0.offset)", ["t"], payload: $0.element, using: &generator) })
    let snapshot = try collection.snapshot()
    #expect(
      try snapshot.facets(field: "tag", limit: 10) == [
        FacetCount(value: "red", count: 2), FacetCount(value: 3, count: 1), FacetCount(value: "blue", count: 1), FacetCount(value: "green", count: 1),
      ])
    #expect(try snapshot.facets(field: "tag", limit: 1) == [FacetCount(value: "red", count: 2)])
    #expect(try snapshot.facets(field: "n", limit: 9) == [FacetCount(value: 1, count: 2), FacetCount(value: .number(1.5), count: 1)])
    #expect(try snapshot.facets(field: "n", matching: .match(field: "tag", values: ["blue"]), limit: 9) == [FacetCount(value: 1, count: 1)])
    #expect(try snapshot.facets(field: "none", limit: 9).isEmpty)
    await collection.close()
  }

  @Test func filtersWithoutMeaningAreRefused() async throws {
    let directory = try TemporaryDirectory()
    let collection = try DocumentCollection.open("test", in: directory.data, access: .create(.exact()))
    let snapshot = try collection.snapshot()
    var deep = Filter.exists(field: "a")
    for _ in 0..<500 { deep = .not(deep) }
    let refused: [Filter] = [
      .match(field: "a", values: [["b"]]), .match(field: "a", values: [.object([:])]), .range(field: "a", FilterRange(atLeast: true)), deep,
      .match(field: "a", values: (0..<20_000).map { .integer($0) }),
    ]
    for filter in refused {
      #expect(throws: StoreError.self) { try snapshot.documents(matching: filter, limit: 1) }
      #expect(throws: StoreError.self) { try snapshot.nearest(to: Array(repeating: 0, count: 8), limit: 1, filter: filter) }
    }
    let wide = Filter.any((0..<5_000).map { .match(field: "a", values: [.integer($0)]) })
    #expect(try snapshot.documents(matching: wide, limit: 1).isEmpty)
    await collection.close()
  }
}
